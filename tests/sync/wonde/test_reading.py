"""One complete read of a school, against the sandbox: complete, or an exception; unknown is never empty."""

import pytest

from schools.sharing import purposes
from sync.facts.errors import AccessRevoked, IncompleteRead, SyncError, WondeRefused, WondeUnavailable
from sync.facts.snapshot import CONTRADICTED, NOT_OFFERED, REFUSED, WITHDRAWN
from sync.rules.policy import academic_year
from sync.sandbox import choices
from sync.sandbox.testing import FIRST_DAY, running_sandbox
from sync.wonde.client import Wonde
from sync.wonde.reading import READS, read_school
from tests.sync.build import EVERYTHING, after, decided, policy, quiet, went

MATHS = frozenset({"ma", "mat", "maths", "mathematics"})
AT_FIRST = purposes.asked_for(purposes.at_first(), purposes.agreed_by_version(1))
IN_ONE_BLOCK = {"details.eal", "details.pupil_premium", "details.sen"}
RULES = policy(subjects=MATHS, today=FIRST_DAY.date(), academic_year=academic_year(FIRST_DAY.date(), "09-01"))


def snapshot_of(sandbox, school_id=None, asked=EVERYTHING, **how):
    with Wonde() as client:
        return read_school(client, school_id or sandbox.school_ids[0], MATHS, asked, **how)


def asked(sandbox, path):
    return [request for request in sandbox.requests() if request["path"].endswith(path)]


def test_a_whole_school_is_read(sandbox):
    root = f"schools/{sandbox.school_ids[0]}"

    snapshot = snapshot_of(sandbox)

    for kind in ("students", "employees", "classes"):
        assert snapshot.source(kind).rows.keys() == {row["id"] for row in sandbox.every(f"{root}/{kind}")}
        assert snapshot.source(kind).hidden == 0
    assert (snapshot.form, snapshot.denied, snapshot.notes, snapshot.offline) == ("class", {}, [], False)


def test_the_newest_change_seen_is_told(sandbox):
    root = f"schools/{sandbox.school_ids[0]}"
    moments = [
        row["updated_at"]["date"]
        for kind in ("students", "employees", "classes")
        for row in sandbox.every(f"{root}/{kind}")
    ]

    assert snapshot_of(sandbox).newest == max(moments)


def test_members_are_asked_for_only_for_classes_of_the_schools_own_subjects(sandbox):
    snapshot = snapshot_of(sandbox)

    own = {row.id for row in snapshot.classes.rows.values() if row.subject and row.subject.data.code == "Ma"}
    assert own
    assert snapshot.members.keys() == own


def test_members_of_an_imported_class_of_another_subject_are_asked_for_one_by_one(sandbox):
    english = next(
        row["id"] for row in sandbox.every(f"schools/{sandbox.school_ids[0]}/classes", include="subject")
        if row["subject"] and row["subject"]["data"] and row["subject"]["data"]["code"] == "En"
    )  # fmt: skip

    snapshot = snapshot_of(sandbox, outside=[english, "A-GONE"])

    assert snapshot.members[english].students.data
    assert "A-GONE" not in snapshot.members


def test_nothing_is_asked_for_that_is_not_used(sandbox):
    sandbox.clear_requests()

    snapshot_of(sandbox, asked=AT_FIRST)

    queries = " ".join(request["query"] for request in sandbox.requests())
    for field in (
        "extended_details",
        "identifiers",
        "medical",
        "sen_needs",
        "photo",
        "legal",
        "date_of_birth",
    ):
        assert field not in queries


def test_one_request_at_a_time_and_a_fixed_number_for_a_small_school(sandbox):
    sandbox.clear_requests()

    snapshot_of(sandbox)

    assert len(sandbox.requests()) == 8  # school, meta, permissions, counts, classes, members of maths, staff, students


# --- registration groups


@pytest.fixture
def primary(settings, in_term):
    with running_sandbox(phase="primary", students=60) as running:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = running.url, running.token
        yield running


def test_a_school_that_lists_no_classes_has_its_registration_groups_as_classes(primary):
    groups = {row["id"] for row in primary.every(f"schools/{primary.school_ids[0]}/groups", type="REGISTRATION")}

    snapshot = snapshot_of(primary)

    assert snapshot.form == "registration"
    assert snapshot.classes.rows.keys() == groups
    assert decided(snapshot, rules=RULES).screened.ledger["students"].imported == 60


