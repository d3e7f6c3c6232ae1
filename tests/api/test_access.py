"""Who may do what: every operation in the schema, with a token of each scope, for one of the token's schools and
another."""

import pytest

from schools.models import ApiToken
from tests.api.asking import Product, fields, refusal
from tests.factories import (
    ApiTokenFactory,
    DetailsFactory,
    EnrolmentFactory,
    SchoolFactory,
    SyncSettingsFactory,
    TeachingFactory,
)

pytestmark = pytest.mark.django_db

KINDS = ("classes", "students", "employees", "enrolments", "teachings")
# operation -> (scope, status for one of the token's schools, for another)
RULES = {
    **{f"GET /{kind}/": ("read", 200, 404) for kind in KINDS},
    **{f"GET /{kind}/{{id}}/": ("read", 200, 404) for kind in KINDS},
    "GET /details/": ("markers", 200, 404),
    "GET /details/{id}/": ("markers", 200, 404),
    "GET /schools/": ("read", 200, 200),
    "GET /schools/{id}/": ("read", 200, 404),
    "GET /changes/": ("changes", 200, 404),
    "PUT /progress/": ("progress", 200, 404),
    "POST /schools/{id}/sync/": ("sync", 202, 404),
    "GET /runs/{id}/": ("sync", 200, 404),
}


def world(school):
    """A school with a row of each kind, and a sync that was asked for; operation -> (path, query, body)."""
    SyncSettingsFactory(school=school)
    stay = EnrolmentFactory(school_class__school=school)
    teaching = TeachingFactory(school_class=stay.school_class)
    ids = {"classes": stay.school_class_id, "students": stay.student_id, "employees": teaching.employee_id,
           "enrolments": stay.pk, "teachings": teaching.pk}  # fmt: skip
    details = DetailsFactory(student=stay.student)
    run = Product(ApiTokenFactory(every_school=True)).post(f"schools/{school.pk}/sync/").json()["id"]
    of_school = {"school_id": school.pk}
    return {
        **{f"GET /{kind}/": (f"{kind}/", of_school, None) for kind in KINDS},
        **{f"GET /{kind}/{{id}}/": (f"{kind}/{pk}/", {}, None) for kind, pk in ids.items()},
        "GET /details/": ("details/", of_school, None),
        "GET /details/{id}/": (f"details/{details.pk}/", {}, None),
        "GET /schools/": ("schools/", {"id": school.pk}, None),
        "GET /schools/{id}/": (f"schools/{school.pk}/", {}, None),
        "GET /changes/": ("changes/", of_school, None),
        "PUT /progress/": ("progress/", {}, of_school | {"rows": []}),
        "POST /schools/{id}/sync/": (f"schools/{school.pk}/sync/", {}, {}),
        "GET /runs/{id}/": (f"runs/{run}/", {}, None),
    }


def asked(product, operation, call):
    path, query, body = call
    match operation.partition(" ")[0]:
        case "GET":
            return product.get(path, **query)
        case "PUT":
            return product.put(path, body)
        case "POST":
            return product.post(path, body)


@pytest.mark.parametrize("scope", ApiToken.Scope.values)
def test_each_scope_opens_its_operations_for_the_tokens_schools_and_nothing_else(school, scope):
    mine, theirs = world(school), world(SchoolFactory())
    product = Product(ApiTokenFactory(scopes=[scope], schools=[school]))

    found = {
        operation: (asked(product, operation, mine[operation]), asked(product, operation, theirs[operation]))
        for operation in RULES
    }

    for operation, (own, other) in found.items():
        needed, status, elsewhere = RULES[operation]
        expected = (status, elsewhere) if needed == scope else (403, 403)
        assert (own.status_code, other.status_code) == expected, operation
        for answer in (own, other):
            assert (
                answer.status_code < 300
                or refusal(answer) == {403: "missing-scope", 404: "not-found"}[answer.status_code]
            )
        if other.status_code == 404 and ("school_id" in theirs[operation][1] or theirs[operation][2]):
            assert fields(other) == {"school_id"}
    if scope == "read":
        assert found["GET /schools/"][1].json()["results"] == []


@pytest.mark.parametrize("operation", RULES)
def test_the_second_gate_stops_rows_of_other_schools_that_a_queryset_lets_through(operation, school, monkeypatch):
    world(school)
    theirs = world(SchoolFactory())
    product = Product(ApiTokenFactory(schools=[school]))
    monkeypatch.setattr(ApiToken, "within", lambda token, rows, column="school": rows)

    assert refusal(asked(product, operation, theirs[operation])) == "not-found"


def test_a_list_whose_queryset_mixes_schools_is_not_sent(school, monkeypatch):
    world(school)
    world(SchoolFactory())
    product = Product(ApiTokenFactory(schools=[school]))
    monkeypatch.setattr(ApiToken, "within", lambda token, rows, column="school": rows)

    for path in [*(f"{kind}/" for kind in KINDS), "details/", "schools/"]:
        assert refusal(product.get(path)) == "not-found", path


def test_these_rules_cover_every_operation_in_the_schema(client):
    paths = client.get("/api/v1/schema/").json()["paths"]
    operations = {
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, methods in paths.items() for method in methods
    }

    assert operations == set(RULES)
