"""Who may see what: every URL of the site, opened by everybody who might try.

URLs come from the site map: a new one fails here until `roles.py` says who may open it. Those who may not get a 404,
and visitors who are not signed in are sent to the sign-in.
"""

from copy import deepcopy

import pytest
from django.core.cache import cache
from django.db import transaction
from django.db.models import Value
from django.urls import reverse

from classes.models.request import ImportRequestQuerySet
from classes.models.school_class import SchoolClassQuerySet
from config import gates
from schools.models.school import SchoolQuerySet
from students.models import StudentQuerySet
from tests.site.addresses import ADMIN, ALLAUTH, API, NAMES, OURS, account_address, address, admin_address, api_address
from tests.site.roles import ROLES, TABLE, WITHOUT_SIGN_IN

pytestmark = pytest.mark.django_db

DOORS = (reverse("account_login"), reverse("students:find_school"))  # for staff, for students
OPEN_API = {"api:schema", "api:docs", "api:problem", "api:api-root"}
# Where a school may say: only their own.
OF_CLASSES = ["classes:all", "classes:detail", "classes:csv", "students:detail", "sync:why_student"]
OF_THE_PROVIDER = [name for name in NAMES if name.startswith("idp:")]  # tests/api/test_identity.py


def outcome(client, url, given=None):
    """ "in", "404" or "sign-in": what somebody gets there by reading or, if nothing can be read, by writing."""
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
    """What each of `roles` gets at a page, {role: outcome}; everything is undone."""
    url, met = address(name, world), {}
    given = {"kind": "employees", "pk": world.by_name["sync:staff_member"]}
    for role in roles:
        cache.clear()  # many tries from one browser do not matter here
        client = world.clients[role]
        cookies = deepcopy(client.cookies)
        with transaction.atomic():
            met[role] = outcome(client, url, given)
            transaction.set_rollback(True)
        client.cookies = cookies
    return met


def test_every_url_says_who_may_open_it():
    assert set(OURS) == set(TABLE) == set(gates.GATES)
    assert {*OURS, *ALLAUTH, *ADMIN, *API, *OF_THE_PROVIDER, "admin:login", "admin:logout"} == set(NAMES)


PARTS = 12  # of the site, one test each: they take longer the more pages there are


@pytest.mark.parametrize("part", range(PARTS))
def test_a_page_opens_to_those_it_is_for_and_does_not_exist_for_others(part, world):
    names = OURS[part::PARTS]

    met = {name: met_at(name, world) for name in names}

    assert met == {name: expected(name) for name in names}


OUTSIDERS = ("stranger", "student", "support elsewhere")


def everything(rows, user):
    """What a queryset says without its gate."""
    return rows


def a_lead_everywhere(rows, user):
    return rows._framed(user).annotate(leads_here=Value(True))


FIRST_GATES = {
    "schools": (SchoolQuerySet, "visible_to", everything),
    "leads": (SchoolQuerySet, "for_portal", a_lead_everywhere),
    "support": (SchoolQuerySet, "for_support", lambda rows, user, *tasks: rows._framed(user)),
    "revoked": (SchoolQuerySet, "notices_for", everything),
    "classes": (SchoolClassQuerySet, "visible_to", everything),
    "sign-in of classes": (SchoolClassQuerySet, "signin_by", everything),
    "students": (StudentQuerySet, "visible_to", everything),
    "past of students": (StudentQuerySet, "remembered_by", everything),
    "sign-in of students": (StudentQuerySet, "signin_by", everything),
    "requests": (ImportRequestQuerySet, "visible_to", everything),
}


def asked_at(name, world, roles, monkeypatch):
    """Which of FIRST_GATES a page asks when `roles` try it: what they get there cannot depend on another."""
    asked = set()

    def noting(gate, method):
        def noted(*arguments):
            asked.add(gate)
            return method(*arguments)

        return noted

    with monkeypatch.context() as listening:
        for gate, (queryset, method, _) in FIRST_GATES.items():
            listening.setattr(queryset, method, noting(gate, getattr(queryset, method)))
        met_at(name, world, roles)
    return asked