def test_a_school_whose_classes_we_know_does_not_fall_back_on_registration_groups(primary):
    snapshot = snapshot_of(primary, may_use_groups=False)

    assert (snapshot.form, snapshot.classes.rows) == ("class", {})


def test_registration_groups_that_are_not_granted_are_noted(primary):
    primary.fault("forbidden", "schools/*/groups")

    snapshot = snapshot_of(primary)

    assert snapshot.classes.rows == {}
    assert snapshot.denied == {"classes": CONTRADICTED}
    assert any("registration groups" in note for note in snapshot.notes)


# --- permissions


@pytest.mark.parametrize("kind", ["students", "employees", "classes"])
def test_a_kind_that_answers_403_is_denied_and_the_others_are_read(sandbox, kind):
    sandbox.fault("forbidden", f"schools/*/{kind}")

    snapshot = snapshot_of(sandbox)

    assert snapshot.denied.keys() - {"contacts"} == {kind}  # contacts come inside students
    assert snapshot.denied[kind] == CONTRADICTED  # the list shows it as approved
    assert snapshot.source(kind).rows == {}
    assert sum(bool(snapshot.source(other).rows) for other in ("students", "employees", "classes")) == 2


@pytest.mark.parametrize("kind", ["students", "employees", "classes"])
def test_a_kind_shown_as_not_approved_is_denied_without_asking_for_it(sandbox, kind):
    sandbox.day(sandbox.school_ids[0], [{"event": "withdraw_permission", "scope": f"{kind}.read"}])
    sandbox.clear_requests()

    snapshot = snapshot_of(sandbox)

    assert snapshot.denied == {kind: WITHDRAWN}
    assert asked(sandbox, f"/{kind}") == []


@pytest.mark.parametrize("fault", ["forbidden", "not_json", "wrong_json"])
def test_without_a_list_of_permissions_a_403_is_a_refusal_and_everything_else_is_read(sandbox, fault):
    sandbox.fault(fault, "meta/schools/*/permissions")
    sandbox.fault("forbidden", "schools/*/employees")

    snapshot = snapshot_of(sandbox)

    assert snapshot.denied == {"employees": REFUSED}
    assert len(snapshot.students.rows) == 60


def test_a_403_costs_the_details_first_then_what_came_inside_and_the_list_itself_last(sandbox):
    sandbox.fault("forbidden", "meta/schools/*/permissions")
    sandbox.fault("forbidden", "schools/*/students", count=1)

    snapshot = snapshot_of(sandbox)

    assert snapshot.denied == {}
    assert len(snapshot.contacts.rows.rows) > len(snapshot.students.rows) == 60
    assert any("without extended_details" in note for note in snapshot.notes)
    assert {row.eal for row in snapshot.details.values()} == {""}
    assert {row.gender for row in snapshot_of(sandbox).details.values()} >= {"MALE", "FEMALE"}


def test_one_403_on_one_page_is_a_refusal_of_what_came_inside_it(sandbox):
    sandbox.fault("forbidden", "meta/schools/*/permissions")
    sandbox.fault("forbidden", "schools/*/students", count=1)

    snapshot = snapshot_of(sandbox, asked=EVERYTHING - IN_ONE_BLOCK)

    assert snapshot.denied == {"contacts": REFUSED}
    assert len(snapshot.students.rows) == 60


def test_withdrawn_registration_groups_are_withdrawn_classes(primary):
    primary.day(primary.school_ids[0], [{"event": "withdraw_permission", "scope": "groups.read"}])

    assert snapshot_of(primary).denied == {"classes": WITHDRAWN}


@pytest.mark.parametrize("include", ["contacts", "contacts.contact_details"])
def test_contacts_that_the_mis_does_not_offer_are_not_withdrawn(sandbox, monkeypatch, include):
    refuse_includes(monkeypatch, include)

    snapshot = snapshot_of(sandbox)

    assert snapshot.denied == {"contacts": NOT_OFFERED}
    assert len(snapshot.students.rows) == 60


def test_contacts_that_are_null_for_everybody_are_refused(sandbox):
    """So Wonde shows what is not granted."""
    sandbox.day(sandbox.school_ids[0], [{"event": "withdraw_permission", "scope": "contacts.read"}])
    sandbox.fault("forbidden", "meta/schools/*/permissions")

    assert snapshot_of(sandbox).denied == {"contacts": REFUSED}


