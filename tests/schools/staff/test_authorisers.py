"""Who may agree for a school: how they come by the right, what it opens, and how it ends."""

import re

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config import gates
from schools.mail.outgoing import send_due
from schools.models import AuditEntry, AuthoriserRight, Invitation, School, User
from schools.models.school import SchoolQuerySet
from schools.staff import authorisers, invitations
from sync.leaving import erasure
from tests.factories import AuthoriserRightFactory, LeadRightFactory, SchoolFactory, TeacherFactory, ago
from tests.tools.people import signed_in, support_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tasks_run_at_once")]


def follow(number=-1):
    """A browser that opened the link of the newest mail, and where it leads."""
    send_due()
    client = Client()
    client.get(re.search(rf"{settings.SITE_URL}(/invitation/\S+)", mail.outbox[number].body)[1])
    return client


def test_an_invitation_to_agree_is_handed_on_once_and_opens_start_to_whoever_accepts_it():
    school = SchoolFactory()
    support = support_client(looks_at=[school])
    page = reverse("schools:authorisers", args=[school.code])
    support.post(page, {"do": "invite", "email": "office@example.org"})
    office = follow()
    assert "I am not the right person" in office.get(reverse("schools:invitation")).text

    refused = office.post(reverse("schools:hand_on"), {"email": "office@example.org"})
    assert "Enter somebody else’s" in refused.text
    office.post(reverse("schools:hand_on"), {"email": "head@example.org"})
    assert office.get(reverse("schools:invitation")).status_code == 410
    head = follow()
    assert head.post(reverse("schools:hand_on"), {"email": "third@example.org"}).status_code == 410
    entered = head.post(reverse("schools:invitation"), {"password": "seven blue herons"})

    assert entered.url == reverse("schools:start", args=[school.code])
    assert head.get("/").url == entered.url
    assert "Class lists" in head.get(entered.url).text
    verbs = AuditEntry.objects.filter(school=school, kind="invitation").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["invited to agree", "invited to agree", "handed on", "accepted"]
    (right,) = authorisers.of_school(school)
    assert right.user.email == "head@example.org"
    assert not right.user.lead_rights.exists()
    assert not Invitation.objects.waiting().exists()


def test_handing_on_never_hands_on_what_else_an_invitation_is_for():
    school = SchoolFactory()
    for_both = invitations.invite(school, "both@example.org", by=None, as_lead=True)
    invitations.invite(school, "both@example.org", by=None, as_authoriser=True)

    handed = invitations.hand_on(for_both.pk, "head@example.org")

    for_both.refresh_from_db()
    assert (for_both.as_lead, for_both.as_authoriser) == (True, False)
    assert (handed.as_lead, handed.as_authoriser, handed.handed_on) == (False, True, True)


def test_the_right_ends_with_the_login_the_job_or_a_word_and_is_nobodys_after_an_erasure():
    right = AuthoriserRightFactory()
    school, user = right.school, right.user
    client, page = signed_in(user), reverse("schools:authorisers", args=[school.code])

    def counts():
        found = School.objects.authorised_by(User.objects.get(pk=user.pk)).exists()
        assert found == User.objects.with_access().filter(pk=user.pk).exists() == authorisers.of_school(school).exists()
        assert found == (client.get(page).status_code == 200)
        return found

    assert counts()
    employee = TeacherFactory(school=school, user=user)
    assert counts()
    employee.left_at = timezone.now()
    employee.save()
    assert not counts()
    employee.left_at = None
    employee.save()
    client = signed_in(user)
    assert counts()

    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not counts()
    User.objects.filter(pk=user.pk).update(is_active=True)
    LeadRightFactory(school=school, user=user)
    employee.left_at = ago(days=90)
    employee.save()
    erasure.erase_person(school, "employees", employee.pk, None, "asked")
    assert not AuthoriserRight.objects.filter(user=user).exists()
    assert User.objects.filter(pk=user.pk).exists()


def test_an_authoriser_gives_up_only_the_own_right_and_a_lead_takes_back_any():
    right = AuthoriserRightFactory()
    other = AuthoriserRightFactory(school=right.school)
    client, page = signed_in(right.user), reverse("schools:authorisers", args=[right.school.code])

    assert client.post(page, {"do": "withdraw", "pk": other.pk}).status_code == 404
    assert client.post(page, {"do": "withdraw", "pk": right.pk}).url == "/"
    assert list(authorisers.of_school(right.school)) == [other]

    lead = signed_in(LeadRightFactory(school=right.school).user)
    lead.post(page, {"do": "withdraw", "pk": other.pk})
    assert not authorisers.of_school(right.school).exists()


def test_the_second_gate_of_an_authorisers_pages_holds_where_the_queryset_lets_everybody_in(monkeypatch):
    school = SchoolFactory()
    stranger = signed_in(AuthoriserRightFactory().user)
    assert gates.GATES["schools:start"] is not gates.everybody
    monkeypatch.setattr(SchoolQuerySet, "authorised_by", lambda rows, user: rows._framed(user))

    for name in ("schools:start", "schools:authorisers"):
        assert stranger.get(reverse(name, args=[school.code])).status_code == 404

    monkeypatch.setattr(gates, "GATES", dict.fromkeys(gates.GATES, gates.everybody))
    assert stranger.get(reverse("schools:start", args=[school.code])).status_code == 200
