"""The pictures of docs/design-language.md and the README. They are taken only when PICTURES=1 asks for new ones."""

import os
from pathlib import Path

import pytest
from django.urls import reverse

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.environ.get("PICTURES") != "1", reason="PICTURES=1 takes new pictures"),
]


@pytest.mark.parametrize(("device", "width", "height"), [("phone", 360, 740), ("desk", 1280, 800)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_take_pictures(device, width, height, scheme, page, harbour, sign_in, live_server):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    code = [harbour.school.code]
    for name, user, address in [
        ("sign-in", None, reverse("account_login")),
        ("class", harbour.teacher, reverse("classes:detail", args=[harbour.school_class.pk])),
        ("all-classes", harbour.lead, reverse("classes:all", args=code) + "?standing=all"),
        ("school", harbour.lead, reverse("sync:school", args=code)),
    ]:
        if user:
            sign_in(user)
        page.goto(live_server.url + address)
        page.screenshot(path=PICTURES / f"{name}-{device}-{scheme}.png")
