import pytest
from django.utils import timezone

from parents.models import AddressChoice, Block
from parents.rules import blocks, choices, recipients
from schools.marks import marks
from schools.models import LastRead, School
from schools.sharing import keys
from schools.sharing.purposes import WEEKLY_MAIL
from schools.text.addresses import FOLDINGS
from tests.factories import (
    ContactFactory,
    EmployeeFactory,
    GuardianshipFactory,
    MailSettingsFactory,
    StudentFactory,
    SyncRunFactory,
    ago,
)  # fmt: skip
from tests.last_read import runs_were
from tests.parents.world import READ, said_no

pytestmark = pytest.mark.django_db


def mailed(school, students=None):
    return {m.address: set(m.students) for m in recipients.verdicts(school, students).mails.values()}


def test_only_current_links_of_current_people_count():
    link = GuardianshipFactory()
    school = link.school
    GuardianshipFactory(school=school, student=StudentFactory(school=school, left_at=ago(days=1)))
    GuardianshipFactory(
        student=StudentFactory(school=school), contact=ContactFactory(school=school, left_at=ago(days=1))
    )
    GuardianshipFactory(student=StudentFactory(school=school), left_at=ago(days=1))

    assert mailed(school) == {link.contact.email: {link.student_id}}


def test_a_no_is_found_in_another_letter_case_and_under_an_older_key(settings):
    link = GuardianshipFactory(contact__email="M.Okoro@Home.Example")
    said_no(link.school, "m.okoro@home.example")

    assert mailed(link.school) == {}
    settings.ADDRESS_KEYS += ",2:another-key-0123456789abcdef0123456789"
    assert mailed(link.school) == {}
    AddressChoice.objects.update(ended_at=timezone.now())
    assert mailed(link.school) != {}


SAME_MAILBOX = [
    "m.okoro@gmail.com", "M.Okoro@GoogleMail.com", "\ufeffm.okoro@googlemail.com", " <m.okoro@gmail.com>, ",
    "mailto:m.okoro@googlemail.com", "m.okoro@gmail.com\u200b",
]  # fmt: skip
NEWER_KEY = ",2:another-key-0123456789abcdef0123456789"


@pytest.mark.parametrize("newer_key", [False, True])
@pytest.mark.parametrize("stored", [0, 1])
@pytest.mark.parametrize("said_of", ["m.okoro@gmail.com", "m.okoro@googlemail.com"])
def test_a_no_with_any_folding_and_key_holds_for_every_spelling(settings, newer_key, stored, said_of):
    """The mark is made as an earlier release made it: with the first folding there was, or with today's."""
    school = MailSettingsFactory().school
    links = [GuardianshipFactory(student__school=school, contact__email=spelling) for spelling in SAME_MAILBOX[:1]]
    mark = marks().make("address", school.pk, FOLDINGS[stored](said_of))
    AddressChoice.objects.create(school=school, address_mark=mark, key_number=1, cause="parent")
    settings.ADDRESS_KEYS += NEWER_KEY if newer_key else ""

    for spelling in SAME_MAILBOX:
        links[0].contact.email = spelling
        links[0].contact.save()
        assert mailed(school) == {}, spelling
        assert mailed(school, [links[0].student_id]) == {}, spelling


def test_a_change_of_mind_reaches_what_was_said_under_an_older_folding():
    link = GuardianshipFactory(contact__email="m.okoro@googlemail.com")
    mark = marks().make("address", link.school.pk, FOLDINGS[0]("m.okoro@googlemail.com"))
    AddressChoice.objects.create(school=link.school, address_mark=mark, key_number=1, cause="parent")

    of_a_later_mail = marks().address(link.school.pk, "m.okoro@gmail.com")
    assert choices.take_back(link.school.pk, choices.alike(link.school.pk, of_a_later_mail))

    assert mailed(link.school) == {"m.okoro@gmail.com": {link.student_id}}


def test_two_spellings_of_a_mailbox_get_one_mail_and_none_if_in_two_families():
    link = GuardianshipFactory(contact__email="m.okoro@googlemail.com")
    school = link.school
    again = ContactFactory(school=school, email="m.okoro@gmail.com")
    GuardianshipFactory(student=link.student, contact=again)
    assert mailed(school) == mailed(school, [link.student_id]) == {"m.okoro@gmail.com": {link.student_id}}

    stranger = GuardianshipFactory(student=StudentFactory(school=school), contact=again)
    assert mailed(school) == {"m.okoro@gmail.com": {link.student_id, stranger.student_id}}
    again.guardianships.filter(student=link.student).delete()
    assert mailed(school) == mailed(school, [link.student_id]) == {}


def test_an_address_that_cannot_be_cleaned_is_listed_and_not_written_to():
    for address in ("m.ok\u200boro@home.example", "m@home.example d@home.example", "o’neill@home.example"):
        link = GuardianshipFactory(contact__email=address)
        verdicts = recipients.verdicts(link.school)
        assert verdicts.mails == {}
        assert verdicts.why[link.student_id, link.contact_id] == "bad_address"


