"""Pages behind the links in mails.

A GET changes nothing: mail scanners open links. A POST acts without login, cookie or CSRF token, including one-click
unsubscribing (RFC 8058). Anyone with the link can stop the mail, and nothing more: mails get forwarded, and sit in
inboxes for years. Children are named only while the address may know about them, and starting again is confirmed by a
mail to it.
"""

from dataclasses import dataclass
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
from schools.marks import marks
from schools.models import AuditEntry, School
from schools.sign_in import tries
from schools.text.addresses import mailbox, masked
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


@dataclass(frozen=True)
class Standing:
    """What a reader gets, or does not: "Weekly mail about Tobi", "off since 3 October 2026"."""

    what: str
    is_on: bool
    how: str


class Opened:
    """What a link opens: the school, the address (by its mark), and the children in the mail the link was in."""

    def __init__(self, link, school):
        self.link, self.school = link, school
        mail_settings = MailSettings.objects.filter(school=school).first()
        self.words = words_of(mail_settings.language if mail_settings else "en", school)
        mail = WeeklyMail.objects.filter(pk=link.mail_id, school=school, address_mark=link.mark).first()
        self.mail, self.is_old = mail, mail is None or timezone.now() - link.signed_at > NAMES_FOR

    @cached_property
    def email(self):
        """The address itself, where one of those the mail was to still has it; else ""."""
        to = self.mail.contacts if self.mail else []
        written = (
            Contact.objects.current().shown().filter(school=self.school, pk__in=to).values_list("email", flat=True)
        )
        return next((each for each in written if self.link.mark in marks().addresses(self.school.pk, each)), "")

    @cached_property
    def marks(self):
        """Every mark of the address."""
        if self.email:
            return marks().addresses(self.school.pk, self.email)
        return choices.alike(self.school.pk, self.link.mark)

    @cached_property
    def named(self):
        """Student's id -> first name, for the children in the mail that its reader may know about now."""
        if self.is_old:
            return {}
        known = known_to(self.school, self.link.mark, self.mail.students)
        return dict(Student.objects.current().filter(pk__in=known).values_list("pk", "forename"))

    @property
    def address(self):
        """Enough of the address to know it again, while the mail is not old."""
        return self.words("your_address") if self.is_old or not self.email else masked(mailbox(self.email))

    def stopped(self):
        return choices.stopped(self.school.pk, self.marks)

    def standing(self, stopped):
        """How mail stands with what is `stopped`, as `Standing`s: all of it, or each child by name."""
        every = stopped.by_others | stopped.by_parent
        if None in every:
            since = min(said[None] for said in (stopped.by_others, stopped.by_parent) if None in said)
            return [self._off(self.words("all"), since)]
        told = [
            self._off(self.words("about", name=name), every[pk]) if pk in every else self._on("about", name=name)
            for pk, name in self.named.items()
        ]
        unnamed = [since for pk, since in every.items() if pk not in self.named]
        if unnamed:
            told.append(self._off(self.words("about_one"), min(unnamed)))
        return told or [self._on("all")]

    def _on(self, what, **values):
        return Standing(self.words(what, **values), True, self.words("on"))

    def _off(self, what, since):
        day = self.words.day(since.astimezone(self.school.zone).date())
        return Standing(what, False, self.words("off", day=day))

    def buttons(self, stopped):
        """(number, label) for each child the mail may be stopped about separately. The number is the child's position
        in the mail, whoever may have left it since."""
        if self.mail is None or len(self.mail.students) < 2:
            return []
        listed = [
            (i, pk) for i, pk in enumerate(self.mail.students) if pk in self.named and pk not in stopped.by_parent
        ]
        return [(i, self.words("button_child", name=self.named[pk])) for i, pk in listed]

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
        opened.stop(AddressChoice.Cause.PARENT, listed[int(asked)])
        title = opened.words("stopped_child_title")
    else:
        opened.stop(AddressChoice.Cause.PARENT)
        title = opened.words("stopped_title")
    return _page(request, "stopped", opened, title=title)


def _stop_page(request, opened):
    said = opened.stopped()
    may_stop = None not in said.by_parent | said.by_others
    children = opened.buttons(said) if may_stop else []
    context = {"may_stop": may_stop, "children": children, "may_ask_again": bool(said.by_parent)}
    return _page(request, "stop", opened, said, **context)


def _ask_again(request, opened):
    """Somebody with an old mail could be anyone: only a mail to the address itself can start the mail again."""
    if not opened.stopped().by_parent:
        return _stop_page(request, opened)
    outbox.ask_again(opened.school, opened.link)
    return _page(request, "done", opened, text=opened.words("asked_again"))


@for_link_holders(tokens.Purpose.AGAIN)
def again(request, opened):
    """Start again what the parent stopped; this link was sent to the address itself."""
    is_stopped = bool(opened.stopped().by_parent)
    if request.method != "POST":
        lead = opened.words("lead_again", address=opened.address)
        return _page(request, "again", opened, title=opened.words("again_title"), lead_again=lead, may_start=is_stopped)
    with transaction.atomic():
        if is_stopped:
            AuditEntry.objects.note(None, "asked for the weekly mail again", opened.school, opened.school)
        free = choices.take_back(opened.school.pk, opened.marks)
    if not free:
        return _page(request, "done", opened, text=opened.words("again_not"))
    return _page(request, "done", opened, title=opened.words("again_done_title"), text=opened.words("again"))


@for_link_holders(tokens.Purpose.STOP)
def not_mine(request, opened):
    """ "This is not my child": mail to the address stops, and its contacts are blocked for the children in the mail."""
    if request.method != "POST":
        return _page(request, "not_mine", opened, title=opened.words("not_mine_title"))
    with transaction.atomic():
        lock_school(opened.school.pk)
        opened.stop(AddressChoice.Cause.NOT_MINE)
        if opened.mail:
            _block_all(opened)
    title = opened.words("not_mine_done_title")
    return _page(request, "not_mine_done", opened, title=title, text=opened.words("not_mine_done"))


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


def _page(request, name, opened, said=None, **context):
    """said: what is stopped, where it was read already. title: of the page, where it is not only about how the mail
    stands."""
    said = said or opened.stopped()
    told = {
        "title": opened.words("page_title"),
        "lead": opened.words("lead_stop", address=opened.address),
        "standing": opened.standing(said),
        "others_stop": None in said.by_others,
    }
    context = told | context | {"words": opened.words.page(), "school": opened.school, "lang": opened.words.language}
    return render(request, f"parents/{name}.html", context)


def _bad_link(request):
    """The plain page for a link that does not work, and after many of them from one IP address, a request to wait."""
    language = "cy" if request.headers.get("Accept-Language", "").lower().startswith("cy") else "en"
    many = tries.take_from(request, "bad link", BAD_LINKS)
    words = words_of(language)
    context = {"words": words.page(), "lang": language, "text": words("many" if many else "invalid")}
    return render(request, "parents/bad_link.html", context, status=429 if many else 404)
