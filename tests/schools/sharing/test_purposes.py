"""Purposes: what is asked for is named, agreed to and switched on, or it is not asked for."""

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.models import AuditEntry
from schools.sharing import keys, purposes
from sync.facts.kinds import KINDS
from tests.factories import LeadRightFactory
from tests.tools.copies import PROJECT

KEYS = sorted(purposes.PURPOSES)
FIELDS = sorted(name for purpose in purposes.PURPOSES.values() for name in purpose.fields)


def test_every_field_we_mirror_has_a_purpose_and_every_purpose_names_only_fields_we_mirror():
    mirrored = {f"{kind.name}.{name}" for kind in KINDS.values() for name in kind.given}

    assert set(FIELDS) == mirrored


def test_no_purpose_no_shape_and_no_request_names_what_is_never_asked_for():
    """What we ask Wonde for or decode stands, where that is done, as a field of a shape, a parameter or a text."""
    named = {name for field in FIELDS for name in field.split(".")}
    for room in ("facts", "rules", "wonde"):
        for path in PROJECT.glob(f"sync/{room}/*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                named |= said_by(node)

    assert {"upn", "contact_details", "court_order", "relationship", "class_subject"} <= named
    assert named & purposes.NEVER_ASKED.keys() == set()


def said_by(node):
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, ast.keyword):
        return {node.arg}
    is_word = isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value
    return set(re.findall(r"\w+", node.value)) if is_word else set()


@given(st.sets(st.sampled_from(KEYS)), st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(FIELDS))))
def test_nothing_is_asked_for_without_both_a_purpose_that_is_on_and_an_agreement(on, agreed):
    asked = purposes.asked_for(on, agreed)

    for name in asked:
        assert any(name in purposes.PURPOSES[key].fields and name in agreed[key] for key in on & agreed.keys())
    wanted = {name for key in on for name in purposes.PURPOSES[key].fields}
    more = {each.name for asked in purposes.more_asked(on, agreed).values() for each in asked}
    assert asked | more == wanted


@pytest.mark.django_db
def test_a_school_that_has_said_nothing_shares_what_the_first_version_asked_and_each_word_of_it_is_kept():
    right = LeadRightFactory()
    lead, school = right.user, right.school
    assert keys.on_at(school) == purposes.at_first()
    assert keys.asked_of(school) == purposes.asked_for(purposes.at_first(), purposes.agreed_by_version(1))

    assert keys.switch_off(school, "weekly_mail", lead, "we write ourselves")
    assert not keys.switch_off(school, "weekly_mail", lead, "a second time")
    assert "weekly_mail" not in keys.on_at(school)
    assert not any(name.startswith(("contacts.", "guardianships.")) for name in keys.asked_of(school))
    assert keys.switch_on(school, "weekly_mail", lead)
    assert not keys.switch_on(school, "weekly_mail", lead)
    assert "weekly_mail" in keys.on_at(school)

    said = [(row.off_at is None, row.reason) for row in school.purposes.all()]
    assert said == [(True, ""), (False, "we write ourselves")]
    verbs = list(AuditEntry.objects.filter(school=school).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["switched off purpose", "switched on purpose"]
    with pytest.raises(ValueError, match="always on"):
        keys.switch_off(school, "roster", lead, "no")