def test_a_school_without_meta_counts_and_permissions_is_read_all_the_same(sandbox):
    sandbox.fault("forbidden", "meta/*")
    sandbox.fault("forbidden", "schools/*/counts")

    assert len(snapshot_of(sandbox).students.rows) == 60


def test_a_revoked_school_is_refused(sandbox):
    (school_id,) = sandbox.school_ids
    sandbox.day(school_id, [{"event": "access_revoked"}])

    with pytest.raises(AccessRevoked, match="has ended our access"):
        snapshot_of(sandbox, school_id=school_id)


def test_a_school_that_wonde_no_longer_lists_is_refused(sandbox):
    with pytest.raises(AccessRevoked, match="no longer lists it"):
        snapshot_of(sandbox, school_id="A0000000000")


def test_a_school_whose_mis_link_is_down_is_read_and_says_so(sandbox):
    (school_id,) = sandbox.school_ids
    sandbox.day(school_id, [{"event": "go_offline"}])

    assert snapshot_of(sandbox, school_id=school_id).offline


# --- includes


def refuse_includes(monkeypatch, *names):
    monkeypatch.setitem(choices.INCLUDES_REFUSED, "sims", frozenset(names))


@pytest.mark.parametrize(
    ("include", "kind"),
    [
        ("employment_details", "employees"),
        ("contact_details", "employees"),
        ("year", "students"),
        ("education_details", "students"),
    ],
)
def test_an_optional_include_that_the_mis_does_not_offer_is_left_out_and_noted(sandbox, monkeypatch, include, kind):
    refuse_includes(monkeypatch, include)

    snapshot = snapshot_of(sandbox)

    assert snapshot.source(kind).rows
    assert snapshot.denied == {}
    assert [include in note for note in snapshot.notes] == [True]


def test_all_optional_includes_may_be_missing(sandbox, monkeypatch):
    refuse_includes(monkeypatch, "employment_details", "contact_details", "year", "education_details")

    snapshot = snapshot_of(sandbox)

    assert len(snapshot.students.rows) == 60
    assert snapshot.employees.rows


def test_the_subject_of_classes_is_essential_without_it_classes_are_not_read(sandbox, monkeypatch):
    refuse_includes(monkeypatch, "subject")

    snapshot = snapshot_of(sandbox)

    assert snapshot.denied == {"classes": NOT_OFFERED}
    assert any("what we need of classes" in note for note in snapshot.notes)


@pytest.mark.parametrize("include", ["students", "employees"])
def test_members_of_classes_are_essential_and_a_refusal_is_a_sentence(sandbox, monkeypatch, include):
    refuse_includes(monkeypatch, include)

    with pytest.raises(WondeRefused, match=r"Nothing was changed\.") as caught:
        snapshot_of(sandbox)

    assert include in str(caught.value)


# --- counts


def test_people_the_school_hides_are_a_number_and_not_a_failure(sandbox):
    sandbox.day(sandbox.school_ids[0], [{"event": "hide_people", "count": 3}])

    snapshot = snapshot_of(sandbox)

    assert (len(snapshot.students.rows), snapshot.students.hidden) == (57, 3)


def test_counts_that_disagree_for_good_are_believed_after_three_equal_reads(sandbox):
    sandbox.fault("wrong_counts", difference=3)
    sandbox.clear_requests()

    snapshot = snapshot_of(sandbox)

    assert [snapshot.source(kind).hidden for kind in ("students", "classes", "employees")] == [3, 3, 3]
    assert len(asked(sandbox, "/students")) == READS


def test_counts_that_disagree_once_are_counted_again(sandbox):
    sandbox.fault("wrong_counts", count=1, difference=3)

    assert snapshot_of(sandbox).students.hidden == 0


def test_more_rows_than_wonde_counts_are_no_trouble(sandbox):
    sandbox.fault("wrong_counts", difference=-3)

    assert snapshot_of(sandbox).students.hidden == 0


def test_a_page_that_goes_missing_once_is_read_again(large_sandbox):
    large_sandbox.fault("skip_page", "schools/*/students", count=1)

    snapshot = snapshot_of(large_sandbox)

    assert (len(snapshot.students.rows), snapshot.students.hidden) == (450, 0)


