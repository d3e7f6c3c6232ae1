"""Each secret can be changed as docs/operations.md says: what goes on meanwhile, and what ends with the former one."""

import re
from pathlib import Path

import pytest
from cryptography.fernet import InvalidToken
from django.contrib.auth.tokens import default_token_generator as new_password
from django.test import Client
from django.urls import reverse

from parents.checks import keys_are_only_added
from parents.mail import tokens
from parents.models import AddressChoice
from schools.auth import MFAAdapter
from schools.marks import marks
from schools.sealing import seal
from schools.signing_keys import make_signing_key
from students.cards import codes
from students.models import SignInCode
from sync.checks import what_is_sealed_can_be_opened
from sync.models import Wcbs
from tests.factories import LeadRightFactory, SyncSettingsFactory, ago
from tests.sync.hooks.sending import SECRET, a_body, send
from tests.tools.people import signed_in, student_with_a_card

PROJECT = Path(__file__).parents[2]
ANOTHER = "another-key-0123456789abcdef0123456789"
MOTHER = "m.okoro@home.example"
ALSO_SECRET = {"DATABASE_URL", "EMAIL_URL", "ANYMAIL_SETTINGS"}  # what they hold says so, not their names

pytestmark = pytest.mark.django_db


def test_the_page_says_how_to_change_each_secret_there_is():
    page = (PROJECT / "docs/operations.md").read_text()
    table = page.partition("## Changing a secret\n")[2].partition("\n## ")[0]
    told = {name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    names = re.findall(r"^(\w+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)

    assert told == {name for name in names if re.search(r"_(KEYS?|KEY_FALLBACKS|TOKEN|SECRETS?)$", name)} | ALSO_SECRET


def test_a_new_secret_key_ends_nothing_while_the_former_one_is_kept_and_then_all_that_it_made(settings):
    lead, student = LeadRightFactory().user, student_with_a_card()
    browser, link, factor = signed_in(lead), new_password.make_token(lead), MFAAdapter().encrypt("its secret")

    def goes_on():
        try:
            opened = MFAAdapter().decrypt(factor) == "its secret"
        except InvalidToken:
            opened = False
        return {
            "sessions": browser.get("/").wsgi_request.user == lead,
            "links for new passwords": new_password.check_token(lead, link),
            "cards": codes.is_right(student.pk, SignInCode.objects.get(student=student), " ".join(student.words)),
            "second factors": opened,
        }

    former, settings.SECRET_KEY = settings.SECRET_KEY, "another secret key " * 3
    settings.SECRET_KEY_FALLBACKS = [former]
    assert goes_on() == dict.fromkeys(goes_on(), True)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a third secret key " * 3, []
    assert goes_on() == dict.fromkeys(goes_on(), False)


def test_another_key_for_addresses_takes_nothing_back_and_a_former_one_that_is_missing_is_named(settings):
    school, under = SyncSettingsFactory().school, marks()
    mark = under.address(SyncSettingsFactory().school.pk, MOTHER)
    choice = AddressChoice.objects.create(
        school=school, address_mark=under.address(school.pk, MOTHER), key_number=under.newest, cause="parent"
    )
    link = tokens.sign(tokens.MailLink(school.pk, mark, under.newest, 0))

    settings.ADDRESS_KEYS += f",2:{ANOTHER}"
    assert marks().newest == 2
    assert choice.address_mark in marks().addresses(school.pk, MOTHER)
    assert tokens.read(link).mark == mark
    assert keys_are_only_added(None, ["default"]) == []

    settings.ADDRESS_KEYS = f"2:{ANOTHER}"
    assert choice.address_mark not in marks().addresses(school.pk, MOTHER)
    with pytest.raises(tokens.BadTokenError):
        tokens.read(link)
    assert "lacks key 1" in keys_are_only_added(None, ["default"])[0].msg


def test_another_sealing_key_loses_nothing_and_a_former_one_may_go_once_nothing_lies_under_it(settings):
    row = Wcbs.objects.create(
        school=SyncSettingsFactory().school,
        base="https://x.example",
        secret_sealed=seal(b"theirs"),
        typed_at=ago(days=1),
    )

    settings.SEALING_KEYS += f",2:{ANOTHER}"
    assert Wcbs.objects.get().secret == "theirs"
    assert what_is_sealed_can_be_opened(None, ["default"]) == []

    settings.SEALING_KEYS = f"2:{ANOTHER}"
    assert "the key of 1 client secrets or copies" in what_is_sealed_can_be_opened(None, ["default"])[0].msg
    row.secret = "typed again"
    row.save()
    assert what_is_sealed_can_be_opened(None, ["default"]) == []


def test_webhooks_come_by_the_former_address_until_its_secret_is_taken_out(settings):
    new, body = "fedcba9876543210fedcba9876543210", a_body("accessRevoked", "A1")

    settings.WONDE_HOOK_SECRETS = [new, SECRET]
    assert [send(body, secret).status_code for secret in (new, SECRET)] == [204, 204]
    settings.WONDE_HOOK_SECRETS = [new]
    assert [send(body, secret).status_code for secret in (new, SECRET)] == [204, 404]


def test_products_can_read_a_new_signing_key_before_it_signs_and_the_former_one_until_it_is_removed(settings):
    def published():
        return {key["kid"] for key in Client().get(reverse("idp:oidc:jwks")).json()["keys"]}

    former, (first,) = settings.IDP_OIDC_PRIVATE_KEYS, published()
    settings.IDP_OIDC_PRIVATE_KEYS = [*former, {"pem": make_signing_key()}]
    (second,) = published() - {first}
    settings.IDP_OIDC_PRIVATE_KEYS = settings.IDP_OIDC_PRIVATE_KEYS[::-1]
    assert published() == {first, second}
    settings.IDP_OIDC_PRIVATE_KEYS = settings.IDP_OIDC_PRIVATE_KEYS[:1]
    assert published() == {second}
