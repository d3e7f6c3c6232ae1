"""Schools that live through anything: whatever happens in whatever order, our tables are what the oracle says.

hypothesis invents the days, the faults, the deaths of runs and what people decide; after each step the rules that must
never break are looked at. `make test-all` plays 40 stories of 25 steps, `make test-long` 200.
"""

from contextlib import ExitStack, contextmanager
from datetime import timedelta

import hypothesis.strategies as st
import psycopg
import pytest
import time_machine
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from classes.models import Enrolment, SchoolClass
from parents.models import Block, Guardianship
from parents.rules.blocks import block
from parents.rules.recipients import verdicts
from schools.left_out import block_of
from schools.locks import lock_school
from schools.models import ApiToken, AuditEntry, Employee, Erasure, School
from schools.sharing import keys
from students.models import Student
from sync.engine.runs import preview, run_sync
from sync.engine.undo import can_undo_all, undo
from sync.leaving.erasure import erase_due
from sync.leaving.stopping import share_again, stop
from sync.models import Approval, Change, Hold, PermissionState, SyncRun, SyncSettings
from sync.people import held, second_class, someone_else
from sync.people.class_requests import store_decision
from sync.people.leaving_out import leave_out, lift
from sync.people.purposes import switch
from sync.sandbox.events.picking import EventError
from sync.sandbox.registry import Item
from sync.sandbox.testing import FIRST_DAY, running_sandbox
from tests.factories import SchoolFactory, SupportFactory, SyncSettingsFactory
from tests.sync import oracle
from tests.sync.tables import RUNS, versions

APPLIED, REFUSED = SyncRun.Status.APPLIED, SyncRun.Status.REFUSED
BESIDE = RUNS | {
    "schools_personblock",  # by which new ids and numbers somebody left out is known
    "schools_outgoingmail",  # what leads and support are told of what waits
    "schools_school",
    "sync_approval",
    "sync_connection",  # what the MIS was heard to say, what waits to be confirmed, who was told
    "sync_migration",
}  # a run may write there when no row of ours changes
REASON = "The school rang."

few = st.integers(1, 3)
COPIED = "\ufeff<One.For.All@Example.org>,\u00a0"  # an address as it comes out of a mail program
many = st.integers(4, 14)
PEOPLE = st.sampled_from(["student", "employee", "contact"])


def an_event(name, **parameters):
    """An event of the sandbox; parameters: strategies. Whom it happens to, the sandbox chooses."""
    return st.fixed_dictionaries({"event": st.just(name)} | parameters)


