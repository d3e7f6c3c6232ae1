"""Pages behind the links in mails.

A GET changes nothing: mail scanners open links. A POST acts without login, cookie or CSRF token, also as one-click
unsubscribing (RFC 8058); who has the link has the word.
"""

from functools import partial, wraps

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import transaction
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from parents import blocks, choices, tasks, tokens
from parents.models import AddressChoice, Block, Contact, MailSettings, WeeklyMail
from parents.words import Words
from schools.models import AuditEntry, School
from students.models import Student
from sync.locks import lock_school

BAD_LINKS_A_MINUTE = 30


def for_link_holders(view):
    """A page for whoever holds the link of `?t=`: the view gets (request, `Opened`). A link that does not work gets a
    plain page; only such links are throttled, never a provider that posts thousands of good ones."""

    @login_not_required
    @csrf_exempt
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def opened(request):
        try:
            link = tokens.read(request.GET.get("t", ""))
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


class Opened:
    """What a link opens: the school, the address by its mark, and the children of the mail it stands in."""

    def __init__(self, link, school):
        self.link, self.school = link, school
        mail_settings = MailSettings.objects.filter(school=school).first()
        self.words = _words(mail_settings.language if mail_settings else "en", school)
        self.mail = WeeklyMail.objects.filter(pk=link.mail_id, school=school, address_mark=link.mark).first()

    def students(self):
        """The students of the mail who are still here, in its order."""
        if self.mail is None:
            return []
        here = Student.objects.current().filter(school=self.school).in_bulk(self.mail.students)
        return [here[pk] for pk in self.mail.students if pk in here]

    def stop(self, cause, student=None):
        choices.stop(self.link.school_id, self.link.mark, self.link.key_number, cause, student and student.pk)


@for_link_holders
def stop(request, opened):
    """Stop the mail of the school, or about one child; change one's mind."""
    if request.method != "POST":
        named = [opened.words("button_child", name=student.forename) for student in opened.students()]
        return _page(request, "stop", opened, children=list(enumerate(named)) if len(named) > 1 else [])
    if "again" in request.POST:
        free = choices.take_back(opened.school.pk, opened.link.mark)
        return _page(request, "again", opened, text=opened.words("again" if free else "again_not"))
    asked, students = request.POST.get("child", ""), opened.students()
    if asked.isdecimal() and len(asked) < 4 and int(asked) < len(students):
        student = students[int(asked)]
        opened.stop(AddressChoice.Cause.PARENT, student)
        text = opened.words("stopped_child", name=student.forename)
    else:
        opened.stop(AddressChoice.Cause.PARENT)
        text = opened.words("stopped_all")
    return _page(request, "stopped", opened, text=text)


@for_link_holders
def not_mine(request, opened):
    """ "This is not my child": the address is stopped, its contacts are blocked for the children of the mail."""
    if request.method != "POST":
        return _page(request, "not_mine", opened)
    with transaction.atomic():
        lock_school(opened.school.pk)
        opened.stop(AddressChoice.Cause.NOT_MINE)
        if opened.mail:
            _block_all(opened)
    return _page(request, "not_mine_done", opened, text=opened.words("not_mine_done"))


def _block_all(opened):
    """Block every contact of the mail for every child of it; tell the school and support once."""
    contacts = Contact.objects.filter(school=opened.school, pk__in=opened.mail.contacts)
    students = Student.objects.filter(school=opened.school, pk__in=opened.mail.students)
    before = Block.objects.filter(school=opened.school).count()
    for student in students.select_related("school"):
        for contact in contacts:
            blocks.block(student, contact, Block.Cause.NOT_MINE)
    if Block.objects.filter(school=opened.school).count() > before:
        AuditEntry.objects.note(None, "answered “This is not my child”", opened.mail, opened.school)
        transaction.on_commit(partial(tasks.tell_not_mine.delay, opened.school.pk))


def _page(request, name, opened, **context):
    context |= {"words": opened.words.page(), "school": opened.school, "lang": opened.words.language}
    return render(request, f"parents/{name}.html", context)


def _bad_link(request):
    """The plain page for a link that does not work, and after many of them from one place, a request to wait."""
    language = "cy" if request.headers.get("Accept-Language", "").lower().startswith("cy") else "en"
    key = f"bad-mail-links:{get_adapter().get_client_ip(request)}"
    cache.add(key, 0, 60)
    many = cache.incr(key) > BAD_LINKS_A_MINUTE
    words = _words(language)
    context = {"words": words.page(), "lang": language, "text": words("many" if many else "invalid")}
    return render(request, "parents/bad_link.html", context, status=429 if many else 404)


def _words(language, school=None):
    known = {"product": settings.PRODUCT_NAME, "support": settings.SUPPORT_EMAIL}
    return Words(language, **known, school=school.name if school else "")
