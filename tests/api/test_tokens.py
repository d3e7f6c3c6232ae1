"""Tokens: made once, shown once, kept as a hash; what they may do, for how long, and how often."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from schools.models import ApiToken, AuditEntry, Task
from tests.api.asking import Product, refusal
from tests.factories import ApiTokenFactory, SchoolFactory, SupportFactory, ago
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db

OPERATIONS = {
    "read": [("GET", "schools/"), ("GET", "students/"), ("GET", "classes/"), ("GET", "employees/"),
             ("GET", "enrolments/"), ("GET", "teachings/"), ("GET", "students/1/")],
    "changes": [("GET", "changes/")],
    "progress": [("PUT", "progress/")],
    "sync": [("POST", "schools/1/sync/"), ("GET", "runs/1b4e28ba-2fa1-11d2-883f-0016d3cca427/")],
}  # fmt: skip
MATRIX = [(scope, needed, call) for scope in OPERATIONS for needed, calls in OPERATIONS.items() for call in calls]


@pytest.mark.parametrize(("scope", "needed", "call"), MATRIX)
def test_each_scope_opens_its_own_operations_and_no_others(scope, needed, call):
    product = Product(ApiTokenFactory(scopes=[scope], every_school=True))
    method, path = call

    response = product.client.generic(method, f"/api/v1/{path}", b"{}", content_type="application/json")

    if scope == needed:
        assert response.status_code != 403
    else:
        assert (response.status_code, refusal(response)) == (403, "missing-scope")
        assert f"scope {needed}" in response.json()["detail"]


@pytest.mark.parametrize("call", [call for calls in OPERATIONS.values() for call in calls])
def test_the_api_requires_a_token_whether_signed_in_or_not(client, call):
    method, path = call
    for browser in (client, signed_in(SupportFactory())):
        response = browser.generic(method, f"/api/v1/{path}", b"{}", content_type="application/json")

        assert (response.status_code, refusal(response)) == (401, "no-token")
        assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "fields", [{"revoked_at": ago(minutes=1)}, {"expires_at": ago(minutes=1)}], ids=["revoked", "expired"]
)
def test_an_expired_or_revoked_token_is_refused_at_once(fields):
    product = Product(ApiTokenFactory(every_school=True))
    assert product.get("schools/").status_code == 200

    ApiToken.objects.update(**fields)

    assert refusal(product.get("schools/")) == "bad-token"


@pytest.mark.parametrize("header", ["Bearer rb_00000000_x", "Bearer", "Basic YTpi", "rb_0000", "Bearer é"])
def test_an_invalid_token_is_refused(client, header):
    response = client.get("/api/v1/schools/", headers={"authorization": header})

    assert response.status_code == 401
    assert refusal(response) in {"no-token", "bad-token"}


def test_a_token_in_the_url_is_ignored(client):
    token = ApiTokenFactory(every_school=True)

    assert client.get("/api/v1/schools/", {"token": token.secret}).status_code == 401


def test_only_a_hash_of_the_secret_is_kept():
    token = ApiTokenFactory()

    kept = " ".join(map(str, ApiToken.objects.values_list().get()))

    assert token.secret not in kept
    assert token.secret.split("_", 2)[2] not in kept


def test_the_last_use_is_noted_at_most_once_a_minute(django_assert_num_queries):
    product = Product(ApiTokenFactory(every_school=True))

    with time_machine.travel("2026-10-05T09:00:00Z", tick=False):
        product.get("schools/")
        with django_assert_num_queries(2):
            product.get("schools/")
        assert ApiToken.objects.get().last_used_at == timezone.now()
    with time_machine.travel("2026-10-05T09:01:01Z", tick=False):
        product.get("schools/")
        assert ApiToken.objects.get().last_used_at == timezone.now()


# --- How often ---------------------------------------------------------------------------------------------------


def test_a_token_has_a_limit_each_minute_and_is_told_it(settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    one, other = (Product(ApiTokenFactory(every_school=True)) for _ in range(2))

    with time_machine.travel("2026-10-05T09:00:15Z", tick=False):
        first, second, third = (one.get("schools/") for _ in range(3))
        assert [first["RateLimit-Remaining"], second["RateLimit-Remaining"]] == ["1", "0"]
        assert first["RateLimit-Limit"] == "2"
        assert (third.status_code, refusal(third)) == (429, "throttled")
        assert third["Retry-After"] == third["RateLimit-Reset"] == "45"
        assert other.get("schools/").status_code == 200
    with time_machine.travel("2026-10-05T09:01:00Z", tick=False):
        assert one.get("schools/").status_code == 200


# --- In the admin ------------------------------------------------------------------------------------------------


def make(client, **fields):
    form = {"name": "nightly job", "scopes": ["read", "changes"], "expires_on": "2099-01-01", "codes": ""} | fields
    return client.post(reverse("admin:schools_apitoken_add"), form)


def test_a_superuser_makes_a_token_and_sees_its_secret_once():
    school, support = SchoolFactory(), support_client()

    made = make(support, codes=school.code)
    secret = made.context["secret"]

    token = ApiToken.objects.get()
    assert secret.encode() in made.content
    assert "no-store" in made["Cache-Control"]
    assert (token.scopes, list(token.schools.all()), token.made_by) == (["read", "changes"], [school], support.user)
    for page in ("changelist", "change"):
        args = [token.pk] if page == "change" else []
        shown = support.get(reverse(f"admin:schools_apitoken_{page}", args=args)).content.decode()
        assert token.prefix in shown
        assert secret.split("_", 2)[2] not in shown
    token.secret = secret
    assert Product(token).ids("schools/") == [school.pk]
    assert AuditEntry.objects.get(school=school).verb == "made API token"


def test_the_form_suggests_a_year_in_the_format_browsers_read():
    form = support_client().get(reverse("admin:schools_apitoken_add")).content.decode()

    suggested = re.search(r'type="date" name="expires_on" value="(\d{4}-\d\d-\d\d)"', form)[1]
    assert date.fromisoformat(suggested) - timezone.localdate() > timedelta(days=360)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"codes": ""}, "codes"),
        ({"codes": "no-such-school"}, "codes"),
        ({"scopes": []}, "scopes"),
        ({"every_school": "on", "expires_on": "2020-01-01"}, "expires_on"),
        ({"name": "", "every_school": "on"}, "name"),
    ],
)
def test_a_token_without_schools_scopes_or_an_end_is_not_made(wrong, field):
    response = make(support_client(), **wrong)

    assert field in response.context["form"].errors
    assert not ApiToken.objects.exists()


def test_support_without_the_right_sees_no_token_and_makes_none():
    ApiTokenFactory()
    support = support_client(SupportFactory(rights__tasks=set(Task) - {Task.TOKENS}))

    assert support.get(reverse("admin:schools_apitoken_changelist")).status_code == 403
    assert make(support, every_school="on").status_code == 403
    assert ApiToken.objects.count() == 1


def test_support_for_some_schools_makes_and_sees_tokens_only_for_them():
    mine, other = SchoolFactory(), SchoolFactory()
    theirs, every = ApiTokenFactory(), ApiTokenFactory(every_school=True)
    theirs.schools.add(mine, other)
    support = support_client(SupportFactory(rights__schools=[mine]))

    refused = [make(support, every_school="on"), make(support, codes=f"{mine.code}\n{other.code}")]
    made = make(support, codes=mine.code)
    support.post(
        reverse("admin:schools_apitoken_changelist"),
        {"action": "revoke", "_selected_action": [theirs.pk, every.pk]},
    )

    assert [set(page.context["form"].errors) for page in refused] == [{"every_school"}, {"codes"}]
    assert other.name not in refused[1].text
    listed = support.get(reverse("admin:schools_apitoken_changelist")).context["cl"].result_list
    assert [token.pk for token in listed] == [made.context["token"].pk]
    assert not ApiToken.objects.exclude(revoked_at=None).exists()


def test_revoking_in_the_admin_works_from_the_next_request():
    product = Product(ApiTokenFactory(every_school=True))

    support_client().post(
        reverse("admin:schools_apitoken_changelist"), {"action": "revoke", "_selected_action": product.token.pk}
    )

    assert refusal(product.get("schools/")) == "bad-token"
    assert AuditEntry.objects.get().verb == "revoked API token"
