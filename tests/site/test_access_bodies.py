"""Forms and queries with ids and names from another school: nothing there is shown or changed.

`tests/site/test_access.py` asks who may open a page. Here everybody who may open it does so, in their own school, and
names rows of another: in the URL, in every field that our pages read, and by people's names.
"""

import re
from copy import deepcopy
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from classes.models import Choice
from parents.models import Block
from parents.rules import blocks
from schools.models import Invitation, School
from students.models import CodeRequest, WrongTries
from tests.factories import (
    ChangeFactory,
    ContactFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    HoldFactory,
    ImportRequestFactory,
    LeadRightFactory,
    MailSettingsFactory,
    StudentFactory,
    StudentUserFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeachingFactory,
)
from tests.site.addresses import OURS, address
from tests.site.fields import FIELDS
from tests.site.roles import TABLE, WITHOUT_SIGN_IN
from tests.tools.people import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FORENAME, SURNAME = "Quillon", "Zzyxborough"  # only the first is typed; the second is looked for in the answer
ROLES = ["lead", "teacher", "student"]
TYPED = ["find", "text", "search_for", "who", "q"]
MORE = [  # what a page asks for instead: a word, or the id of the row with that name
    *({"kind": "employees", "pk": "employee", "do": do} for do in ("invite", "invite_lead", "grant", "move")),
    {"kind": "contacts", "pk": "contact", "do": "decline"},
    {"part": "class", "do": "part"},
    {"block": "link"},
    {"lift": "block"},
    {"again": "contact"},
]
CLOSED = {  # by whether the URL names nothing of another school: a page that takes no form; a row that is not theirs
    True: {HTTPStatus.METHOD_NOT_ALLOWED},
    False: {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_FOUND},
}
PARTS = 2


@pytest.fixture
def elsewhere():
    """Another school, with a row of everything: the school, and (what it is, its id) for each row."""
    school = SyncSettingsFactory(school__code="elsewhere").school
    teaching = TeachingFactory(
        school_class__school=school, school_class__name=f"7q/{SURNAME}", employee__surname=SURNAME
    )
    student = EnrolmentFactory(
        school_class=teaching.school_class,
        student__forename=FORENAME,
        student__surname=SURNAME,
        student__user=StudentUserFactory(school=school),
    ).student
    link = GuardianshipFactory(student=student, contact=ContactFactory(school=school, surname=SURNAME))
    MailSettingsFactory(school=school)
    run = SyncRunFactory(school=school)
    ChangeFactory(run=run, row_id=student.pk)
    HoldFactory(run=run, row_id=student.pk)
    blocks.block(student, link.contact, Block.Cause.COURT_ORDER)
    CodeRequest.objects.create(school=school, student=student, asked_at=timezone.now())
    WrongTries.objects.note(school.pk, student.pk)
    Choice.objects.create(
        school=school, student=student, school_class=teaching.school_class, verdict=Choice.Verdict.CHOSEN
    )
    rows = {
        "class": teaching.school_class_id,
        "student": student.pk,
        "employee": teaching.employee_id,
        "link": link.pk,
        "contact": link.contact_id,
        "block": Block.objects.get().pk,
        "request": ImportRequestFactory(school=school, asked_by=teaching.employee.user).pk,
        "run": run.pk,
        "right": LeadRightFactory(school=school).pk,
        "invitation": Invitation.objects.create(school=school, email="b@example.org", as_lead=True).pk,
        "left": StudentFactory(school=school, surname=SURNAME, left_at=timezone.now() - timedelta(days=3)).pk,
        "Wonde id": student.wonde_id,
    }
    return school, rows


def held_of(school):
    """Every row that belongs to a school, as it is."""
    models = [model for model in apps.get_models() if any(field.name == "school" for field in model._meta.fields)]
    held = {model: list(model._base_manager.filter(school=school).order_by("pk").values()) for model in models}
    return held | {School: list(School._base_manager.filter(pk=school.pk).values())}


def bodies(rows):
    """What is sent: the id of what it names in every field, and everything else as our pages would send it."""
    given = dict.fromkeys(FIELDS, rows["student"]) | dict.fromkeys(TYPED, FORENAME)
    given |= {"class": rows["class"], "person": rows["Wonde id"], "run": rows["run"], "kind": "students", "page": 1}
    given |= {"reason": "a good reason", "note": "please", "answer": "same", "wish": "in"}
    for name in ("lift", "again", "again_week", "block", "part", "fingerprint"):  # each asks for something else
        given.pop(name, None)
    yield given
    for more in MORE:
        yield given | {key: rows.get(value, value) for key, value in more.items()}


def addresses(own, rows):
    """The URLs of a page at our school, at the other one, and at ours with the id of each row of the other one."""
    numbers = [number for number in rows.values() if isinstance(number, int)]
    with_numbers = [re.sub(r"/\d+(?=/)", f"/{number}", own) for number in numbers]
    return dict.fromkeys([own, own.replace("/harbour", "/elsewhere"), *with_numbers])


def said(response):
    return b"".join(response).decode() if response.streaming else response.content.decode(errors="replace")


@pytest.mark.parametrize("part", range(PARTS))
def test_ids_and_names_of_another_school_show_and_change_nothing_of_it(part, world, elsewhere):
    school, rows = elsewhere
    before, told = held_of(school), []

    for name in [name for name in OURS if name not in WITHOUT_SIGN_IN][part::PARTS]:  # those are nobody's in particular
        for role in [role for role in ROLES if role in TABLE[name]]:
            client = world.clients[role]
            cookies = deepcopy(client.cookies)
            with transaction.atomic():
                own = address(name, world)
                for url in addresses(own, rows):
                    sent = [("get", next(bodies(rows))), *(("post", body) for body in bodies(rows))]
                    for method, body in sent if url.startswith(("/schools", "/classes", "/students")) else sent[:2]:
                        client.cookies = deepcopy(cookies)
                        answer = getattr(client, method)(url, body)
                        if SURNAME in said(answer):
                            told.append((method, url, role, body))
                        if method == "post" and answer.status_code in CLOSED[url == own]:
                            break  # whatever is sent
                if held_of(school) != before:
                    told.append(("changed", name, role))
                transaction.set_rollback(True)
            client.cookies = cookies
            cache.clear()

    assert told == []


def test_the_other_schools_own_lead_would_see_and_change_it(elsewhere):
    """Proves that what the test above looks for can be found."""
    school, rows = elsewhere
    lead = signed_in(LeadRightFactory(school=school).user)
    before = held_of(school)

    assert SURNAME in said(lead.post(reverse("parents:overview", args=[school.code]), {"find": FORENAME}))
    lead.post(reverse("parents:overview", args=[school.code]), {"lift": rows["block"]})
    assert held_of(school) != before