@pytest.mark.parametrize("part", range(PARTS))
def test_the_second_gate_holds_where_a_queryset_lets_everybody_in(part, world, monkeypatch):
    world.school.teachers_see_all_classes = False
    world.school.save()

    for name in list(TABLE)[part::PARTS]:
        outsiders = ["colleague"] if name in OF_CLASSES else []
        outsiders += [role for role in OUTSIDERS if role not in TABLE[name]]
        for gate in asked_at(name, world, outsiders, monkeypatch):
            with monkeypatch.context() as opened:
                opened.setattr(*FIRST_GATES[gate])
                assert "in" not in met_at(name, world, outsiders).values(), (name, gate)


@pytest.mark.parametrize(
    ("gate", "page", "form"),
    [("classes", "classes:find", {"text": "9x"}), ("students", "classes:find", {"text": "okoro"}),
     ("requests", "classes:requests", None)],
)  # fmt: skip
def test_a_list_in_somebodys_own_school_has_a_second_gate_for_its_rows(gate, page, form, world, monkeypatch):
    world.school.teachers_see_all_classes = False
    world.school.save()

    def rows(role):
        url, client = address(page, world), world.clients[role]
        context = (client.post(url, form, follow=True) if form else client.get(url)).context
        return {row for name in ("classes", "students", "page") for row in context.get(name) or ()}

    before = {role: rows(role) for role in ("teacher", "colleague", "lead")}
    monkeypatch.setattr(*FIRST_GATES[gate])

    assert {role: rows(role) for role in before} == before
    assert before["lead"] > before["colleague"]


@pytest.mark.parametrize("ninth", range(9))
def test_without_the_second_gate_a_page_still_opens_to_the_same_people(ninth, world, monkeypatch):
    monkeypatch.setattr(gates, "GATES", dict.fromkeys(gates.GATES, gates.everybody))

    for name in list(TABLE)[ninth::9]:
        outsiders = [role for role in OUTSIDERS if role not in TABLE[name]]
        assert "in" not in met_at(name, world, outsiders).values(), name


def test_a_page_not_entered_at_the_second_gate_opens_to_nobody(world, monkeypatch):
    monkeypatch.delitem(gates.GATES, "sync:school")

    assert met_at("sync:school", world, ["lead", "support"]) == {"lead": "404", "support": "404"}


def expected(name):
    stopped = "404" if name in WITHOUT_SIGN_IN else "sign-in"
    return {role: "in" if role in TABLE[name] else stopped if role == "nobody" else "404" for role in ROLES}


def test_a_teacher_sees_only_their_own_classes_if_the_school_says_so(world):
    world.school.teachers_see_all_classes = False
    world.school.save()

    met = {name: met_at(name, world, ["teacher", "colleague", "lead"]) for name in OF_CLASSES}

    own = {"teacher": "in", "colleague": "404", "lead": "in"}
    assert met == dict.fromkeys(OF_CLASSES, own) | {"classes:all": own | {"teacher": "404"}}


@pytest.mark.parametrize("sixth", range(6))
def test_the_admin_opens_only_to_support_with_a_second_factor(sixth, world):
    for name in ADMIN[sixth::6]:
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
def test_people_stopped_at_the_admin_are_sent_to_what_is_missing_or_find_nothing(role, there, world):
    response = world.clients[role].get(reverse("admin:index"), follow=True)

    if there is None:
        assert response.status_code == 404
    else:
        assert any(url.startswith(reverse(there)) for url, _ in response.redirect_chain)


def test_pages_about_an_email_login_do_not_exist_for_a_student(world):
    met = {}
    for name in ALLAUTH:
        met[name] = world.clients["student"].get(account_address(name)).status_code

    assert met == dict.fromkeys(ALLAUTH, 404) | {"account_logout": 200}


def test_no_session_opens_the_products_api(world):
    for name in sorted(set(API) - OPEN_API):
        for role, client in world.clients.items():
            assert client.get(api_address(name)).status_code == 401, (name, role)
