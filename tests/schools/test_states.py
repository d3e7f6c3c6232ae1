"""What the tags draw, and that their table has every state there is."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.template import Context, Template

from classes.models import ImportRequest, SchoolClass
from schools.staff import overview
from schools.templatetags.icons import icon
from schools.templatetags.states import STATES
from sync.models import SyncRun
from sync.rules.access_states import State
from sync.wording.report import VERBS

LONDON = ZoneInfo("Europe/London")
TEMPLATES = settings.BASE_DIR / "templates"


def _drawn(tag, **context):
    return _rendered("{% state " + tag + " %}", **context)


def _rendered(markup, **context):
    return Template("{% load states %}" + markup).render(Context(context))


def test_a_state_has_its_colour_its_shape_and_its_words():
    assert _drawn('"request" "approved"') == f'<span class="state state-in">{icon("in")} Approved</span>'


def test_a_shape_may_say_more_than_the_colour():
    assert _drawn('"sync" "undo"') == f'<span class="state state-info">{icon("back")} An undo</span>'


@time_machine.travel(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
def test_words_tell_the_moment_as_they_want_it():
    moment = datetime(2026, 11, 18, 4, 14, tzinfo=UTC)
    assert "Last seen <time " in _drawn('"student" "active" moment zone', moment=moment, zone=LONDON)
    assert ">Wednesday 04:14</time>" in _drawn('"student" "active" moment zone', moment=moment, zone=LONDON)
    assert ">18 November</time>" in _drawn('"class" "ended" moment zone', moment=moment, zone=LONDON)


def test_values_in_the_words_are_escaped():
    drawn = _drawn('"lead" "not listed" moment zone mis=mis', moment=None, zone=LONDON, mis="<SIMS>")
    assert "not in &lt;SIMS&gt; since" in drawn


def test_a_state_may_be_a_link():
    drawn = _drawn('"class" "asking" href=address who="2 students ask"', address="/classes/1/signin/?a&b")
    assert drawn.startswith('<a class="state state-waiting" href="/classes/1/signin/?a&amp;b">')
    assert drawn.endswith(" 2 students ask for a card</a>")


def test_an_item_of_a_list_has_its_words_beside_its_icon():
    drawn = _rendered('{% entry "event" "left" who=who %}', who="Ann <b> Lee")
    assert drawn == f'<li class="entry entry-waiting">{icon("left")}<span>Ann &lt;b&gt; Lee left</span></li>'


def test_a_step_that_is_done_says_so_to_a_screen_reader():
    assert '<span>Students<span class="unseen">: done</span></span>' in _rendered(
        '{% entry "step" "done" step="Students" %}'
    )


@pytest.mark.parametrize("tag", ['"request" "lost"', '"no such" "in"', '"request" nothing', '"passkeys" "some"'])
def test_an_unknown_state_and_one_without_its_words_are_errors(tag):
    with pytest.raises(KeyError):
        _drawn(tag)


@pytest.mark.parametrize("whose", STATES)
def test_every_state_has_a_known_colour_and_shape(whose):
    for kind, shape, words in STATES[whose].values():
        assert kind in {"in", "waiting", "out", "wrong", "info"}
        assert icon(shape)
        assert words


@pytest.mark.parametrize(
    ("whose", "codes"),
    [
        ("request", {*ImportRequest.State.values}),
        ("staff", {*overview.SignInState.values}),
        ("sync", {*SyncRun.Status.values, "waits", "undo", "left_out"}),
        ("class", {*SchoolClass.Status.values, "ended", "new", "asking"}),
        ("preview", {*VERBS, *SchoolClass.Status.values}),
        ("access", set(State)),
        ("step", {"done", "now", ""}),
    ],
)
def test_every_code_a_row_can_have_is_in_the_table(whose, codes):
    assert {*STATES[whose]} == codes


@pytest.mark.parametrize(
    ("status", "trigger", "waiting", "outcome"),
    [
        ("applied", "night", [], "applied"),
        ("applied", "night", [{"what": "3 removals wait"}], "waits"),
        ("applied", "undo", [], "undo"),
        ("refused", "night", [{"what": "3 removals wait"}], "refused"),
    ],
)
def test_how_a_sync_ended_is_one_word(status, trigger, waiting, outcome):
    assert SyncRun(status=status, trigger=trigger, waiting=waiting).outcome == outcome


def test_no_template_draws_a_state_by_hand():
    by_hand = [path for path in TEMPLATES.rglob("*.html") if re.search(r'class="(state|entry) ', path.read_text())]
    assert by_hand == []
