"""Who may see what: every address of the site by everybody who might open it.

Addresses come from the site map: a new one fails here until somebody has said who may open it. The table says who gets
in; whoever does not finds nothing there (404), and whoever is not signed in is led to the sign-in.
"""

from copy import deepcopy
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import transaction
from django.db.models import Value
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone

from classes.models.request import ImportRequestQuerySet
from classes.models.school_class import SchoolClassQuerySet
from config import gates
from schools.models import Invitation, Proposal
from schools.models.school import SchoolQuerySet
from students.models import StudentQuerySet
from tests.factories import (
    EnrolmentFactory,
    ImportRequestFactory,
    LeadRightFactory,
    StudentUserFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
)
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db

# The teacher of the class, another teacher of the school, a lead of the school, a lead of another school, a student of
# the class, support in the session that gave the second factor, support with every right for other schools alone,
# support that did not give the second factor, somebody who is not signed in.
ROLES = [
    "teacher", "colleague", "lead", "stranger", "student", "support", "support elsewhere", "bare support", "nobody",
]  # fmt: skip

EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - {"nobody"}
STAFF = SIGNED_IN - {"student"}
TEACHERS = frozenset({"teacher", "colleague", "lead"})
OWN_TEACHERS = frozenset({"teacher", "lead"})
LEADS = frozenset({"lead", "support"})
STUDENTS = frozenset({"student"})
NOBODY = frozenset()  # of a school that is there, or without the link of a mail

TABLE = {
    "home": SIGNED_IN,
    "to_product": SIGNED_IN,
    "health": EVERYBODY,
    "favicon": EVERYBODY,
    "security_txt": EVERYBODY,
    "schools:choose": SIGNED_IN,
    "schools:who_am_i": STAFF,
    "schools:invitation": EVERYBODY,  # who has followed the link of a mail
    "schools:invitation_link": EVERYBODY,
    "classes:mine": TEACHERS,
    "classes:all": TEACHERS,
    "classes:find": TEACHERS,
    "classes:detail": TEACHERS,
    "classes:csv": TEACHERS,
    "classes:signin": OWN_TEACHERS,
    "classes:school_signin": frozenset({"lead"}),
    "classes:ask": TEACHERS,
    "classes:requests": TEACHERS,
    "classes:request": OWN_TEACHERS,  # asked by the teacher
    "classes:withdraw": OWN_TEACHERS,
    "students:detail": TEACHERS,
    "students:username": OWN_TEACHERS,
    "students:keep_username": OWN_TEACHERS,
    "students:new_code": OWN_TEACHERS,
    "students:lost_card": OWN_TEACHERS,
    "students:sign_out_student": OWN_TEACHERS,
    "students:wrong_tries": LEADS,
    "students:decline_code": OWN_TEACHERS,
    "students:find_school": EVERYBODY,
    "students:sign_in": EVERYBODY,
    "students:ask": EVERYBODY,
    "students:me": STUDENTS,
    "students:password": STUDENTS,
    "students:ask_for_mine": STUDENTS,
    "students:sign_out": STUDENTS,
    "students:sign_out_everywhere": STUDENTS,
    "parents:overview": LEADS,
    "parents:stop": NOBODY,
    "parents:again": NOBODY,
    "parents:not_mine": NOBODY,
    "sync:school": LEADS,
    "sync:read": LEADS,
    "sync:held": LEADS,
    "sync:decide": LEADS,
    "sync:preview": LEADS,
    "sync:new_year": LEADS,
    "sync:change_of_mis": LEADS,
    "sync:resume": LEADS,
    "sync:import": LEADS,
    "sync:import_match": LEADS,
    "sync:import_upload": LEADS,
    "sync:import_columns": LEADS,
    "sync:import_template": LEADS,
    "sync:import_preview": LEADS,
    "sync:import_start": LEADS,
    "sync:import_progress": LEADS,
    "sync:import_cancel": LEADS,
    "sync:second": LEADS,
    "sync:somebody_else": LEADS,
    "sync:history": LEADS,
    "sync:run": LEADS,
    "sync:undo": LEADS,
    "sync:left": LEADS,
    "sync:erase": LEADS,
    "sync:erase_kind": LEADS,
    "sync:export": LEADS,
    "sync:exported": frozenset({"support"}),  # who asked for it
    "sync:call_off": frozenset({"lead"}),
    "sync:revoked": NOBODY,
    "sync:erase_school": NOBODY,
    "sync:staff": LEADS,
    "sync:staff_member": LEADS,
    "sync:staff_lead": LEADS,
    "sync:invite_lead": LEADS,
    "sync:take_back": LEADS,
    "sync:audit": LEADS,
    "sync:settings": LEADS,
    "sync:why": LEADS,
    "sync:fields": LEADS,
}
WITHOUT_SIGN_IN = {name for name, who in TABLE.items() if "nobody" in who} | {
    "parents:stop",
    "parents:again",
    "parents:not_mine",
}


