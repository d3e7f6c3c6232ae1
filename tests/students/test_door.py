"""The students' door as a child meets it: the school is found as they write it, and nothing they meet is a dead end."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from students.models import SignInCode
from tests.factories import SchoolFactory
from tests.tools.pages import words

pytestmark = pytest.mark.django_db
DOOR = "/s/fenbrook/"
PASSWORD = "seven blue herons"


def sign_in(username, secret, door=DOOR, client=None):
    client = client or Client()
    return client, client.post(door, {"username": username, "secret": secret})


# --- Finding the school ------------------------------------------------------------------------------------------


def find(typed):
    """The names of the schools found, in their order, or where the page leads."""
    response = Client().post(reverse("students:find_school"), {"school": typed})
    return response.url if response.status_code == 302 else [one.name for one in response.context.get("found") or ()]


# What a school is called, and how children type it. Each finds this school alone.
CALLED = {
    "St. Aldhelm's C of E Primary School": [
        "Saint Aldhelm's", "St Aldhelms", "SAINT  ALDHELM’S", "st.aldhelm`s", "saint aldhelms church of england",
        "Saint Aldhelm's CofE Primary", "st aldhelm's CE primary school", "Aldhelm C.E. School", "The Saint Aldhelm's",
        "St\u200b Aldhelm's\u200b", "saint aldhelms c-of-e", "Áldhelms",
    ],
    "Saint Beuno’s Roman Catholic School": ["St Beunos", "st. beuno's RC school", "Beuno R.C.", "SAINT BEUNO CATHOLIC"],
    "Oak & Ash High School": ["oak and ash", "Oak Ash", "Oak & Ash", "oak + ash high"],
    "Ysgol Gŵyr-y-Môr": ["ysgol gwyr y mor", "Gŵyr y Môr", "gwyr–y–mor", "GWYR-Y-MOR"],
    "Stanley Marsh CE School": ["St Marsh", "stanley church of england", "marsh c of e"],
}  # fmt: skip


def test_a_school_is_found_as_children_write_its_name():
    for name in CALLED:
        SchoolFactory(name=name)
    SchoolFactory(name="Hazel Central School")

    found = {typed: find(typed) for ways in CALLED.values() for typed in ways}

    assert found == {typed: [name] for name, ways in CALLED.items() for typed in ways}


def test_little_words_and_what_schools_shorten_list_no_more_schools_than_the_letters_typed():
    for name in ("St. Aldhelm's C of E School", "Saint Beuno's RC School", "Oak & Ash High School"):
        SchoolFactory(name=name)

    listed = {typed: find(typed) for typed in ("st", "the", "and", "the o", "st b", "???", "c of", "and a")}

    assert listed == {
        "st": [],
        "the": [],
        "the o": [],
        "???": [],
        "and": ["Oak & Ash High School"],
        "and a": ["Oak & Ash High School"],
        "st b": [],
        "c of": ["St. Aldhelm's C of E School"],
    }


def test_the_code_on_a_card_leads_on_however_its_hyphens_are_typed():
    SchoolFactory(name="Hazel Park High School", code="hazel-high")
    typed = [
        "hazel-high",
        "HAZEL–HIGH",
        "hazel high",
        "Hazelhigh ",
        "hazel\u200b-high.",
        "https://x.example/s/hazel-high/",
    ]

    assert {find(one) for one in typed} == {reverse("students:sign_in", args=["hazel-high"])}


def test_a_code_that_is_also_in_the_names_of_other_schools_leads_to_none_without_asking():
    for name, code in (("Hazel Park High School", "hazel-park"), ("Hazel Park Primary School", "hazel-park-2")):
        SchoolFactory(name=name, code=code)
    response = Client().post(reverse("students:find_school"), {"school": "Hazel Park"})

    assert [one.code for one in response.context["found"]] == ["hazel-park", "hazel-park-2"]
    assert "code on the card: hazel-park-2" in words(response)


# --- Typing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelt", ["{0}-{1}-{2}", "  {0}  {1}.{2}. ", "{0}{1}{2}", "{0}\u00a0{1}\u200b {2}", "{0}–{1}—{2}"]
)
def test_the_words_of_a_card_are_right_however_they_are_joined(asha, spelt):
    typed = spelt.format(*asha.words.split())

    for one in (typed, typed.upper(), typed.title(), typed.replace("e", "é").replace("i", "ı")):
        assert sign_in("ashap", one)[1].status_code == 302, one


def test_secrets_are_dots_until_shown_and_no_page_repeats_them(asha):
    def field(page, name="secret"):
        return re.search(f'<input[^>]*name="{name}"[^>]*>', page)[0]

    hidden = Client().get(DOOR).text
    client, wrong = sign_in("ashap", "wrong words here", DOOR + "?show=1")
    client, _ = sign_in("ashap", asha.words)
    chosen = client.get("/me/password/?show=1").text

    assert 'type="password"' in field(hidden)
    assert 'href="?show=1"' in hidden
    assert 'type="text"' in field(wrong.text)
    assert "wrong words here" not in wrong.text
    assert 'href="?show=0"' in wrong.text
    for shown in (field(wrong.text), field(chosen, "password"), field(chosen, "again")):
        assert 'autocomplete="off"' in shown
    for quiet in ('autocapitalize="none"', 'autocorrect="off"', 'spellcheck="false"'):
        assert quiet in field(hidden)


def test_where_there_are_only_cards_their_words_are_read_while_they_are_typed(asha):
    asha.school.students_choose_passwords = False
    asha.school.save()

    page, wrong = Client().get(DOOR), sign_in("ashap", "wrong words here")[1]

    assert re.search('<input type="text" name="secret"', page.text)
    assert "password" not in words(page).lower() + words(wrong).lower()


# --- A first password --------------------------------------------------------------------------------------------


def test_a_first_password_hears_all_that_is_wrong_at_once(asha):
    client, _ = sign_in("ashap", asha.words)

    def said(password, again):
        page = client.post("/me/password/", {"password": password, "again": again})
        return page.context["form"].errors.get("password", []) + page.context["form"].errors.get("again", [])

    short, common = (
        "It is too short. It needs at least 8 letters or numbers.",
        "Many people use this one: others would guess it.",
    )
    not_same = "The two are not the same. Type both once more."
    assert said("monkey", "donkey") == [short, common, not_same]
    assert said("ashap1", "ashap2") == [short, "Your username is in it: others would guess it.", not_same]
    assert said("I am ASHA-P!", "I am ASHA-P!") == ["Your username is in it: others would guess it."]
    assert said("Asha Patel 2015", "Asha Patel 2015") == ["This is your own name: others would guess it."]
    assert said(asha.words.upper(), "") == [
        "These are the words on your card: who finds it could use them.",
        "Type the password a second time.",
    ]
    assert said("PurpleFrog-Skates", "x") == ["This is our example: everybody has seen it.", not_same]
    assert said(" " * 9, " " * 9) == [short]
    assert not SignInCode.objects.get().wrong_tries
    assert client.post("/me/password/", {"password": PASSWORD, "again": PASSWORD}).url == "/me/"


# --- No dead ends ------------------------------------------------------------------------------------------------


def test_an_address_that_no_school_has_leads_to_finding_ones_school(school):
    for address in ("/s/fenbrok/", "/S/fenbrok/ask/"):
        page = Client().get(address)

        assert page.status_code == 404
        assert "No school has this address" in words(page)
        assert 'action="/s/"' in page.text


def test_students_of_a_school_that_does_not_share_them_are_told_it_is_not_their_card(asha):
    asha.school.frozen = {"students": {"since": "2026-10-03", "erase_on": "2026-10-17"}}
    asha.school.save()

    for page in (Client().get(DOOR), Client().get(DOOR + "ask/"), sign_in("ashap", asha.words)[1]):
        assert "It is not your card" in words(page)
        assert "Find your school" not in page.text
        assert not re.search('name="secret"', page.text)


def test_a_page_that_is_no_page_leads_a_student_to_their_own_door(asha):
    at_home, stranger = Client(enforce_csrf_checks=True), Client()
    at_home.get(DOOR)
    signed_in, _ = sign_in("ashap", asha.words)

    open_too_long = at_home.post(DOOR, {"username": "ashap", "secret": asha.words})
    for page, client, first_page in [
        (at_home.get("/nowhere/"), at_home, DOOR),
        (open_too_long, at_home, DOOR),
        (signed_in.get("/nowhere/"), signed_in, "/me/"),
        (stranger.get("/nowhere/"), stranger, reverse("account_login")),
    ]:
        assert 'href="/"' in page.text
        assert client.get("/").url.startswith(first_page)
        assert ('href="/s/"' in page.text) == (client is stranger)
    assert f'href="{DOOR}"' in open_too_long.text


def test_a_student_who_is_signed_out_is_told_so_at_their_own_door(asha):
    asha.user.set_password(PASSWORD)
    asha.user.save()
    client, _ = sign_in("ashap", PASSWORD)

    by_button = client.post(reverse("students:sign_out"), follow=True)
    sign_in("ashap", PASSWORD, client=client)
    asha.left_at = timezone.now()
    asha.save()
    by_leaving = client.get("/me/", follow=True)

    assert by_button.redirect_chain[-1][0] == DOOR
    assert "You are signed out." in words(by_button)
    assert by_leaving.redirect_chain[-1][0].startswith(DOOR)
    assert "You are not signed in any more" in words(by_leaving)


def test_a_student_signed_out_by_the_product_comes_to_their_own_door(asha):
    asha.user.set_password(PASSWORD)
    asha.user.save()
    client, _ = sign_in("ashap", PASSWORD)

    response = client.post(reverse("account_logout"), follow=True)

    assert response.redirect_chain[-1][0].startswith(DOOR)


def test_whoever_signed_in_with_somebody_elses_card_can_sign_out_before_choosing_a_password(asha):
    client, _ = sign_in("ashap", asha.words)

    page = client.get("/me/password/")

    assert "I am not Asha Patel: sign out" in words(page)
    assert f'action="{reverse("students:sign_out")}"' in page.text


def test_finding_a_school_begins_with_the_one_this_computer_was_last_used_for(school):
    client = Client()
    assert "This computer was last used for" not in words(client.get("/s/"))

    client.get(DOOR)

    assert "This computer was last used for: Fenbrook Academy" in words(client.get("/s/"))
