"""Pages behind the links in mails.

A GET changes nothing: mail scanners open links. A POST acts without login, cookie or CSRF token, including one-click
unsubscribing (RFC 8058). Anyone with the link can stop the mail, and nothing more: mails get forwarded, and sit in
inboxes for years. Children are named only while the address may know about them, and starting again is confirmed by a
mail to it.
"""

from datetime import timedelta
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from parents import outbox
from parents.mail import tokens
from parents.mail.words import words_of
from parents.models import AddressChoice, Block, Contact, MailSettings, WeeklyMail
from parents.rules import blocks, choices
from parents.rules.recipients import known_to
from schools.locks import lock_school
from schools.mail import outgoing
from schools.models import AuditEntry, School
from schools.sign_in import tries
from students.models import Student

BAD_LINKS = 30  # from one IP address without waiting; then slower
NAMES_FOR = timedelta(days=60)  # after that a link names nobody, whoever its reader may know about


def for_link_holders(purpose):
    """A page for anyone with the link in `?t=`, made for `purpose`: the view gets (request, `Opened`).

    A link that does not work gets a plain page; only bad links are throttled, never a provider that posts thousands of
    good ones.
    """

    def decorate(view):
        @login_not_required
        @csrf_exempt
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def opened(request):
            try:
                link = tokens.read(request.GET.get("t", ""), purpose)
                school = School.objects.filter(pk=link.school_id).first()
                if school is None:
                    raise tokens.BadTokenError
            except tokens.BadTokenError:
                response = _bad_link(request)
            else:
                response = view(request, Opened(link, school))
            response["Referrer-Policy"] = "no-referrer"
            response["X-Robots-Tag"] = "noindex"
            return response

        return opened

    return decorate


class Opened:
    """What a link opens: the school, the address (by its mark), and the children in the mail the link was in."""

    def __init__(self, link, school):
        self.link, self.school = link, school
        mail_settings = MailSettings.objects.filter(school=school).first()
        self.words = words_of(mail_settings.language if mail_settings else "en", school)
        self.mail = WeeklyMail.objects.filter(pk=link.mail_id, school=school, address_mark=link.mark).first()

    @cached_property
    def named(self):
        """Student's id -> first name, for the children in the mail that its reader may know about now."""
        if self.mail is None or timezone.now() - self.link.signed_at > NAMES_FOR:
            return {}
        known = known_to(self.school, self.link.mark, self.mail.students)
        return dict(Student.objects.current().filter(pk__in=known).values_list("pk", "forename"))

    def buttons(self):
        """(number, label) for each child the mail may be stopped about separately. The number is the child's position
        in the mail, whoever may have left it since."""
        if self.mail is None or len(self.mail.students) < 2:
            return []
        listed = enumerate(self.mail.students)
        return [(i, self.words("button_child", name=self.named[pk])) for i, pk in listed if pk in self.named]

    def state(self):
        """What the reader has stopped, in a sentence."""
        stopped = choices.said_by_parent(self.school.pk, self.link.mark)
        if not stopped:
            return self.words("state_none")
        if None in stopped:
            return self.words("state_all")
        if any(pk not in self.named for pk in stopped):
            return self.words("state_some")
        return " ".join(self.words("state_child", name=self.named[pk]) for pk in sorted(stopped))

    def stop(self, cause, student=None):
        choices.stop(self.link.school_id, self.link.mark, self.link.key_number, cause, student)


@for_link_holders(tokens.Purpose.STOP)
def stop(request, opened):
    """Stop the school's mail, or the mail about one child; or ask to start it again."""
    if request.method != "POST":
        return _stop_page(request, opened)
    if "again" in request.POST:
        return _ask_again(request, opened)
    asked, listed = request.POST.get("child", ""), opened.mail.students if opened.mail else []
    if asked.isdecimal() and len(asked) < 4 and int(asked) < len(listed):
        student = listed[int(asked)]
        opened.stop(AddressChoice.Cause.PARENT, student)
        name = opened.named.get(student)
        text = opened.words("stopped_child", name=name) if name else opened.words("stopped_one")
    else:
        opened.stop(AddressChoice.Cause.PARENT)
        text = opened.words("stopped_all")
    return _page(request, "stopped", opened, text=text)


def _stop_page(request, opened):
    stopped = choices.said_by_parent(opened.school.pk, opened.link.mark)
    context = {"state": opened.state(), "children": opened.buttons(), "may_ask_again": bool(stopped)}
    return _page(request, "stop", opened, **context)


def _ask_again(request, opened):
    """Somebody with an old mail could be anyone: only a mail to the address itself can start the mail again."""
    if not choices.said_by_parent(opened.school.pk, opened.link.mark):
        return _stop_page(request, opened)
    outbox.ask_again(opened.school, opened.link)
    return _page(request, "done", opened, text=opened.words("asked_again"))


@for_link_holders(tokens.Purpose.AGAIN)
def again(request, opened):
    """Start again what the parent stopped; this link was sent to the address itself."""
    if request.method != "POST":
        return _page(request, "again", opened)
    with transaction.atomic():
        if choices.said_by_parent(opened.school.pk, opened.link.mark):
            AuditEntry.objects.note(None, "asked for the weekly mail again", opened.school, opened.school)
        free = choices.take_back(opened.school.pk, choices.alike(opened.school.pk, opened.link.mark))
    return _page(request, "done", opened, text=opened.words("again" if free else "again_not"))


@for_link_holders(tokens.Purpose.STOP)
def not_mine(request, opened):
    """ "This is not my child": mail to the address stops, and its contacts are blocked for the children in the mail."""
    if request.method != "POST":
        return _page(request, "not_mine", opened)
    with transaction.atomic():
        lock_school(opened.school.pk)
        opened.stop(AddressChoice.Cause.NOT_MINE)
        if opened.mail:
            _block_all(opened)
    return _page(request, "done", opened, text=opened.words("not_mine_done"))


def _block_all(opened):
    """Block every contact in the mail for every child in it; tell the school and support once."""
    contacts = Contact.objects.filter(school=opened.school, pk__in=opened.mail.contacts)
    students = Student.objects.filter(school=opened.school, pk__in=opened.mail.students)
    before = Block.objects.filter(school=opened.school).count()
    for student in students.select_related("school"):
        for contact in contacts:
            blocks.block(student, contact, Block.Cause.NOT_MINE)
    if Block.objects.filter(school=opened.school).count() > before:
        AuditEntry.objects.note(None, "answered “This is not my child”", opened.mail, opened.school)
        outgoing.tell("not-mine", opened.school)


def _page(request, name, opened, **context):
    context |= {"words": opened.words.page(), "school": opened.school, "lang": opened.words.language}
    return render(request, f"parents/{name}.html", context)


def _bad_link(request):
    """The plain page for a link that does not work, and after many of them from one IP address, a request to wait."""
    language = "cy" if request.headers.get("Accept-Language", "").lower().startswith("cy") else "en"
    many = tries.take_from(request, "bad link", BAD_LINKS)
    words = words_of(language)
    context = {"words": words.page(), "lang": language, "text": words("many" if many else "invalid")}
    return render(request, "parents/bad_link.html", context, status=429 if many else 404)