def test_a_block_recognises_the_address_under_another_spelling_and_an_older_folding():
    link = GuardianshipFactory(contact__email="m.okoro@googlemail.com")
    blocks.block(link.student, link.contact, Block.Cause.COURT_ORDER)
    mark = marks().make("address", link.school.pk, FOLDINGS[0]("m.okoro@googlemail.com"))
    Block.objects.update(contact_marks=[mark])

    GuardianshipFactory(student=link.student, contact=ContactFactory(school=link.school, email="m.okoro@gmail.com"))

    assert mailed(link.school) == {}


def test_a_no_at_one_school_says_nothing_about_another():
    here = GuardianshipFactory(contact__email="m@home.example")
    there = GuardianshipFactory(contact__email="m@home.example")
    said_no(here.school, "m@home.example")

    assert mailed(here.school) == {}
    assert mailed(there.school) != {}


def test_a_block_stops_mail_at_once_and_survives_a_new_row():
    link = GuardianshipFactory()
    blocks.block(link.student, link.contact, Block.Cause.COURT_ORDER)
    blocks.block(link.student, link.contact, Block.Cause.COURT_ORDER)
    assert Block.objects.count() == 1
    assert mailed(link.school) == {}

    again = GuardianshipFactory(student=link.student, contact=ContactFactory(school=link.school, upi=link.contact.upi))
    assert mailed(link.school) == {}
    assert recipients.verdicts(link.school).why[link.student_id, again.contact_id] == "blocked"
    blocks.lift(Block.objects.get())
    assert mailed(link.school) != {}


def test_the_verdict_on_some_students_is_the_same_as_when_deciding_all(django_assert_num_queries):
    link = GuardianshipFactory(contact__email="m@home.example")
    school = link.school
    sibling = GuardianshipFactory(student=StudentFactory(school=school), contact=link.contact)
    GuardianshipFactory(student=link.student, contact=ContactFactory(school=school, email="d@home.example"), priority=2)
    stranger = GuardianshipFactory(student=StudentFactory(school=school), contact__email="x@home.example")

    assert mailed(school, [link.student_id]) == {"m@home.example": {link.student_id, sibling.student_id}}
    stranger.contact.email = "m@home.example"
    stranger.contact.save()
    with django_assert_num_queries(6):
        assert mailed(school, [link.student_id]) == {"d@home.example": {link.student_id}}


def test_the_office_at_the_staffs_domain_is_the_schools_own():
    link = GuardianshipFactory(contact__email="office@staff.example")
    EmployeeFactory(school=link.school, email="a@staff.example")
    assert mailed(link.school) != {}

    EmployeeFactory(school=link.school, email="b@staff.example")

    assert mailed(link.school) == {}


def not_granted(school, right, days):
    LastRead.objects.filter(school=school).update(rights={right: False}, rights_missing_since=ago(days=days))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: None, ""),
        (lambda s: s.mail_settings.__class__.objects.update(enabled=False), "off"),
        (lambda s: keys.switch_off(s, WEEKLY_MAIL, None, "we write ourselves"), "not_shared"),
        (lambda s: s.mail_settings.__class__.objects.update(paused_at=timezone.now()), "paused"),
        (lambda s: not_granted(s, "court_order", days=29), ""),
        (lambda s: not_granted(s, "court_order", days=31), "no_rights"),
        (lambda s: not_granted(s, "priority", days=0), "no_rights"),
        (lambda s: not_granted(s, "parental_responsibility", days=0), "no_rights"),
        (lambda s: School.objects.update(revoked_at=timezone.now()), "revoked"),
        (lambda s: School.objects.update(frozen={"contacts": {"since": "2026-10-01"}}), "withdrawn"),
        (lambda s: School.objects.update(doubted={"contacts": {"since": "2026-10-01"}}), "doubted"),
        (lambda s: runs_were(s, ledger={"contacts": {"aside": "not_offered"}}), "stale"),
        (lambda s: runs_were(s, ledger={"contacts": {"aside": "emptied"}}), "stale"),
        (lambda s: runs_were(s, alarms=[["contacts", "unreadable"]]), "stale"),
        (lambda s: runs_were(s, alarms=[["classes", "unreadable"], ["students", "not_current"]]), ""),
        (lambda s: runs_were(s, ended_at=ago(hours=49), as_of=ago(hours=49)), "stale"),
        (lambda s: runs_were(s, status="refused"), "stale"),
        (lambda s: SyncRunFactory(school=s, trigger="undo", started_at=ago(hours=1)), "undone"),
        (lambda s: runs_were(s, ledger={"contacts": {"aside": "", "kept": ["email"]}}), "addresses_gone"),
    ],
)
def test_mail_leaves_only_on_what_was_read_in_full_lately(change, code):
    school = MailSettingsFactory().school
    SyncRunFactory(school=school, ledger=READ)
    change(school)

    school = School.objects.get(pk=school.pk)
    assert recipients.why_not_now(school, school.mail_settings, timezone.now()) == code
    assert code == "" or code in recipients.NOT_NOW
