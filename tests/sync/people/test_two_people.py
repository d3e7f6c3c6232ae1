"""Actions that take two people in support: who asks, who confirms, when they happen by themselves, how they end."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail as django_mail
from django.urls import reverse
from django.utils import timezone

from schools.access import rights
from schools.mail.outgoing import send_due
from schools.models import AuditEntry, Erasure, Invitation, LeadRight, Proposal, School, Task, User
from sync.people import two_people
from sync.people.two_people import RefusedError, ask, call_off, confirm, refuse, settle_due
from tests.factories import (
    EmployeeFactory,
    LeadRightFactory,
    StudentFactory,
    SupportFactory,
    SyncSettingsFactory,
    TeacherFactory,
)
from tests.tools.people import signed_in, support_client, with_second_factor

pytestmark = pytest.mark.django_db
Act, State = Proposal.Act, Proposal.State
WHY = "ticket 4711"


@pytest.fixture
def school():
    return SyncSettingsFactory(school__name="Harbour School").school


@pytest.fixture
def asker():
    return SupportFactory()


@pytest.fixture
def second():
    return SupportFactory()


def revoked(school):
    School.objects.filter(pk=school.pk).update(
        revoked_at=timezone.now(), erase_on=timezone.localdate() + timedelta(days=14)
    )
    school.refresh_from_db()
    return school


def erasing(school):
    StudentFactory(school=school)
    return Proposal(act=Act.ERASE_SCHOOL, school=revoked(school))


def exporting(school):
    return Proposal(act=Act.EXPORT, school=school, about={"kind": "students", "pk": StudentFactory(school=school).pk})


def leading(school):
    return Proposal(act=Act.GIVE_LEAD, school=school, about={"employee": None, "email": "new@example.org"})


def losing(school):
    user = TeacherFactory(school=school).user
    with_second_factor(user)
    return Proposal(act=Act.REMOVE_FACTOR, school=school, login=user)


MAKE = {"erase": erasing, "export": exporting, "lead": leading, "factor": losing}


def came_of(proposal):
    """Whether the action was carried out, judging by what it leaves behind."""
    proposal.refresh_from_db()
    return {
        Act.ERASE_SCHOOL: lambda: Erasure.objects.filter(school=proposal.school).exists(),
        Act.EXPORT: lambda: proposal.can_be_opened,
        Act.GIVE_LEAD: lambda: Invitation.objects.filter(school=proposal.school, as_lead=True).exists(),
        Act.REMOVE_FACTOR: lambda: not Authenticator.objects.filter(user=proposal.login).exists(),
    }[proposal.act]()


def later(**length):
    return time_machine.travel(timezone.now() + timedelta(**length), tick=False)


def noted(school, verb):
    return AuditEntry.objects.filter(school=school, verb__startswith=f"{verb}: ")


# --- Two people --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_nothing_is_done_before_a_second_person_confirms_and_both_are_noted(make, school, asker, second):
    proposal = ask(make(school), asker, WHY)
    settle_due()
    assert (proposal.state, proposal.due_at, came_of(proposal)) == (State.WAITING, None, False)

    confirm(proposal.pk, second)

    assert came_of(proposal)
    assert (proposal.settled_by, proposal.state) == (
        second, State.CONFIRMED if proposal.act == Act.EXPORT else State.DONE,
    )  # fmt: skip
    assert noted(school, "asked a second person").get().actor == asker
    assert noted(school, "confirmed").get().actor == second


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_people_cannot_confirm_their_own_proposal(make, school, asker, second):
    proposal = ask(make(school), asker, WHY)

    with pytest.raises(RefusedError, match="you asked for it yourself"):
        confirm(proposal.pk, asker)

    assert not came_of(proposal)


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_only_somebody_with_the_same_right_for_the_school_confirms_or_refuses(make, school, asker, second):
    proposal = ask(make(school), asker, WHY)
    task = two_people.TASKS[proposal.act]
    other_task = SupportFactory(is_superuser=False, rights__tasks=set(Task) - {task})
    elsewhere = SupportFactory(is_superuser=False, rights__schools=[SyncSettingsFactory().school])

    for nobody in (other_task, elsewhere, LeadRightFactory(school=school).user):
        with pytest.raises(RefusedError):
            confirm(proposal.pk, nobody)
        with pytest.raises(RefusedError):
            refuse(proposal.pk, nobody, "no")

    assert not came_of(proposal)


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_somebody_without_the_right_cannot_ask(make, school, second):
    with pytest.raises(RefusedError, match="no right to ask"):
        ask(make(school), SupportFactory(is_superuser=False, rights__tasks=[Task.LOOK]), WHY)

    assert not Proposal.objects.exists()


def test_the_same_thing_cannot_be_asked_for_twice(school, asker, second):
    proposal = exporting(school)
    ask(proposal, asker, WHY)

    with pytest.raises(RefusedError, match="asked already"):
        ask(Proposal(act=Act.EXPORT, school=school, about=proposal.about), second, WHY)


@pytest.mark.parametrize("end", [State.REFUSED, State.CALLED_OFF, State.DONE])
def test_an_ended_proposal_can_no_longer_be_answered(end, school, asker, second):
    proposal = ask(leading(school), asker, WHY)
    by = {State.REFUSED: second, State.CALLED_OFF: asker}
    refuse(proposal.pk, by[end], "not now") if end in by else confirm(proposal.pk, second)

    proposal.refresh_from_db()
    assert proposal.state == end
    for deed in (lambda: confirm(proposal.pk, second), lambda: refuse(proposal.pk, second, "no")):
        with pytest.raises(RefusedError, match="does not wait any more"):
            deed()


def test_a_future_leads_address_is_kept_no_longer_than_the_proposal_waits(school, asker, second):
    proposal = ask(leading(school), asker, WHY)

    refuse(proposal.pk, second, "nobody knows them")

    proposal.refresh_from_db()
    assert "email" not in proposal.about


# --- What may change meanwhile -----------------------------------------------------------------------------------


def nothing(proposal):
    pass


def erased_by_its_lead(proposal):
    School.objects.filter(pk=proposal.school_id).update(erase_on=None)


def came_back(proposal):
    School.objects.filter(pk=proposal.school_id).update(revoked_at=None, erase_on=None)


def person_erased(proposal):
    proposal.school.students.filter(pk=proposal.about["pk"]).update(wonde_id=None)


def no_longer_shared(proposal):
    School.objects.filter(pk=proposal.school_id).update(
        frozen={"students": {"since": "2026-11-01", "erase_on": "2026-12-01"}}
    )


def school_revoked(proposal):
    revoked(proposal.school)


def leads_already(proposal):
    LeadRightFactory(school=proposal.school, user__email="NEW@example.org".lower())


def another_phone(proposal):
    Authenticator.objects.filter(user=proposal.login).delete()
    with_second_factor(proposal.login)


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (erasing, erased_by_its_lead),
        (erasing, came_back),
        (exporting, person_erased),
        (exporting, no_longer_shared),
        (exporting, school_revoked),
        (leading, school_revoked),
        (leading, leads_already),
        (losing, another_phone),
    ],
)
def test_what_a_proposal_depends_on_is_checked_again_when_it_is_confirmed(make, change, school, asker, second):
    proposal = ask(make(school), asker, WHY)
    change(proposal)
    factors = list(Authenticator.objects.values_list("pk", flat=True))

    settled = confirm(proposal.pk, second)

    assert settled.state == State.FAILED
    assert settled.said
    assert not Erasure.objects.exists()
    assert not Invitation.objects.exists()
    assert list(Authenticator.objects.values_list("pk", flat=True)) == factors
    assert noted(school, "not done").exists()


@pytest.mark.parametrize("lost", ["switched off", "right taken", "no support", "gone"])
def test_a_proposal_lapses_if_the_person_who_asked_loses_the_right(lost, school, asker, second):
    proposal = ask(leading(school), asker, WHY)
    mine = User.objects.filter(pk=asker.pk)
    {
        "switched off": lambda: mine.update(is_active=False),
        "right taken": lambda: rights.take(asker, [Task.SIGN_INS]),
        "no support": lambda: mine.update(is_staff=False, is_superuser=False),
        "gone": mine.delete,
    }[lost]()

    assert confirm(proposal.pk, second).state == State.LAPSED
    assert not came_of(proposal)


def test_after_a_week_a_proposal_can_no_longer_be_confirmed_and_the_clock_lets_it_lapse(school, asker, second):
    first, other = ask(leading(school), asker, WHY), ask(exporting(school), asker, WHY)

    with later(days=7, minutes=1):
        assert confirm(first.pk, second).state == State.LAPSED
        settle_due()

    other.refresh_from_db()
    assert other.state == State.LAPSED
    assert noted(school, "lapsed").count() == 2


# --- Alone -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_somebody_on_their_own_types_what_it_is_about_and_waits_a_day(make, school, asker):
    lead, proposal = LeadRightFactory(school=school).user, make(school)
    with pytest.raises(RefusedError, match="To go on alone, type: Harbour School"):
        ask(proposal, asker, WHY, "Harbour")
    ask(proposal, asker, WHY, " harbour school ")
    send_due()
    assert [lead.email] in [mail.to for mail in django_mail.outbox]

    with later(hours=23, minutes=59):
        settle_due()
        assert not came_of(proposal)
    with later(hours=24, minutes=1):
        settle_due()
        assert came_of(proposal)

    assert proposal.settled_by is None


def test_a_second_person_who_comes_during_the_day_may_confirm_or_refuse(school, asker):
    first, other = (ask(make(school), asker, WHY, "Harbour School") for make in (leading, exporting))
    second = SupportFactory()

    confirm(first.pk, second)
    refuse(other.pk, second, "nobody asked us to")
    with later(hours=25):
        settle_due()

    assert came_of(first)
    assert not came_of(other)


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_what_a_lead_calls_off_is_not_done(make, school, asker):
    lead, stranger = LeadRightFactory(school=school).user, LeadRightFactory().user
    proposal = ask(make(school), asker, WHY, "Harbour School")

    with pytest.raises(RefusedError):
        call_off(proposal.pk, stranger)
    call_off(proposal.pk, lead)
    with later(hours=25):
        settle_due()

    assert not came_of(proposal)
    assert noted(school, "called off").get().actor == lead


def test_nothing_is_done_if_the_asker_is_switched_off_or_loses_the_right_during_the_day(school, asker):
    proposal = ask(exporting(school), asker, WHY, "Harbour School")
    User.objects.filter(pk=asker.pk).update(is_active=False)

    with later(hours=25):
        settle_due()

    assert not came_of(proposal)
    assert proposal.state == State.LAPSED


def test_support_for_another_school_does_not_count_as_a_second_person(school, asker):
    SupportFactory(is_superuser=False, rights__schools=[SyncSettingsFactory().school])
    SupportFactory(is_superuser=False, rights__tasks=set(Task) - {Task.EXPORT})
    SupportFactory(is_active=False)

    assert ask(exporting(school), asker, WHY, "Harbour School").due_at


# --- Second factors ----------------------------------------------------------------------------------------------


def test_removing_supports_second_factor_takes_two_superusers(asker):
    whose, helper = SupportFactory(), SupportFactory(is_superuser=False)
    with_second_factor(whose)
    ours = Proposal(act=Act.REMOVE_FACTOR, login=whose)

    assert not two_people.others(asker, ours).exists()  # neither the owner nor the helper, no superuser, confirms it
    with pytest.raises(RefusedError):
        ask(Proposal(act=Act.REMOVE_FACTOR, login=whose), helper, WHY)
    second = SupportFactory()
    ask(ours, asker, WHY)
    confirm(ours.pk, second)

    assert not Authenticator.objects.filter(user=whose).exists()


def test_both_schools_of_a_login_can_read_about_it_and_either_can_call_it_off(school, asker, second):
    user = TeacherFactory(school=school).user
    other = LeadRightFactory(user=user).school
    lead = LeadRightFactory(school=other).user
    with_second_factor(user)

    proposal = ask(Proposal(act=Act.REMOVE_FACTOR, login=user), asker, WHY)
    call_off(proposal.pk, lead)

    assert noted(school, "asked a second person").exists()
    assert noted(other, "asked a second person").exists()
    assert Authenticator.objects.filter(user=user).exists()


def test_taking_a_second_factor_away_by_two_people_ends_the_sessions_of_that_login(school, asker, second):
    user = TeacherFactory(school=school).user
    with_second_factor(user)
    client = signed_in(user)
    here = reverse("sync:school", args=[school.code])
    LeadRightFactory(school=school, user=user)
    assert client.get(here).status_code == 200

    proposal = ask(Proposal(act=Act.REMOVE_FACTOR, login=user), asker, WHY)
    assert client.get(here).status_code == 200
    confirm(proposal.pk, second)

    assert client.get(here).status_code == 302


# --- Pages -------------------------------------------------------------------------------------------------------


def waiting():
    return Proposal.objects.get()


def test_support_exports_with_a_second_person_and_opens_it_for_a_day(school, asker, second):
    student = StudentFactory(school=school)
    first, other = support_client(asker, looks_at=[school]), support_client(second, looks_at=[school])
    export, what = reverse("sync:export", args=[school.code]), {"kind": "students", "pk": student.pk}

    page = first.post(export, what)
    first.post(export, what | {"why": WHY})
    open_it = reverse("sync:exported", args=[school.code, waiting().pk])
    at = reverse("admin:schools_proposal_change", args=[waiting().pk])
    before = first.get(open_it).status_code
    offered = "Confirm: export" in first.get(at).text, "Confirm: export" in other.get(at).text
    other.post(at, {"do": "confirm"})

    assert student.surname not in page.text
    assert (before, offered) == (404, (False, True))
    assert open_it in first.get(at).text
    assert student.surname in first.get(open_it).text
    assert other.get(open_it).status_code == 404
    assert AuditEntry.objects.get(verb="exported").reason == WHY
    with later(hours=25):
        assert support_client(asker, looks_at=[school]).get(open_it).status_code == 404


def test_an_unopened_export_lapses(school, asker, second):
    proposal = ask(exporting(school), asker, WHY)
    confirm(proposal.pk, second)

    with later(days=1, minutes=1):
        settle_due()

    proposal.refresh_from_db()
    assert proposal.state == State.LAPSED


def test_support_erases_a_school_with_a_second_person(school, asker, second):
    StudentFactory(school=revoked(school))
    address = reverse("sync:erase_school", args=[school.code])
    client = support_client(asker)

    client.post(address, {"reason": "they left"})
    client.post(address, {"why": WHY})
    assert not Erasure.objects.exists()
    support_client(second).post(reverse("admin:schools_proposal_change", args=[waiting().pk]), {"do": "confirm"})

    assert Erasure.objects.get(school=school).actor == asker


@pytest.mark.parametrize(
    "posted",
    [{"do": "grant"}, {"do": "invite_lead", "email": "x@example.org"}, {"do": "invite", "email": "x@example.org"}],
)
def test_support_makes_a_member_of_staff_a_lead_with_a_second_person(posted, school, asker, second):
    signs_in = posted["do"] == "grant"
    one = TeacherFactory(school=school) if signs_in else EmployeeFactory(school=school, email="")
    if posted["do"] == "invite":  # a lead invitation waiting at another address carries over
        Invitation.objects.create(school=school, employee=one, email="y@example.org", as_lead=True)
    client = support_client(asker, looks_at=[school])

    client.post(reverse("sync:staff_member", args=[school.code, one.pk]), posted)
    assert not LeadRight.objects.exists()
    assert not Invitation.objects.filter(email="x@example.org").exists()
    client.post(reverse("sync:staff_member", args=[school.code, one.pk]), posted | {"why": WHY})
    confirm(waiting().pk, second)

    assert LeadRight.objects.filter(user=one.user).exists() if signs_in else Invitation.objects.get(as_lead=True)


@pytest.mark.parametrize("where", ["admin", "page"])
def test_support_invites_a_lead_with_a_second_person(where, school, asker, second):
    client = support_client(asker, looks_at=[school])
    url = {
        "admin": f"{reverse('admin:schools_invitation_add')}?school={school.pk}",
        "page": reverse("sync:invite_lead", args=[school.code]),
    }[where]

    client.post(url, {"email": "Head@example.org"})
    assert not Invitation.objects.exists()
    client.post(url, {"email": "Head@example.org", "why": WHY})
    confirm(waiting().pk, second)

    made = Invitation.objects.get()
    assert (made.email.lower(), made.as_lead, made.invited_by) == ("head@example.org", True, asker)


def test_a_lead_needs_no_second_person_at_their_own_school(school, second):
    lead = LeadRightFactory(school=school).user
    teacher, student = TeacherFactory(school=school), StudentFactory(school=school)
    client = signed_in(lead)

    client.post(reverse("sync:staff_member", args=[school.code, teacher.pk]), {"do": "grant"})
    held = client.post(reverse("sync:export", args=[school.code]), {"kind": "students", "pk": student.pk})

    assert LeadRight.objects.filter(user=teacher.user).exists()
    assert student.surname in held.text
    assert not Proposal.objects.exists()


def test_leads_see_what_support_asked_for_on_each_of_their_pages_and_call_it_off(school, asker, second):
    lead = signed_in(LeadRightFactory(school=school).user)
    proposal = ask(exporting(school), asker, WHY)
    off = reverse("sync:call_off", args=[school.code, proposal.pk])

    assert all(off in lead.get(reverse(f"sync:{name}", args=[school.code])).text for name in ("school", "audit"))
    told = lead.post(off, follow=True).text

    assert "Called off: support does not do it" in told
    assert off not in told


def test_leads_of_a_school_that_has_ended_our_access_can_call_off_its_erasure(school, asker, second):
    lead = signed_in(LeadRightFactory(school=school).user)
    proposal = ask(erasing(school), asker, WHY)
    off = reverse("sync:call_off", args=[school.code, proposal.pk])

    assert off in lead.get(reverse("sync:revoked", args=[school.code])).text
    assert off not in lead.post(off, follow=True).text


def test_the_list_shows_what_waits_to_those_who_may_answer_and_the_person_who_asked(school, asker, second):
    proposal = ask(exporting(school), asker, WHY)
    address = reverse("admin:schools_proposal_changelist")
    elsewhere = SupportFactory(is_superuser=False, rights__schools=[SyncSettingsFactory().school])

    seen = {
        user: proposal in support_client(user).get(address).context["cl"].result_list
        for user in (asker, second, elsewhere)
    }
    refuse(proposal.pk, second, "no")

    assert seen == {asker: True, second: True, elsewhere: False}
    assert "There is nothing here yet" in support_client(second).get(address).text
    assert proposal in support_client(second).get(address, {"state": "settled"}).context["cl"].result_list


def test_a_page_says_if_the_proposal_was_answered_meanwhile(school, asker, second):
    proposal = ask(exporting(school), asker, WHY)
    call_off(proposal.pk, LeadRightFactory(school=school).user)

    page = support_client(second).post(reverse("admin:schools_proposal_change", args=[proposal.pk]), {"do": "confirm"})

    assert page.status_code == 409
    assert "does not wait any more: it is called off" in page.text


def test_the_mail_to_leads_says_what_and_until_when(school, asker):
    LeadRightFactory(school=school)
    ask(exporting(school), asker, WHY, "Harbour School")

    send_due()
    told = django_mail.outbox[0].body
    assert "support has asked to export what is held" in told
    assert "Nobody else of support may confirm it" in told