DOORS = (reverse("account_login"), reverse("students:find_school"))  # of staff, of students


def named(patterns, within=""):
    """The name of every address below `patterns`, with its namespaces."""
    for pattern in patterns:
        if not isinstance(pattern, URLPattern):
            space = f"{within}{pattern.namespace}:" if pattern.namespace else within
            yield from named(pattern.url_patterns, space)
        elif pattern.name:
            yield f"{within}{pattern.name}"


NAMES = sorted(set(named(get_resolver().url_patterns)))
OURS = [name for name in NAMES if name.split(":")[0] in {"schools", "classes", "students", "sync", "parents"}]
OURS += [name for name in NAMES if ":" not in name and not name.startswith(("account_", "mfa_", "anymail"))]
ALLAUTH = [name for name in NAMES if name.startswith(("account_", "mfa_"))]
ADMIN = [name for name in NAMES if name.startswith("admin:") and name not in {"admin:login", "admin:logout"}]
API = [name for name in NAMES if name.startswith("api:")]
OPEN_API = {"api:schema", "api:docs", "api:problem", "api:api-root"}
OF_CLASSES = [
    "classes:all",
    "classes:detail",
    "classes:csv",
    "students:detail",
]  # where a school may say: own ones only
NO_MODELS = [name for name in ADMIN if "_" not in name.removeprefix("admin:") or name == "admin:app_list"]
OF_THE_PROVIDER = [name for name in NAMES if name.startswith("idp:")]  # tests/api/test_identity.py


@pytest.fixture
def world():
    """One school with a class, and a browser for everybody of ROLES. `args` by the name of what an address asks for."""
    school = SyncSettingsFactory(
        school__frozen={"contacts": {"since": "2026-11-01", "erase_on": "2026-11-15"}}, school__code="harbour"
    ).school
    other = SyncSettingsFactory().school
    teaching = TeachingFactory(school_class__school=school)
    colleague = TeachingFactory(school_class__school=school).employee
    student = EnrolmentFactory(
        school_class=teaching.school_class, student__user=StudentUserFactory(school=school)
    ).student
    right = LeadRightFactory(school=school)
    LeadRightFactory(school=school)
    clients = {
        "teacher": signed_in(teaching.employee.user),
        "colleague": signed_in(colleague.user),
        "lead": signed_in(right.user),
        "stranger": signed_in(LeadRightFactory(school=other).user),
        "student": signed_in(student.user),
        "support": support_client(looks_at=[school]),
        "support elsewhere": support_client(SupportFactory(rights__schools=[other]), looks_at=[school, other]),
        "bare support": signed_in(SupportFactory()),
        "nobody": Client(),
    }
    invitation = Invitation.objects.create(school=school, email="a@example.org", as_lead=True)
    asked = ImportRequestFactory(school=school, asked_by=teaching.employee.user)
    exported = Proposal.objects.create(
        act=Proposal.Act.EXPORT, school=school, about={"kind": "employees", "pk": colleague.pk},
        asked_by=clients["support"].user, state=Proposal.State.CONFIRMED, settled_at=timezone.now(),
    )  # fmt: skip
    gone = TeacherFactory(school=school, left_at=student.created_at)
    by_name = {
        "classes:request": asked.pk,
        "classes:withdraw": asked.pk,
        **{name: student.pk for name in OURS if name.startswith("students:")},
        "sync:run": SyncRunFactory(school=school).pk,
        "sync:erase": gone.pk,
        "sync:staff_member": colleague.pk,
        "sync:staff_lead": right.pk,
        "sync:take_back": invitation.pk,
        "sync:exported": exported.pk,
        "sync:call_off": exported.pk,
    }
    by_name["sync:undo"] = by_name["sync:run"]
    return SimpleNamespace(school=school, class_pk=teaching.school_class_id, clients=clients, by_name=by_name)


