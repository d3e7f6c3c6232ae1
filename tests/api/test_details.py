"""Details of students leave for a token with their scope, of students who are here and shared beyond doubt."""

import pytest
from django.utils import timezone

from schools.sharing.purposes import GENDER
from sync.models import Change
from sync.people import leaving_out
from sync.people.purposes import switch
from tests.api.asking import Product, fields
from tests.factories import ApiTokenFactory, DetailsFactory, SyncSettingsFactory, UserFactory, ago

pytestmark = pytest.mark.django_db


def test_details_leave_only_with_their_scope_and_of_whom_nothing_is_withdrawn_or_in_doubt(school):
    SyncSettingsFactory(school=school)
    here, gone, hidden, out = (DetailsFactory(student__school=school) for _ in range(4))
    for row in (gone, gone.student):
        row.left_at = timezone.now()
        row.save()
    hidden.student.perhaps_hidden_since = ago(hours=1)
    hidden.student.save()
    leaving_out.leave_out(school, "students", out.student_id, UserFactory(), "other", "not in this product")
    DetailsFactory()
    product = Product(ApiTokenFactory(scopes=["markers", "changes"], schools=[school]))

    assert product.rows("details/") == [
        {
            "id": here.pk,
            "school_id": school.pk,
            "student_id": here.student_id,
            "gender": "FEMALE",
            "birthday": "06-21",
            "eal": "no",
            "pupil_premium": "yes",
            "sen": "support",
        }
    ]
    assert product.ids("details/", student_id=here.student_id) == [here.pk]
    assert product.ids("details/", student_id=gone.student_id) == []
    assert product.get(f"details/{gone.pk}/").status_code == 404
    assert fields(product.get("details/", left=True, wonde_id="S1")) == {"left", "wonde_id"}
    for said in ({"frozen": {"students": {}}}, {"doubted": {"students": {}}}, {"revoked_at": timezone.now()}):
        for name, value in said.items():
            setattr(school, name, value)
        school.save()
        assert product.ids("details/") == []
        assert product.get(f"details/{here.pk}/").status_code == 404
        school.frozen, school.doubted, school.revoked_at = {}, {}, None
    school.save()
    assert product.ids("details/") == [here.pk]


def test_the_feed_tells_of_details_only_to_a_token_that_may_read_them_and_of_an_emptied_one_at_once(school):
    SyncSettingsFactory(school=school)
    lead = UserFactory()
    switch(school, GENDER, True, lead)
    row = DetailsFactory(student__school=school)
    both, feed, read = (
        Product(ApiTokenFactory(scopes=scopes, schools=[school]))
        for scopes in (["changes", "markers"], ["changes"], ["read", "changes"])
    )

    switch(school, GENDER, False, lead, "no games any more")

    told = Change.objects.filter(kind="details", row_id=row.pk).order_by("pk").values_list("verb", "values")
    assert sorted(verb for verb, _ in told) == ["create", "erase", "remove"]
    assert not any(values for _, values in told)
    assert Change.objects.visible_to_token(both.token).filter(kind="details").count() == 3
    for product in (feed, read):
        assert not Change.objects.visible_to_token(product.token).filter(kind="details").exists()
        assert product.get("details/").status_code == 403
    assert both.ids("details/") == []