EVENTS = st.one_of(
    an_event("join", count=few),
    an_event("leave", count=few),
    an_event("leave", count=many),
    an_event("return_same_id", count=few),
    an_event("return_new_id", count=few),
    an_event("move_class", count=few, keep=st.booleans()),
    an_event("reset_class", share=st.sampled_from([0.5, 1.0])),
    an_event("rename", count=few),
    an_event("change_surname", count=few),
    an_event("leaving_date", count=few),
    an_event("admission_date", count=few),
    an_event("empty_upns", share=st.sampled_from([0.1, 1.0])),
    an_event("placeholder_upns", share=st.sampled_from([0.1, 1.0]), text=st.sampled_from(["N/A", "0", "tbc"])),
    an_event("join_as_leaver", count=few),
    an_event("gain_contact", count=few),
    an_event("lose_contact", count=few),
    an_event("withdraw_responsibility", count=few, unknown=st.booleans()),
    an_event("court_order", count=few, lifted=st.booleans()),
    an_event(
        "change_email",
        count=few,
        email=st.sampled_from([None, "one.for.all@example.org", COPIED]),
    ),
    an_event("shift_emails"),
    an_event("change_teacher"),
    an_event("teacher_joins", count=few),
    an_event("teacher_not_current"),
    an_event("leaving_date", count=many),
    an_event("zero_dates", share=st.sampled_from([0.1, 1.0]), date=st.sampled_from(["0000-00-00", "-0001-11-30"])),
    an_event("employee_email"),
    an_event("new_class", size=st.integers(2, 12)),
    an_event("rename_class"),
    an_event("end_class", count=few),
    an_event("hide_people", count=few, kind=PEOPLE),
    an_event("hide_people", count=few, kind=PEOPLE, named=st.booleans()),
    an_event("hide_people", count=many, kind=PEOPLE),
    an_event("show_people"),
    an_event("count_hidden", counted=st.booleans()),
    an_event("bulk_updated_at"),
    an_event("change_mis"),
)
SCOPES = st.sampled_from(
    [
        "students.read", "students.upn.read", "students.education_details.read", "students.gender.read",
        "students.date_of_birth.read", "students.extended_details.read", "contacts.read",
        "contacts.contact_details.read", "contacts.priority.read", "contacts.parental_responsibility.read",
        "employees.read", "employees.contact_details.read", "employees.employment_details.read", "classes.read",
        "subjects.read", "groups.read",
    ]
)  # fmt: skip
OF_ONE_FIELD = st.sampled_from(sorted(set(oracle.PERMISSIONS.values())))
LISTS = st.sampled_from(["schools/*/students", "schools/*/employees", "schools/*/classes"])
PASSING = st.sampled_from(
    ["server_error", "bad_gateway", "too_many_requests", "reset", "cut", "not_json", "wrong_json"]
)
REFUSING = st.sampled_from(["unauthorised", "server_error", "bad_gateway", "reset", "cut", "not_json", "wrong_json"])
READ_ALL_THE_SAME = st.sampled_from(["forbidden", "empty_list", "wrong_types", "without_id", "wrong_counts"])
STEPS = st.sampled_from(
    ["school", "classes", "members of classes", "staff", "students", "applying", "writing", ""]
)  # "": its last word
STATES = st.sampled_from(
    ["here", "missing", "without a class", "kept", "paused", "undone", "frozen", "chosen elsewhere", "blocked"]
)
WHAT_COMES = st.one_of(
    an_event("court_order"),
    an_event("withdraw_responsibility", unknown=st.booleans()),
    an_event("leaving_date"),
    an_event("admission_date"),
    an_event("leave"),
    an_event("return_same_id"),
    an_event("return_new_id"),
    an_event("move_class", keep=st.booleans()),
    an_event("gain_contact"),
    an_event("lose_contact"),
    an_event("empty_upns"),
    an_event("withdraw_permission", scope=st.sampled_from(["contacts.read", "students.read", "classes.read"])),
    an_event("change_mis"),
)
OF_THE_SCHOOL = ("empty_upns", "withdraw_permission", "change_mis")
LIMITS = st.fixed_dictionaries(
    {
        "kind_free": st.sampled_from([1, 5]), "kind_share": st.sampled_from([5, 10]),
        "class_free": st.sampled_from([1, 5]), "class_share": st.sampled_from([30, 50]),
    }
)  # fmt: skip


