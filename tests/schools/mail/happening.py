"""What makes each mail of the product necessary, and who gets it."""

from django.test import Client
from django.urls import reverse

from classes import requests
from classes.models import ImportDraft
from classes.tasks import look_after_handmade
from parents.mail import holds, tokens
from parents.models import MailHold, MailSettings
from parents.rules import answers, choices
from schools.mail import outgoing
from schools.marks import marks
from schools.sharing import receipts
from schools.staff import invitations, overview
from sync.models import Need
from sync.notices import tell
from sync.wording import kinds
from tests.factories import (
    AgreementFactory,
    AuthoriserRightFactory,
    EnrolmentFactory,
    ImportRequestFactory,
    SupportFactory,
    TeacherFactory,
    ago,
)
from tests.parents.world import MOTHER, a_family
from tests.tools.people import support_client

SUPPORT = "help@example.org"
LEAD, TEACHER, NEW, FORGETS = "lead@example.org", "pell@example.org", "new@example.org", "quist@example.org"
OFFICE = "office@school.example"


def answered(school):
    request = ImportRequestFactory(school=school, asked_by=TeacherFactory(school=school, user__email=TEACHER).user)
    requests.close(request, "declined", SupportFactory(), "It is a club.")


def moved(school):
    employee = TeacherFactory(school=school, email=NEW, user__email="old@example.org")
    (member,) = [one for one in overview.members(school) if one.employee == employee]
    overview.move_sign_in(member, SupportFactory())


def asked_again(school):
    a_family(school, MOTHER)
    choices.stop_address(school.pk, MOTHER, "parent")
    token = tokens.sign(tokens.MailLink(school.pk, marks().address(school.pk, MOTHER), marks().newest, 0))
    Client().post(f"{reverse('parents:stop')}?t={token}", {"again": "1"})


def copied(school):
    (link,) = a_family(school, MOTHER)
    support = support_client(SupportFactory(email="sam@support.example"), looks_at=[school])
    support.post(reverse("admin:parents_contact_mail", args=[link.contact_id]))


def warned(school):
    EnrolmentFactory(school_class__school=school, school_class__wonde_id=None, student__wonde_id=None)
    ImportDraft.objects.create(school=school, first_import_at=ago(days=77))
    look_after_handmade()


def held(school):
    holds._hold(school.pk, MailHold.Cause.OURS, "smtp_554_5.7.1")


def told_by_the_day(school):
    need = Need.objects.create(school=school, code="kept", since=ago(days=2))
    for lead in outgoing.leads_told(school):
        outgoing.put("needs", school=school, to=lead, codes=[need.code])


def given_an_address(school):
    MailSettings.objects.filter(school=school).update(reply_to=OFFICE)
    answers.settled(school, is_another=True)


def reset(email):
    return Client().post(reverse("account_reset_password"), {"email": email})


def forgotten(school):
    reset(TeacherFactory(school=school, user__email=FORGETS).user.email)


def agreed(school):
    AgreementFactory()
    right = AuthoriserRightFactory(school=school, user__email=OFFICE)
    _, _, mark = receipts.offer(school, kinds.field)
    receipts.agree(school, right.user, mark, kinds.field, name="Ruth Pell", position="Business manager")


# Letter -> (what queues it, who gets it).
HAPPENS = {
    "notice": (lambda school: tell.wrong_tries(school, 200, "09:02", "09:10"), [LEAD, SUPPORT]),
    "needs": (told_by_the_day, [LEAD]),
    "answers": (given_an_address, [OFFICE]),
    "not-mine": (lambda school: outgoing.tell("not-mine", school), [LEAD, SUPPORT]),
    "receipt": (agreed, [LEAD, OFFICE, SUPPORT]),
    "invitation": (lambda school: invitations.invite(school, NEW, by=None, as_lead=True), [NEW]),
    "moved": (moved, ["old@example.org", NEW]),
    "new-password": (forgotten, [FORGETS]),
    "account": (lambda school: reset("stranger@example.org"), ["stranger@example.org"]),
    "answer": (answered, [TEACHER]),
    "handmade": (warned, [LEAD]),
    "again": (asked_again, [MOTHER]),
    "mail-held": (held, [SUPPORT]),
    "weekly-copy": (copied, ["sam@support.example"]),
}