def address(name, world):
    """Where the page `name` of this world is: its arguments are found by what the address calls them."""
    known = {"code": world.school.code, "pk": world.by_name.get(name, world.class_pk), "secret": "not-a-secret"}
    known["kind"] = "contacts" if name == "sync:erase_kind" else "employees"
    for wanted in [[], ["code"], ["pk"], ["code", "pk"], ["code", "kind"], ["code", "kind", "pk"], ["secret"]]:
        try:
            return reverse(name, kwargs={key: known[key] for key in wanted})
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} asks for something this test does not know: add it to `world` and `address`.")


def outcome(client, url, given=None):
    """ "in", "404" or "sign-in": what somebody meets there, reading and, where that is nothing, writing."""
    first = client.get(url)
    if first.status_code == 405:
        first = client.post(url, given)
    elif first.status_code == 404:
        assert client.post(url).status_code in {404, 405}
    if first.status_code == 302 and first.url.startswith(DOORS) and "next=" in first.url:
        return "sign-in"
    assert first.status_code < 500
    return "404" if first.status_code == 404 else "in"


def met_at(name, world, roles=ROLES):
    """What everybody of `roles` meets at a page, {role: outcome}; nothing of it stays."""
    url, met = address(name, world), {}
    given = {"kind": "employees", "pk": world.by_name["sync:staff_member"]}
    for role in roles:
        cache.clear()  # many tries of one browser are no news here
        client = world.clients[role]
        cookies = deepcopy(client.cookies)
        with transaction.atomic():
            met[role] = outcome(client, url, given)
            transaction.set_rollback(True)
        client.cookies = cookies
    return met


def test_every_address_says_who_may_open_it():
    assert set(OURS) == set(TABLE) == set(gates.GATES)
    assert {*OURS, *ALLAUTH, *ADMIN, *API, *OF_THE_PROVIDER, "admin:login", "admin:logout"} == set(NAMES)


PARTS = 8  # of the site, each for a test: they take as long as there are pages


@pytest.mark.parametrize("part", range(PARTS))
def test_a_page_opens_to_whom_it_is_for_and_is_not_there_for_others(part, world):
    names = OURS[part::PARTS]

    met = {name: met_at(name, world) for name in names}

    assert met == {name: expected(name) for name in names}


OUTSIDERS = ("stranger", "student", "support elsewhere")


def everything(rows, user):
    """What a queryset says once its gate is gone."""
    return rows


def a_lead_everywhere(rows, user):
    return rows._framed(user).annotate(leads_here=Value(True))


FIRST_GATES = {
    "schools": (SchoolQuerySet, "visible_to", everything),
    "leads": (SchoolQuerySet, "for_portal", a_lead_everywhere),
    "support": (SchoolQuerySet, "for_support", lambda rows, user, task: rows._framed(user)),
    "revoked": (SchoolQuerySet, "notices_for", everything),
    "classes": (SchoolClassQuerySet, "visible_to", everything),
    "sign-in of classes": (SchoolClassQuerySet, "signin_by", everything),
    "students": (StudentQuerySet, "visible_to", everything),
    "sign-in of students": (StudentQuerySet, "signin_by", everything),
    "requests": (ImportRequestQuerySet, "visible_to", everything),
}


@pytest.mark.parametrize("third", range(3))
@pytest.mark.parametrize("gate", FIRST_GATES)
def test_where_a_queryset_lets_everybody_in_the_second_gate_does_not(gate, third, world, monkeypatch):
    world.school.teachers_see_all_classes = False
    world.school.save()
    monkeypatch.setattr(*FIRST_GATES[gate])

    for name in list(TABLE)[third::3]:
        outsiders = ["colleague"] if name in OF_CLASSES else []
        outsiders += [role for role in OUTSIDERS if role not in TABLE[name]]
        assert "in" not in met_at(name, world, outsiders).values(), name