class LivingSchool(RuleBasedStateMachine):
    """One small school, from its first import on."""

    pytest_settings = None  # pytest-django's `settings`, given by the test

    def __init__(self):
        super().__init__()
        self.open = ExitStack()
        self.clock = self.open.enter_context(time_machine.travel(FIRST_DAY, tick=False))
        self.blocks, self.approved, self.pairs, self.known, self.told_of_school = [], None, None, set(), 0
        self.keeps = set()
        self.said = {}
        self.out = []  # kind, primary key, what they are known by, who was here beside them

    def teardown(self):
        connection.close()  # a bug may have left it in a transaction
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE schools_school, schools_user CASCADE")
        self.open.close()

    # --- what the rules are made of

    @initialize(
        seed=st.integers(0, 5),
        limits=LIMITS,
        asks_first=st.booleans(),
        mis=st.sampled_from(["sims", "arbor"]),
        year_ends=st.sampled_from(["", "07-20"]),
        shares=st.sets(st.sampled_from(oracle.DETAILS)),
    )
    def first_import(self, seed, limits, asks_first, mis, year_ends, shares):
        self.sandbox = self.open.enter_context(running_sandbox(students=52, seed=seed, mis=mis))
        self.pytest_settings.WONDE_BASE_URL, self.pytest_settings.WONDE_TOKEN = self.sandbox.url, self.sandbox.token
        school = SchoolFactory(wonde_id=self.sandbox.school_ids[0])
        SyncSettingsFactory(school=school, retention_days=7, year_ends=year_ends, **limits)
        self.pk, self.wonde_id, self.support = school.pk, school.wonde_id, SupportFactory()
        for purpose in sorted(shares):
            switch(school, purpose, True, self.support, REASON)
        self.sync()
        SyncSettings.objects.filter(school=school).update(asks_first=asks_first)

    @property
    def school(self):
        return School.objects.get(pk=self.pk)

    def wonde(self, ours):
        return oracle.theirs(self.sandbox.url, self.sandbox.token, self.wonde_id, ours)

    def happens(self, *events, new_day=False):
        """Events at the school, as far as they can happen to it."""
        for event in events:
            try:
                self.sandbox.sandbox.registry.happen(self.wonde_id, Item([event], new_day=False))
            except EventError:
                continue
        if new_day:
            self.sandbox.day(self.wonde_id, [])
            self.clock.shift(timedelta(days=1))

    def sync(self, dies_at=None, **how):
        """One run; where it was applied, our tables are what they must be.

        dies_at: PostgreSQL ends the session of the run there, as if its worker were gone, and the next run follows.
        """
        self.clock.shift(timedelta(minutes=1))
        before, written, known = oracle.tables(self.pk), versions(*BESIDE), self.known_besides()
        try:
            with deadly_at(dies_at):
                run = run_sync(self.school, SyncRun.Trigger.NIGHT, **how)
        except (DatabaseError, InterfaceError, psycopg.OperationalError):  # COPY raises the driver's own
            assert dies_at is not None
            assert versions(*BESIDE) == written
            return self.sync(**how)
        ours = oracle.tables(self.pk)
        told = Change.objects.filter(school=self.pk, kind="schools").count()  # frozen, revoked or given back
        quiet = told == self.told_of_school
        self.told_of_school = told
        if run.status != APPLIED:
            assert vars(oracle.unchanged(ours)) == vars(oracle.unchanged(before))
            assert not quiet or versions(*BESIDE) == written
            return run
        rollover = how.get("rollover", False)
        must = oracle.expected(
            before,
            self.wonde(before),
            timezone.now(),
            self.blocks,
            self.approved,
            self.pairs,
            rollover,
            self.said,
            self.keeps,
            self.out,
        )
        told = oracle.differences(must, ours, before)
        assert not told, "\n".join(told[:9])
        causes = Change.objects.filter(run=run, verb="remove").values_list("kind", "row_id", "cause")
        assert {(kind, pk): cause for kind, pk, cause in causes} == must.gone
        learnt = ours.rules["facts_known"] != before.rules["facts_known"] or self.known_besides() != known
        if quiet and not learnt and vars(must) == vars(oracle.unchanged(before)) and ours.limits == before.limits:
            assert versions(*BESIDE) == written
        self.nobody_left_out_is_anywhere()
        self.no_change_tells_what_nobody_asks_for(ours)
        self.never_more_than_the_limits(run, before, rollover)
        self.the_ledger_adds_up(run, ours)
        self.everybody_is_in_place(ours)
        self.approved, self.keeps, self.pairs = None, set(), None
        return run

    def known_besides(self):
        """Staff whose access has ended although their removal waits, and the permissions Wonde lists."""
        stopped = Employee.objects.filter(school=self.pk).exclude(stopped_at=None)
        listed = PermissionState.objects.filter(school=self.pk)
        return set(stopped.values_list("pk", flat=True)), dict(listed.values_list("identity", "approved"))

    def never_more_than_the_limits(self, run, before, rollover):
        """Unless somebody's word for it is recorded. What a year that ends takes along is no loss: its classes."""
        turned = not (rollover and run.ledger["classes"]["aside"])  # else only the task's row says who wanted it
        if turned and run.changes.filter(verb="remove", cause="approved").exists():
            words = [
                Approval.objects.filter(run=run, applied=True),
                AuditEntry.objects.filter(kind="syncrun", object_id=run.pk, verb="confirmed the new school year"),
            ]
            assert any(word.exists() for word in words)
        rules = before.rules
        between = oracle.year_of(rules, timezone.now()).between
        for kind in oracle.ROWS.keys() - ({"classes"} if between else set()):
            gone = run.changes.filter(kind=kind, verb="remove", cause="absence").values_list("row_id", flat=True)
            counted = [pk for pk in gone if before.rows[kind][pk].get("status") != "out"]
            if counted:
                present = [row for row in before.here(kind).values() if row.get("status") != "out"]
                earlier = {
                    pk
                    for at, what, pk in before.gone
                    if what == kind
                    and at > timezone.now() - oracle.WEEK
                    and not before.rows[kind].get(pk, {}).get("here")
                    and before.rows[kind].get(pk, {}).get("status") != "out"
                }
                sizes = [sizes for at, sizes in before.sizes if at <= timezone.now() - oracle.WEEK] or [
                    before.sizes[0][1]
                ]
                start, total = sizes[-1][kind] or len(present) + len(earlier), len(counted) + len(earlier)
                assert total <= rules["kind_free"] or total * 100 <= rules["kind_share"] * start, (kind, counted)
                assert len(counted) < len(present), kind

    def the_ledger_adds_up(self, run, ours):
        for kind, ledger in run.ledger.items():
            told = ledger["imported"] + sum(ledger["withheld"].values()) + ledger["unreadable"]
            assert ledger["read"] == told, (kind, ledger)
        sizes = {link: len(ours.lasting(link)) for link in oracle.LINKS}
        sizes["details"] = sum(row["here"] for row in ours.details.values())
        for kind in oracle.ROWS:
            sizes[kind] = sum(row.get("status") != "out" for row in ours.here(kind).values())
        assert run.sizes == sizes

    def everybody_is_in_place(self, ours):
        """One class a student; every place has both its ends; whoever was here is here, or went with a change that
        says so, or was erased."""
        students = [stay["student"] for stay in ours.lasting("enrolments").values()]
        assert len(students) == len(set(students))
        for link, (_, ends, _) in oracle.LINKS.items():
            for stay in ours.lasting(link).values():
                assert all(ours.rows[kind][stay[end]]["here"] for end, kind in ends.items()), (link, stay)
        assert {student for student, row in ours.details.items() if row["here"]} <= ours.here("students").keys()
        last = Change.objects.of_runs().filter(school=self.pk)
        last = last.order_by("kind", "row_id", "-pk").distinct("kind", "row_id")
        verbs = {(kind, pk): verb for kind, pk, verb in last.values_list("kind", "row_id", "verb")}
        now = {(kind, pk): row["here"] for kind, rows in ours.rows.items() for pk, row in rows.items()}
        self.known |= now.keys()
        notes = Erasure.objects.filter(school=self.pk).values_list("ids", flat=True)
        erased = {(kind, pk) for note in notes for kind, pks in note.items() for pk in pks}
        assert self.known - now.keys() <= erased
        assert {known: verbs[known] == "remove" for known in now} == {known: not here for known, here in now.items()}

    def no_change_tells_what_nobody_asks_for(self, ours):
        """Not even of those who have left."""
        off = {*oracle.PURPOSES} - ours.purposes
        told = Change.objects.filter(school=self.pk).exclude(values=None)
        assert not told.filter(kind="details", values__has_any_keys=sorted(off)).exists()
        assert "weekly_mail" not in off or not told.filter(kind__in=["contacts", "guardianships"]).exists()
        assert "staff_sign_in" not in off or not told.filter(kind="employees", values__has_key="email").exists()

    # --- days and nights

    @rule(events=st.lists(EVENTS, min_size=1, max_size=3), new_day=st.booleans())
    def a_day_and_its_night(self, events, new_day):
        self.happens(*events, new_day=new_day)
        self.sync()

    @rule(events=st.lists(EVENTS, min_size=1, max_size=2))
    def a_day_that_nobody_reads(self, events):
        self.happens(*events, new_day=True)

    @rule()
    def a_quiet_week(self):
        self.happens(new_day=True)
        self.clock.shift(timedelta(days=6))
        self.sync()

    @rule()
    def the_same_night_again(self):
        """Twice the same snapshot writes nothing, unless something held may pass now: `sync` knows."""
        self.sync()
        self.sync()

    @rule(scope=SCOPES, granted=st.booleans())
    def a_permission_changes(self, scope, granted):
        self.happens({"event": "grant_permission" if granted else "withdraw_permission", "scope": scope})
        self.sync()

    @rule(scope=OF_ONE_FIELD, granted=st.booleans(), listed=st.sampled_from([True, False, None, "no list"]))
    def a_permission_changes_and_is_listed_otherwise(self, scope, granted, listed):
        """The list says something else of a single field than is so, or does not come; then it is right again."""
        says = {"form": "none"} if listed == "no list" else {"scope": scope, "approved": listed}
        change = {"event": "grant_permission" if granted else "withdraw_permission", "scope": scope}
        self.happens(change, {"event": "permission_list"} | says)
        self.sync()
        self.happens({"event": "permission_list"})
        self.sync()

    @rule(
        events=st.lists(EVENTS, max_size=1),
        purpose=st.sampled_from(oracle.PURPOSES),
        on=st.booleans(),
        by_hand=st.booleans(),
    )
    def a_purpose_is_switched(self, events, purpose, on, by_hand):
        """By a lead, whose word is obeyed at once; or by another way, which the next sync obeys."""
        self.happens(*events)
        if by_hand:
            with transaction.atomic():
                (keys.switch_on if on else keys.switch_off)(self.school, purpose, self.support, REASON)
        else:
            switch(self.school, purpose, on, self.support, REASON)
            self.no_change_tells_what_nobody_asks_for(oracle.tables(self.pk))
        self.sync()

    @rule(share=st.sampled_from([0.1, 1.0]), gender=st.sampled_from([None, "Demigirl"]))
    def the_mis_says_another_gender(self, share, gender):
        """Of some, or of everybody at once."""
        students = [*self.world.students.values()]
        for student in students[: round(share * len(students))]:
            student.gender = gender
        self.sync()

    @rule(events=st.lists(EVENTS, max_size=1), ended=st.sets(st.sampled_from(["here", "in Wonde"]), min_size=1))
    def access_is_ended_and_given_back(self, events, ended):
        """In Wonde, by somebody who stops sharing here, or both: only what ended it gives it back."""
        if "here" in ended:
            stop(self.school, self.support, REASON)
        self.happens(*events, *[{"event": "access_revoked"}] * ("in Wonde" in ended))
        assert self.sync().status == REFUSED
        assert self.school.revoked_at
        if "here" in ended:
            share_again(self.school, self.support)
            assert self.school.revoked_at
            assert self.sync().status == (REFUSED if "in Wonde" in ended else APPLIED)
        if "in Wonde" in ended:
            self.happens({"event": "access_approved"})
            assert self.sync().status == APPLIED
        assert self.school.revoked_at is None

    # --- faults

    @rule(events=st.lists(EVENTS, max_size=1), kind=PASSING, path=LISTS)
    def a_fault_that_passes(self, events, kind, path):
        """Where the school hides somebody, three reads must agree; with a broken one in between it is tried again."""
        self.happens(*events)
        if self.asks_for(path):
            self.sandbox.fault(kind, path, count=1)
        status = self.sync().status
        self.sandbox.clear_faults()
        if status == REFUSED and self.world.hidden:
            status = self.sync().status
        assert status == APPLIED

    @rule(events=st.lists(EVENTS, max_size=1), kind=REFUSING, path=LISTS)
    def a_fault_that_lasts(self, events, kind, path):
        self.happens(*events)
        self.sandbox.fault(kind, path)
        if self.asks_for(path):
            assert self.sync().status == REFUSED
        self.sandbox.clear_faults()

    @rule(events=st.lists(EVENTS, max_size=1), kind=READ_ALL_THE_SAME, path=LISTS)
    def a_fault_that_can_be_read(self, events, kind, path):
        self.happens(*events)
        self.sandbox.fault(kind, path)
        assert self.sync().status == APPLIED
        self.sandbox.clear_faults()

    def asks_for(self, path):
        """Whether a list is read at all: not where the school has withdrawn it."""
        return self.world.scopes >= {f"{path.rsplit('/')[-1]}.read"}

    @property
    def world(self):
        return self.sandbox.sandbox.registry.world(self.wonde_id)

    # --- deaths

    @rule(events=st.lists(EVENTS, max_size=2), step=STEPS)
    def a_run_dies(self, events, step):
        self.happens(*events)
        self.sync(dies_at=step)

    # --- previews

    @rule(events=st.lists(EVENTS, max_size=1), meanwhile=st.lists(EVENTS, max_size=1))
    def exactly_this_preview(self, events, meanwhile):
        self.happens(*events)
        self.seen_and_confirmed(meanwhile)

    def seen_and_confirmed(self, meanwhile, rollover=False):
        """A person has looked at what a run would do, and wants exactly that; `meanwhile` it may have changed."""
        self.clock.shift(timedelta(minutes=1))
        written = versions()
        seen = preview(self.school, rollover).decision
        assert versions() == written
        self.happens(*meanwhile)
        moved = preview(self.school, rollover).decision.fingerprint != seen.fingerprint
        pending = self.approved or self.pairs  # a preview does not show what a person has said since
        run = self.sync(expected=seen.fingerprint, rollover=rollover)
        if not pending:
            assert run.status == (REFUSED if moved else APPLIED)

    # --- school years

    @rule(
        day=st.sampled_from([(7, 24), (9, 2)]),
        new_classes=st.booleans(),
        confirmed=st.booleans(),
        too_early=st.booleans(),
    )
    def a_school_year_ends(self, day, new_classes, confirmed, too_early):
        """In the summer or with the first day of the next. The MIS may have the new classes by then, or not yet.

        too_early: who confirmed the rollover takes it back.
        """
        self.clock.move_to(next_morning(*day))
        if new_classes and self.world.academic_year < timezone.now().year:
            self.happens({"event": "rollover"})
        self.sync()
        if confirmed:
            self.seen_and_confirmed([], rollover=True)
            if too_early:
                self.taken_back(self.last, can_undo_all(self.last))

    @rule(events=st.lists(EVENTS, max_size=1), meanwhile=st.lists(EVENTS, max_size=1))
    def the_rollover_is_confirmed(self, events, meanwhile):
        self.happens(*events)
        self.seen_and_confirmed(meanwhile, rollover=True)

    @rule()
    def a_month_passes(self):
        """New classes have settled then: who is still in none leaves."""
        self.clock.shift(timedelta(days=31))
        self.sync()

    # --- what people decide

    @property
    def last(self):
        return SyncRun.objects.complete().filter(school=self.pk).order_by("-started_at").first()

    def asked(self):
        return self.last.asked and SyncRun.objects.applied().of_everybody().filter(school=self.pk).first() == self.last

    @precondition(asked)
    @rule(events=st.lists(EVENTS, max_size=1), again=st.booleans(), share=st.sampled_from([0, 0.1, 0.5, 0.9]))
    def what_is_held_is_approved(self, events, again, share):
        """All of it, or all but some of what the page lists."""
        listed = sorted(Hold.objects.listed().filter(school=self.pk).values_list("kind", "row_id"))
        keeps = listed[:: round(1 / share)] if share else []
        for _ in range(1 + again):
            held.approve(self.school, self.support, REASON, self.last.asked, keeps)
        self.approved, self.keeps = oracle.tables(self.pk).holds, set(keeps)
        self.happens(*events)
        self.sync()

    @precondition(asked)
    @rule()
    def what_is_held_is_kept(self):
        """It stays on the list; only what nobody has looked at yet waits."""
        held.keep(self.school, self.support, REASON, self.last.asked)
        kept = oracle.tables(self.pk).holds
        run = self.sync()
        if oracle.tables(self.pk).holds <= kept:
            assert not [entry for entry in run.waiting if "limit" in entry]

    @rule(everything=st.booleans(), back=st.integers(0, 3))
    def a_run_is_undone(self, everything, back):
        runs = list(SyncRun.objects.applied().of_everybody().filter(school=self.pk)[: back + 1])
        self.taken_back(runs[-1], everything and can_undo_all(runs[-1]))

    def taken_back(self, run, everything):
        self.clock.shift(timedelta(minutes=1))
        before = oracle.tables(self.pk)
        columns = ("kind", "row_id", "verb", "cause", "values")
        changes = list(run.changes.order_by("pk").values(*columns))
        later = Change.objects.filter(school=self.pk, run__started_at__gt=run.started_at)
        touched = set(later.values_list("kind", "row_id"))
        confirmed = AuditEntry.objects.filter(kind="syncrun", object_id=run.pk, verb="confirmed the new school year")
        must = oracle.undone(before, changes, touched, everything, self.blocks, confirmed.exists(), self.out)
        made = undo(run, self.support, REASON, everything)
        ours = oracle.tables(self.pk)
        told = oracle.differences(must, ours, before)
        assert not told, "\n".join(told[:9])
        self.everybody_is_in_place(ours)
        removed = made.changes.filter(verb="remove").values_list("kind", "row_id", "cause")
        assert {(kind, pk): cause for kind, pk, cause in removed} == must.gone
        assert SyncSettings.objects.get(school=self.pk).paused_at
        self.sync()

    @rule()
    def the_school_is_resumed(self):
        held.resume(self.school, self.support)
        self.sync()

    @rule(place=st.integers(0, 1000), verdict=st.sampled_from(["in", "out"]), own=st.booleans())
    def a_class_is_decided(self, place, verdict, own):
        rows = SchoolClass.objects.present().filter(school=self.pk).order_by("pk")
        rows = list(rows.filter(subject__startswith="Math") if own else rows)
        if rows:
            with transaction.atomic():
                lock_school(self.pk)
                store_decision([rows[place % len(rows)]], verdict, self.support, REASON)
            self.sync()

    @rule(place=st.integers(0, 100), other=st.booleans())
    def a_class_is_chosen_for_a_student(self, place, other):
        doubles = second_class.of_school(self.school)
        if doubles:
            found = doubles[place % len(doubles)]
            second_class.choose(self.school, found.student.pk, found.offered[other].pk, self.support, REASON)
            self.sync()

    @rule(place=st.integers(0, 1000))
    def a_contact_is_blocked(self, place):
        links = Guardianship.objects.current().filter(school=self.pk).order_by("pk")
        if links:
            self.blocked(links.filter(pk=links[place % len(links)].pk))
            self.sync()

    @rule(place=st.integers(0, 1000), kind=st.sampled_from(["students", "students", "employees"]))
    def somebody_is_left_out(self, place, kind):
        ours = oracle.tables(self.pk)
        if not ours.rows[kind]:
            return
        pk, row = sorted(ours.rows[kind].items())[place % len(ours.rows[kind])]
        if (kind, pk) in {(of, whose) for of, whose, *_ in self.out}:
            return
        here = ours.here(kind)
        others = [other for key, other in here.items() if key != pk]
        known = {row["wonde_id"]} | oracle.identifying(kind, row, others)
        leave_out(self.school, kind, pk, self.support, "other", REASON)
        self.out.append((kind, pk, known, set(here) - {pk}))
        self.nobody_left_out_is_anywhere()
        self.sync()

    @precondition(lambda self: self.out)
    @rule(place=st.integers(0, 9))
    def somebody_is_let_back_in(self, place):
        kind, pk, *_ = self.out.pop(place % len(self.out))
        lift(block_of(self.school, kind, pk), self.support)
        self.sync()

    def nobody_left_out_is_anywhere(self):
        """Not in a list, the weekly mail or the API."""
        students = {pk for kind, pk, *_ in self.out if kind == "students"}
        staff = {pk for kind, pk, *_ in self.out if kind == "employees"}
        token = ApiToken(every_school=True)
        assert not Student.objects.current().filter(pk__in=students).exists()
        assert not Employee.objects.current().filter(pk__in=staff).exists()
        assert not Student.objects.visible_to_token(token).filter(pk__in=students).exists()
        assert not Employee.objects.visible_to_token(token).filter(pk__in=staff).exists()
        assert not Enrolment.objects.visible_to_token(token).filter(student__in=students).exists()
        assert not students & {child for child, _ in verdicts(self.school).why}

    def blocked(self, links):
        """A person blocks these contacts for their students."""
        for link in links.select_related("student", "contact"):
            with transaction.atomic():
                lock_school(self.pk)
                block(link.student, link.contact, Block.Cause.choices[0][0], self.support)
            student, contact = link.student, link.contact
            own = {student.pk, student.wonde_id, student.upi, student.upn}
            self.blocks.append((own - {""}, {contact.wonde_id, contact.upi, contact.email} - {""}))

    @precondition(lambda self: any(entry["code"] == "change_of_mis" for entry in self.last.waiting))
    @rule()
    def a_change_of_mis_is_confirmed(self):
        if proposal := preview(self.school).decision.proposal:
            held.confirm_change_of_mis(self.school, self.support, REASON, proposal.pairs, [])
            self.pairs = {kind: dict(found) for kind, found in proposal.pairs.items()}
            self.sync()

    # --- two rules that meet

    @rule(place=st.integers(0, 1000), state=STATES, event=WHAT_COMES)
    def what_comes_meets_a_state(self, place, state, event):
        """One student is brought into a state, and then something comes for just this student."""
        here = oracle.tables(self.pk).here("students")
        if not here:
            return
        key = sorted(here)[place % len(here)]
        student = {"student": here[key]["wonde_id"]}
        self.into_state(state, key, student)
        self.happens({**event, **student} if event["event"] not in OF_THE_SCHOOL else event)
        self.sync()
        self.sync()

    def into_state(self, state, key, student):
        if state in ("missing", "kept", "undone"):
            self.happens({"event": "leave"} | student, {"event": "leave", "count": 12})
        elif state == "without a class":
            self.happens({"event": "end_class", "count": 3})
        elif state == "chosen elsewhere":
            self.happens({"event": "move_class", "keep": True} | student)
        elif state == "frozen":
            self.happens({"event": "withdraw_permission", "scope": "contacts.read"})
        run = self.sync()
        if state == "kept" and run.asked:
            held.keep(self.school, self.support, REASON, run.asked)
        elif state in ("undone", "paused") and run.status == APPLIED:
            self.taken_back(run, everything=False)
        elif state == "chosen elsewhere":
            for found in second_class.of_school(self.school):
                if found.student.pk == key:
                    second_class.choose(self.school, key, found.offered[-1].pk, self.support, REASON)
        elif state == "blocked":
            self.blocked(Guardianship.objects.current().filter(school=self.pk, student=key))
        self.sync()

    @precondition(lambda self: self.last.unlike)
    @rule(place=st.integers(0, 9), is_same=st.booleans())
    def somebody_new_is_recognised(self, place, is_same):
        waiting = someone_else.of_school(self.school)
        if waiting:
            one = waiting[place % len(waiting)]
            someone_else.answer(self.school, one.kind, one.wonde_id, is_same, self.support)
            self.said.setdefault(one.kind, {})[one.wonde_id, one.was.pk] = is_same
            self.sync()

    @rule()
    def leavers_are_erased(self):
        self.clock.shift(timedelta(minutes=1))
        erase_due()


