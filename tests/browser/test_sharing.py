"""What a school shares, who agreed to it, who has read it and what was erased: axe, phone, no style refused."""

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.models import ProductSignIn, Sharing
from schools.sharing import purposes
from tests.factories import (
    AcceptanceFactory,
    ApiReadFactory,
    AuthoriserRightFactory,
    ErasureFactory,
    LeadRightFactory,
    StudentFactory,
    StudentUserFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    ago,
)

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture
def school(transactional_db):
    """Harbour School, which agreed before two of the fields were asked for."""
    school = SyncSettingsFactory(school__name="Harbour School", school__code="harbour").school
    SyncRunFactory(school=school)
    agreed = {
        key: [name for name in names if name not in {"contacts.upi", "employees.upi"}]
        for key, names in purposes.agreed_by_version(purposes.VERSION).items()
    }
    Sharing.objects.create(school=school, agreed=agreed, agreed_at=timezone.now())
    AuthoriserRightFactory(school=school)
    return school


def test_every_page_about_sharing_is_well_made(school, page, sign_in, live_server, well_made):
    lead = LeadRightFactory(school=school).user
    sign_in(lead)
    well = {"start": "schools:start", "erasures-none": "sync:erasures", "read-by-nobody": "sync:fields"}
    for name, view in well.items():
        page.goto(live_server.url + reverse(view, args=[school.code]))
        well_made(name)

    receipt, note = AcceptanceFactory(school=school), ErasureFactory(school=school, ids={"students": [*range(1, 40)]})
    user = StudentFactory(school=school, user=StudentUserFactory(school=school)).user
    ProductSignIn.objects.note(user, "Times Tables")
    ApiReadFactory(
        school=school,
        token__name="Featherstonehaugh-Cholmondeley-Abernathy, nightly job",
        token__revoked_at=ago(days=1),
    )
    for view, *args in (
        ("sync:sharing",), ("sync:review",), ("sync:purpose", "weekly_mail"), ("schools:start",),
        ("schools:authorisers",), ("schools:agreement", receipt.agreement_id), ("schools:receipt", receipt.pk),
        ("sync:fields",), ("sync:erasures",), ("sync:erasure", note.pk),
    ):  # fmt: skip
        page.goto(live_server.url + reverse(view, args=[school.code, *args]))
        well_made(view.partition(":")[2])