def test_a_shortfall_that_changes_between_reads_is_refused(large_sandbox):
    large_sandbox.fault("skip_page", "schools/*/students", count=2)
    large_sandbox.fault("wrong_counts", difference=2)

    with pytest.raises(IncompleteRead, match="fewer rows came than Wonde counts"):
        snapshot_of(large_sandbox)


def test_a_page_that_stays_away_counts_as_hidden_and_the_limits_hold_whom_it_had(large_sandbox):
    """Nobody can tell it from two hundred people the school hides; so nobody is removed."""
    ours = after(snapshot_of(large_sandbox), rules=RULES)
    large_sandbox.fault("skip_page", "schools/*/students")

    tonight = snapshot_of(large_sandbox)
    decision = decided(tonight, ours, RULES)

    assert tonight.students.hidden == 200
    assert went(decision, ours, "students") == set()
    assert decision.judgement.waiting


# --- every fault against every kind: refused, or read again; never a wrong removal

PATHS = ["schools/*/students", "schools/*/employees", "schools/*/classes"]
PASSING = ["server_error", "bad_gateway", "too_many_requests", "reset", "cut", "not_json", "wrong_json"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_changes_nothing_in_what_is_read(sandbox, fault, path):
    whole = snapshot_of(sandbox)
    sandbox.fault(fault, path, count=1)

    again = snapshot_of(sandbox)

    assert again.members == whole.members
    assert [again.source(kind) for kind in ("students", "employees", "classes")] == [
        whole.source(kind) for kind in ("students", "employees", "classes")
    ]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_lasts_refuses_the_read(sandbox, fault, path):
    sandbox.fault(fault, path)

    with pytest.raises((WondeUnavailable, IncompleteRead), match="Nothing was changed"):
        snapshot_of(sandbox)


@pytest.mark.parametrize(
    "path", ["schools/*", "schools/*/students", "schools/*/employees", "schools/*/classes", "meta/*"]
)
@pytest.mark.parametrize("fault", ["unauthorised", "timeout"])
def test_a_refused_token_and_silence_refuse_the_read_wherever_they_strike(sandbox, fault, path, settings):
    settings.SYNC_READ_LIMIT_S = 0.3
    sandbox.fault(fault, path, **({"seconds": 5.0} if fault == "timeout" else {}))

    with pytest.raises(SyncError):
        snapshot_of(sandbox)


@pytest.mark.parametrize("path", ["schools/*/students", "schools/*/classes"])
@pytest.mark.parametrize("fault", ["repeat_page", "foreign_next"])
def test_pages_that_lead_astray_refuse_the_read(settings, in_term, fault, path):
    with running_sandbox(students=1200) as running:  # more than a page of each
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = running.url, running.token
        running.fault(fault, path)

        with pytest.raises(SyncError):
            snapshot_of(running)


@pytest.mark.parametrize("path", [*PATHS, "schools/*/groups"])
@pytest.mark.parametrize(
    "fault", ["forbidden", "empty_list", "wrong_types", "without_id", "half_surrogate", "wrong_counts"]
)
def test_a_fault_that_can_be_read_removes_nobody(sandbox, fault, path):
    """A school with 60 students was read whole; then one kind is denied, empty, garbled or miscounted."""
    ours = after(snapshot_of(sandbox), rules=RULES)
    sandbox.fault(fault, path)

    decision = decided(snapshot_of(sandbox, may_use_groups=False), ours, RULES)

    assert not any(decision.judgement.removals.values())
    assert not any(plan.creates or plan.moves for plan in decision.judgement.plans.values())


@pytest.mark.parametrize("fault", ["empty_list", "wrong_types", "without_id"])
def test_members_that_came_empty_or_garbled_remove_nobody(sandbox, fault):
    """The list of classes is whole, but the read with their members is not."""
    ours = after(snapshot_of(sandbox), rules=RULES)
    sandbox.fault(fault, "schools/*/classes", query="class_subject")

    decision = decided(snapshot_of(sandbox), ours, RULES)

    assert quiet(decision)


def test_an_object_that_is_not_json_once_is_asked_for_again(sandbox):
    """Wonde's maintenance page at the first of all requests must not cost the night."""
    sandbox.fault("not_json", count=1)

    assert len(snapshot_of(sandbox).students.rows) == 60
