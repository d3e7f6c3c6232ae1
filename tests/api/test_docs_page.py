"""The page that shows the operations: drawn by our own files alone, under the same policy as every other page."""

import pytest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_anybody_can_read_the_operations_with_only_our_own_scripts_and_styles(page, live_server):
    answer = page.goto(f"{live_server.url}/api/v1/docs/")

    page.get_by_text("/api/v1/students/", exact=True).first.wait_for()
    page.get_by_text("/api/v1/changes/", exact=True).click()
    page.get_by_text("after", exact=True).first.wait_for()
    assert "unsafe" not in answer.headers["content-security-policy"]
    for name in ("Try it out", "Authorize"):
        assert page.get_by_role("button", name=name).count() == 0
