"""Wonde's list of permissions: differences are noted, and a bad list breaks, erases and fills nothing."""

import random

import msgspec
import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.sharing import purposes
from sync.engine import permissions
from sync.facts.permissions import by_identity
from sync.facts.shapes import Permission
from sync.models import PermissionChange, PermissionState
from tests.factories import SyncRunFactory
from tests.sync.build import read
from tests.sync.tables import versions

ODD = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
ODD |= st.lists(st.integers(), max_size=2) | st.dictionaries(st.just("date"), st.text(max_size=12), max_size=1)
ENTRIES = st.fixed_dictionaries(
    {"identity": st.sampled_from(["a.read", "b.read", "A.READ", ""])},
    optional=dict.fromkeys(("approved", "optional", "declined", "audited", "name", "group", "active_from"), ODD),
)


def decoded(entry):
    return msgspec.json.decode(msgspec.json.encode(entry), type=Permission)


@settings(max_examples=40)
@given(st.lists(ENTRIES, max_size=4), st.randoms())
def test_a_list_says_the_same_in_any_order_and_what_it_contradicts_itself_in_it_does_not_say(entries, chance):
    listed = [decoded(entry) for entry in entries]
    shuffled = chance.sample(listed, len(listed))

    said = {identity: each.granted for identity, each in by_identity(listed).items()}

    assert said == {identity: each.granted for identity, each in by_identity(shuffled).items()}
    for each in listed:
        each.active_on  # noqa: B018 - a day or nothing, never an error
        assert said[each.identity] in (each.granted, None)


MEGABYTE = "N" * 1_000_000


def bad_list(chance):
    """10,000 entries with all that may be wrong; those of the real ones that do not contradict each other say yes."""
    real = sorted(purposes.permissions())
    entries = [{"identity": name, "approved": True, "name": MEGABYTE, "group": None} for name in real[:3]]
    entries += [{"identity": name, "approved": "yes", "name": "<script>x</script> \U0001f600 \0"} for name in real[3:]]
    entries += [{"identity": real[-1], "approved": False}, {"identity": real[-2], "approved": True, "declined": "1"}]
    entries += [{"identity": f"<b>{number}</b> \U0001f393", "approved": None} for number in range(9_000)]
    entries += [{"identity": text} for text in ("", "\0", "a\nb", "x" * 101, "\u202eread")]
    entries += [{"identity": f"null.{number}"} | dict.fromkeys(permissions.NOTED) for number in range(900)]
    chance.shuffle(entries)
    return real, [decoded(entry) for entry in entries]


@pytest.mark.django_db
def test_a_list_of_ten_thousand_odd_entries_is_noted_as_far_as_it_says_something_and_once():
    run, snapshot = SyncRunFactory(), read()
    real, snapshot.permissions = bad_list(random.Random(19))

    permissions.note(run, snapshot, timezone.now())

    states = PermissionState.objects.filter(school=run.school)
    assert dict(states.filter(identity__in=real).values_list("identity", "approved")) == (
        dict.fromkeys(real, True) | dict.fromkeys(real[-2:])
    )
    assert states.count() == permissions.MOST + len(real)
    assert max(len(state.name) for state in states) == 100
    assert not states.filter(identity__in=["a\nb", "x" * 101]).exists()
    written = versions()

    snapshot.permissions.reverse()
    permissions.note(run, snapshot, timezone.now())
    assert versions() == written

    snapshot.permissions = [Permission(real[0], approved=True, optional=True, declined=False)]
    since = states.get(identity=real[0]).since
    permissions.note(run, snapshot, timezone.now())
    new = PermissionChange.objects.filter(identity=real[0]).order_by("pk")
    assert list(new.values_list("answer", "before", "after")) == [
        ("approved", None, True), ("optional", None, True), ("declined", None, False),
    ]  # fmt: skip
    assert states.get(identity=real[0]).since == since  # it is still approved
