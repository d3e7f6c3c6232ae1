"""Who has received what we hold: the tokens of the API, by what they read, and the learning product."""

from datetime import UTC, date, datetime

import pytest

from schools.models import ApiRead, ProductSignIn
from sync.leaving import retention
from sync.leaving.recipients import kinds_about, recipients_of, sign_ins_at
from tests.factories import (
    ApiReadFactory,
    ApiTokenFactory,
    SchoolFactory,
    StudentFactory,
    StudentUserFactory,
    TeacherFactory,
    ago,
)

pytestmark = pytest.mark.django_db


def read(token, school, kind, day, requests=1, rows=10):
    """That `token` read `kind` of `school` on a day of November 2026."""
    when = {"day": date(2026, 11, day), "last_at": f"2026-11-{day:02}T09:30:00Z"}
    ApiReadFactory(token=token, school=school, kind=kind, requests=requests, rows=rows, **when)


def test_recipients_are_the_tokens_that_read_a_kind_what_ties_it_and_the_feed_then_those_that_may():
    school, other = SchoolFactory(), SchoolFactory()
    nightly, yearly = ApiTokenFactory(name="nightly job", schools=[school]), ApiTokenFactory(name="Annual census")
    yearly.revoked_at = ago(days=1)
    yearly.save()
    idle = ApiTokenFactory(name="reports", every_school=True)
    ApiTokenFactory(name="writes progress", schools=[school], scopes=["progress", "sync"])
    ApiTokenFactory(name="of another school", schools=[other])
    for day in (3, 5):
        read(nightly, school, "students", day, requests=day, rows=day * 100)
    read(nightly, school, "changes", 5)
    read(nightly, school, "classes", 5)
    read(nightly, other, "students", 9)
    read(yearly, school, "enrolments", 1)

    found = recipients_of(school, "students")

    assert [(each.who, each.kind, each.requests, each.rows) for each in found] == [
        ("Annual census", "enrolments", 1, 10),
        ("nightly job", "students", 8, 800),
        ("nightly job", "changes", 1, 10),
        ("reports", "students", 0, 0),
    ]
    assert (found[1].first_on, found[1].last_on, found[1].last_at.isoformat()) == (
        date(2026, 11, 3), date(2026, 11, 5), "2026-11-05T09:30:00+00:00",
    )  # fmt: skip
    assert (found[0].token.state, found[3].token, found[3].last_at) == ("revoked", idle, None)
    since = {(each.who, each.kind): each.requests for each in recipients_of(school, "students", date(2026, 11, 4))}
    assert since == {("nightly job", "changes"): 1, ("nightly job", "students"): 5, ("reports", "students"): 0}
    assert {each.kind for each in recipients_of(school)} == {"enrolments", "changes", "students", "classes", ""}
    assert recipients_of(school, "contacts") == []


def test_a_kind_is_read_with_its_links_and_the_feed_and_parents_are_not_read_at_all():
    assert kinds_about("students") == {"students", "details", "enrolments", "changes"}
    assert kinds_about("employees") == {"employees", "teachings", "changes"}
    assert kinds_about("contacts") == set()


def test_sign_ins_to_the_product_are_told_by_product_and_kept_as_long_as_reads():
    school, token = SchoolFactory(), ApiTokenFactory()
    users = [
        StudentFactory(school=school, user=StudentUserFactory(school=school)).user,
        TeacherFactory(school=school).user,
    ]
    for user, day, number in ((users[0], 3, 2), (users[0], 5, 1), (users[1], 4, 1), (TeacherFactory().user, 6, 1)):
        told = {"product": "Times Tables", "last_at": f"2026-11-{day:02}T09:30:00Z", "number": number}
        ProductSignIn.objects.create(user=user, day=date(2026, 11, day), **told)
    read(token, school, "students", 3)

    (signed_in,) = sign_ins_at(school)

    assert (signed_in["product"], signed_in["number"], signed_in["people"]) == ("Times Tables", 4, 2)
    assert (signed_in["first_on"], signed_in["last_at"].day) == (date(2026, 11, 3), 5)
    retention.purge(datetime(2027, 12, 6, 12, tzinfo=UTC))
    assert {each.day.day for each in ProductSignIn.objects.all()} == {5, 6}
    assert not ApiRead.objects.exists()