@pytest.mark.parametrize(
    ("gate", "page", "form"),
    [("classes", "classes:find", {"text": "9x"}), ("students", "classes:find", {"text": "okoro"}),
     ("requests", "classes:requests", None)],
)  # fmt: skip
def test_a_list_in_ones_own_school_has_a_second_gate_for_its_rows(gate, page, form, world, monkeypatch):
    world.school.teachers_see_all_classes = False
    world.school.save()

    def rows(role):
        url, client = address(page, world), world.clients[role]
        context = (client.post(url, form) if form else client.get(url)).context
        return {row for name in ("classes", "students", "page") for row in context.get(name) or ()}

    before = {role: rows(role) for role in ("teacher", "colleague", "lead")}
    monkeypatch.setattr(*FIRST_GATES[gate])

    assert {role: rows(role) for role in before} == before
    assert before["lead"] > before["colleague"]


@pytest.mark.parametrize("third", range(3))
def test_without_the_second_gate_a_page_is_still_for_whom_it_was(third, world, monkeypatch):
    monkeypatch.setattr(gates, "GATES", dict.fromkeys(gates.GATES, gates.everybody))

    for name in list(TABLE)[third::3]:
        outsiders = [role for role in OUTSIDERS if role not in TABLE[name]]
        assert "in" not in met_at(name, world, outsiders).values(), name


def test_a_page_that_nobody_entered_at_the_second_gate_opens_to_nobody(world, monkeypatch):
    monkeypatch.delitem(gates.GATES, "sync:school")

    assert met_at("sync:school", world, ["lead", "support"]) == {"lead": "404", "support": "404"}


def expected(name):
    stopped = "404" if name in WITHOUT_SIGN_IN else "sign-in"
    return {role: "in" if role in TABLE[name] else stopped if role == "nobody" else "404" for role in ROLES}


def test_where_the_school_says_so_a_teacher_sees_only_their_own_classes(world):
    world.school.teachers_see_all_classes = False
    world.school.save()

    met = {name: met_at(name, world, ["teacher", "colleague", "lead"]) for name in OF_CLASSES}

    own = {"teacher": "in", "colleague": "404", "lead": "in"}
    assert met == dict.fromkeys(OF_CLASSES, own) | {"classes:all": own | {"teacher": "404"}}


@pytest.mark.parametrize("app", ["index", "schools", "students", "classes", "parents", "sync"])
def test_the_admin_opens_to_support_with_a_second_factor_alone(app, world):
    names = [name for name in ADMIN if name.startswith(f"admin:{app}_")] if app != "index" else NO_MODELS
    assert names
    for name in names:
        url = admin_address(name)
        for role in set(ROLES) - {"support", "support elsewhere"}:
            response = world.clients[role].get(url)
            assert response.status_code == 302, (name, role)
            assert response.url.startswith((reverse("admin:login"), *DOORS)), (name, role)
        if name.endswith(("_changelist", ":index")):
            assert world.clients["support"].get(url).status_code == 200, name


@pytest.mark.parametrize(
    ("role", "there"),
    [("nobody", "account_login"), ("bare support", "mfa_activate_totp"), ("lead", None), ("student", None)],
)
def test_who_is_stopped_at_the_admin_is_led_to_what_is_missing_or_finds_nothing(role, there, world):
    response = world.clients[role].get(reverse("admin:index"), follow=True)

    if there is None:
        assert response.status_code == 404
    else:
        assert any(url.startswith(reverse(there)) for url, _ in response.redirect_chain)


def admin_address(name):
    for kwargs in ({}, {"object_id": "1"}, {"pk": 1}, {"app_label": "sync"}, {"content_type_id": 1, "object_id": 1}):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} asks for something this test does not know: add it to `admin_address`.")


def account_address(name):
    for kwargs in ({}, {"uidb36": "1", "key": "a-b"}, {"pk": 1}):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} asks for something this test does not know: add it to `account_address`.")


def test_pages_about_a_login_by_email_are_not_there_for_a_student(world):
    met = {}
    for name in ALLAUTH:
        met[name] = world.clients["student"].get(account_address(name)).status_code

    assert met == dict.fromkeys(ALLAUTH, 404) | {"account_logout": 200}


def test_no_session_opens_the_products_api(world):
    for name in sorted(set(API) - OPEN_API):
        for role, client in world.clients.items():
            assert client.get(api_address(name)).status_code == 401, (name, role)


def api_address(name):
    for kwargs in ({}, {"pk": 1}, {"pk": "00000000-0000-0000-0000-000000000000"}):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} asks for something this test does not know: add it to `api_address`.")
