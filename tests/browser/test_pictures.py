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


SIZES = {"phone": (360, 740), "desk": (1080, 520)}


@pytest.mark.parametrize(
    ("name", "device", "scheme"),
    [
        ("sign-in", "phone", "dark"),
        ("class", "phone", "light"),
        ("class", "desk", "light"),
        ("class", "desk", "dark"),
        ("school", "desk", "light"),
        ("school", "phone", "dark"),
        ("staff", "desk", "dark"),
        ("staff", "phone", "light"),
    ],
)
def test_take_a_picture(name, device, scheme, page, harbour, sign_in, live_server):
    code = [harbour.school.code]
    user, address = {
        "sign-in": (None, reverse("account_login")),
        "class": (harbour.teacher, reverse("classes:detail", args=[harbour.school_class.pk])),
        "school": (harbour.lead, reverse("sync:school", args=code)),
        "staff": (harbour.lead, reverse("sync:staff", args=code)),
    }[name]
    width, height = SIZES[device]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    if user:
        sign_in(user)
    page.goto(live_server.url + address)
    picture = PICTURES / f"{name}-{device}-{scheme}.png"

    page.screenshot(path=picture)

    assert picture.stat().st_size < 100_000
