"""The API keeps what the schema promises: schemathesis calls every operation, rightly and wrongly, with every check."""

from itertools import cycle, repeat

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as tries
from schemathesis import Config
from schemathesis.config._checks import POSITIVE_DATA_ACCEPTANCE_EXPECTED_STATUSES as ACCEPTED
from schemathesis.core.parameters import ParameterLocation

from config.wsgi import application
from schools.models import ApiToken
from tests.factories import ApiTokenFactory, EnrolmentFactory, SyncSettingsFactory, TeachingFactory

EXAMPLES = 20


@pytest.fixture
def one_transaction(db):
    """A request does not close the test's connection, just as with Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


config = Config.from_dict({
    # A cursor older than the feed is well formed but refused: that is what the 410 is for.
    "checks": {"positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "410"]}},
})  # fmt: skip
schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, config=config)


there: list[str] = []  # ids of rows that exist, while a test runs


@schema.hook
def map_path_parameters(context, path_parameters):
    """Half of the ids asked for exist."""
    number = str((path_parameters or {}).get("id"))
    if number.isdecimal() and int(number) % 2:
        return path_parameters | {"id": there[int(number) % len(there)]}
    return path_parameters


@pytest.fixture
def tokens(one_transaction, settings):
    """A token that may do everything, and in turn one for each scope alone, for an API with one school in it."""
    settings.API_REQUESTS_PER_MINUTE = 10_000_000
    stay = EnrolmentFactory()
    teaching = TeachingFactory(school_class=stay.school_class)
    SyncSettingsFactory(school=stay.school)
    rows = (stay.pk, stay.student_id, stay.school_class_id, stay.school_id, teaching.pk, teaching.employee_id)
    there[:] = map(str, rows)
    able, *others = [
        ApiTokenFactory(scopes=scopes, every_school=True)
        for scopes in (ApiToken.Scope.values, *([scope] for scope in ApiToken.Scope.values))
    ]
    return zip(repeat(able), cycle(others))


@pytest.mark.slow
@schema.parametrize()
@tries(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
def test_every_operation_keeps_what_the_schema_says_for_every_token(case, tokens):
    header = case.meta.components.get(ParameterLocation.HEADER)
    if header is not None and header.mode.is_negative:  # the token itself is what is wrong
        case.call_and_validate()
        return
    for token in next(tokens):
        case.call_and_validate(headers={"Authorization": f"Bearer {token.secret}"})


LISTS = ("schools", "classes", "students", "details", "employees", "enrolments", "teachings")


def test_anybody_can_read_the_schema_and_it_names_every_operation(client, db):
    document = client.get("/api/v1/schema/").json()

    assert {path.removeprefix("/api/v1") for path in document["paths"]} == {
        *(f"/{kind}/" for kind in LISTS),
        *(f"/{kind}/{{id}}/" for kind in LISTS),
        "/changes/", "/progress/", "/schools/{id}/sync/", "/runs/{id}/",
    }  # fmt: skip
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["security"] == [{"token": []}]
            assert operation["description"]


def test_the_schema_has_no_field_that_never_leaves(db):
    text = Client().get("/api/v1/schema/").content.decode().lower()

    for name in ("upn", "email", "contact", "guardian", "username"):
        assert name not in text
