"""The check of a WCBS, against a stand-in that goes wrong in every way we know."""

import logging

import pytest

from sync.sandbox.testing import running_wcbs
from sync.sandbox.wcbs.certificates import authority_path
from sync.sandbox.wcbs.faults import FAULTS, HOSTS, host_of
from sync.wcbs import check as checking
from sync.wcbs.address import bases
from sync.wcbs.check import Checked, Found, check
from sync.wording.wcbs import told

ST_ALDHELM = Found("1", "St Aldhelm's School", "Years 7 to 13")
EXPECTED = {  # fault -> outcome, detail
    "several": ("reached", ""),
    "text_ids": ("reached", ""),
    "no_name": ("reached", ""),
    "odd_text": ("reached", ""),
    "older": ("reached", ""),
    "no_schools": ("no_schools", ""),
    "no_licence": ("no_licence", "403"),
    "no_licence_401": ("no_licence", "401"),
    "silent": ("slow", ""),
    "dripping": ("slow", ""),
    "html": ("not_wcbs", "200"),
    "missing": ("not_wcbs", "404"),
    "signed_in": ("login_first", "401"),
    "redirect": ("redirected", ""),
    "foreign_page": ("foreign_page", ""),
    "odd_page": ("foreign_page", ""),
    "circle": ("not_understood", ""),
    "huge": ("too_big", ""),
    "gzip_bomb": ("too_big", ""),
    "not_json": ("not_understood", "JSON that cannot be read"),
    "other_keys": ("not_understood", "value, Code"),
    "no_token": ("not_understood", "token"),
    "repeated": ("not_understood", ""),
    "server_error": ("server_error", "500"),
    "cut": ("broken", ""),
    "reset": ("broken", ""),
    "no_tls": ("tls_broken", ""),
    "expired": ("tls_expired", ""),
    "self_signed": ("tls_self_signed", ""),
    "unknown": ("tls_unknown", ""),
    "wrong_host": ("tls_wrong_host", ""),
}


@pytest.fixture
def wcbs(tmp_path, settings):
    """The stand-in, which this installation may call."""
    with running_wcbs(tmp_path) as running:
        settings.OUTSIDE_ALLOW_HOSTS = [f"{host}:{running.port}" for host in HOSTS]
        settings.OUTSIDE_ALLOW_CA = str(authority_path(tmp_path))
        yield running


def test_whatever_is_wrong_there_ends_in_an_outcome_of_its_own_and_the_secret_is_told_to_nobody(
    wcbs, monkeypatch, caplog
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(checking, "LIMIT_S", 0.3)
    well = check(f"localhost:{wcbs.port}", wcbs.client_id, wcbs.client_secret)
    wrong = [
        check(f"https://localhost:{wcbs.port}/wcbs.api/swagger/index.html", *pair)
        for pair in ((wcbs.client_id, "another"), ("another", wcbs.client_secret), ("", ""), ("é+&=", "\0"))
    ]
    unsayable = check(f"https://localhost:{wcbs.port}/Wcbs.API", "\ud800", "\ud800")
    found = {name: check(f"https://{host_of(name)}:{wcbs.port}", wcbs.client_id, wcbs.client_secret) for name in FAULTS}

    base = f"https://localhost:{wcbs.port}/Wcbs.API"
    assert well == Checked("reached", base, (ST_ALDHELM,))
    assert wrong == [Checked("invalid_client", base.replace("/Wcbs.API", "/wcbs.api"))] * 4
    assert unsayable == Checked("broken")
    assert {name: (one.outcome, one.detail) for name, one in found.items()} == EXPECTED
    assert [one.name for one in found["several"].schools] == [
        "St Aldhelm's School", "St Aldhelm's Preparatory School", "St Aldhelm's Nursery",
    ]  # fmt: skip
    assert found["text_ids"].schools == found["odd_text"].schools == (ST_ALDHELM,)
    assert found["no_name"].schools == (Found("1", "", ""),)
    assert found["older"].base.endswith("/Wcbs.API.2.2")
    assert {one.base != "" for name, one in found.items() if name in ("no_licence", "cut", "several")} == {True}

    for said in (
        *map(repr, found.values()),
        *(repr(told(one.outcome, one.detail)) for one in found.values()),
        caplog.text,
    ):
        assert wcbs.client_secret not in said
        assert "hush" not in said
    assert not [record for record in caplog.records if str(wcbs.port) in record.getMessage()]

    asked = {(method, target.partition("/api/")[2].partition("?$skip=")[0]) for _, method, target in wcbs.asked}
    assert asked == {("POST", "token"), ("GET", "schools")}


USUAL = ("/Wcbs.API", "/Wcbs.API.2.2")


@pytest.mark.parametrize(
    ("typed", "first", "then"),
    [
        ("pass.school.example", "https://pass.school.example", USUAL),
        ("  HTTP://PASS.School.example:80/ ", "https://pass.school.example", USUAL),
        ("//pass.school.example/#top", "https://pass.school.example", USUAL),
        ("https://h.example/Wcbs.API/swagger/index.html?a=b", "https://h.example/Wcbs.API", USUAL[1:]),
        ("https://h.example/wcbs.api/api/schools(1)/Pupils?$filter=x", "https://h.example/wcbs.api", USUAL[1:]),
        ("https://h.example/Wcbs.API.2.2/Swagger", "https://h.example/Wcbs.API.2.2", USUAL[:1]),
        ("https://h.example/apis/", "https://h.example/apis", USUAL),
        ("http://h.example:8080/pass", "https://h.example:8080/pass", USUAL),
    ],
)
def test_what_was_copied_from_a_browser_is_cut_to_where_the_api_is(typed, first, then):
    server = first[: first.index("example") + len("example")] + (":8080" if ":8080" in first else "")

    assert bases(typed) == [first, *(server + path for path in then)]


@pytest.mark.parametrize(
    "typed", ["", " ", "https://", "[", "https://[::1", "ftp://pass.school.example", "a b", "\ud800", "\0"]
)
def test_what_is_no_address_is_said_to_be_none(typed):
    assert check(typed, "id", "secret").outcome == "unreadable"