def next_morning(month, day):
    """The next such day to come, at the hour of our first."""
    now = timezone.now()
    this_year = FIRST_DAY.replace(year=now.year, month=month, day=day)
    return this_year if this_year > now else this_year.replace(year=now.year + 1)


@contextmanager
def deadly_at(step):
    """Our session of the database ends at that step of a run (the fixture `deadly`); None for a safe one."""
    if step is None:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('rollbook.dies_at', %s, false)", [step])
    try:
        yield
    finally:
        connection.close()


DIES = """
CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
CREATE TRIGGER dies BEFORE UPDATE ON sync_syncrun FOR EACH ROW
WHEN (NEW.step = current_setting('rollbook.dies_at', true)) EXECUTE FUNCTION dies();
CREATE TRIGGER dies BEFORE INSERT ON sync_change FOR EACH ROW
WHEN (current_setting('rollbook.dies_at', true) = 'writing') EXECUTE FUNCTION dies();
"""


@pytest.fixture
def deadly(transactional_db):
    """A run whose session says `rollbook.dies_at` ends at that step."""
    with connection.cursor() as cursor:
        cursor.execute(DIES)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION dies() CASCADE")


@pytest.fixture
def story(settings, deadly):
    """The machine, which finds its sandbox through our settings."""
    return type("Story", (LivingSchool,), {"pytest_settings": settings})


def tell(story, stories):
    plot = settings(
        max_examples=stories,
        stateful_step_count=25,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],  # explaining a failure would trace every line of every run
    )
    run_state_machine_as_test(story, settings=plot)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(4))
def test_whatever_happens_our_tables_are_what_the_oracle_says(story, part):
    """Twelve stories, the same in every run."""
    tell(seed(part)(story), 3)


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(8))
def test_whatever_else_happens_our_tables_are_what_the_oracle_says(story, part):
    """200 stories, others in every run; hypothesis prints the one that fails."""
    tell(story, 25)
