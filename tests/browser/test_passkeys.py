"""Passkeys in a browser with its own authenticator: added, signed in with, renamed, and the last one kept."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from schools.models import User
from tests.factories import PASSWORD, SupportFactory
from tests.tools.people import with_second_factor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(live_server):
    """The server under a host name: browsers offer no passkeys for a bare IP address."""
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def key(page):
    """A security key that always says yes; `page.context` may take it out again."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    found = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return lambda: devtools.send("WebAuthn.removeVirtualAuthenticator", found)


def sign_in(page, site, user):
    page.goto(f"{site}{reverse('account_login')}?next=/admin/")
    page.fill("#id_login", user.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def set_up(page, name):
    """Start where support without a second factor is sent: the password again, then a passkey with this name."""
    confirm(page)
    page.get_by_role("link", name="with a passkey").click()
    add(page, name)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def press(page, name):
    """Press a button that only works with a script, once the script has loaded."""
    button = page.get_by_role("button", name=name)
    button.wait_for()
    page.wait_for_load_state()
    button.click()


def confirm(page):
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def add(page, name):
    page.fill("#id_name", name)
    press(page, "Add this passkey")


def sign_out(page):
    page.get_by_text("Account", exact=True).click()
    page.get_by_role("button", name="Sign out").click()


def test_support_sets_up_a_passkey_and_signs_into_the_admin_with_it(page, site, key):
    support = SupportFactory()
    sign_in(page, site, support)
    set_up(page, "Blue key")
    page.goto(f"{site}/admin/")
    expect(page.get_by_role("heading", name="What needs a person")).to_be_visible()

    sign_out(page)
    sign_in(page, site, support)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    press(page, "Use a passkey")

    page.wait_for_url("**/admin/")
    expect(page.get_by_role("heading", name="What needs a person")).to_be_visible()


def test_supports_only_factor_stays_and_one_of_two_can_be_removed(page, site, key):
    support = SupportFactory()
    sign_in(page, site, support)
    set_up(page, "Blue key")

    page.goto(f"{site}{reverse('mfa_list_webauthn')}")
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_text("It is your only second factor")).to_be_visible()
    with_second_factor(User.objects.get(pk=support.pk))
    page.reload()
    page.get_by_role("button", name="Remove this passkey").click()

    expect(page.get_by_text("You have none yet")).to_be_visible()


def test_without_its_passkey_the_page_says_what_else_there_is(page, site, key):
    support = SupportFactory()
    sign_in(page, site, support)
    set_up(page, "Blue key")
    page.goto(f"{site}/admin/")
    sign_out(page)
    key()

    page.add_init_script("navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError'))")
    sign_in(page, site, support)
    press(page, "Use a passkey")

    expect(page.get_by_text("Try again, or use a code")).to_be_visible()
