"""A "no" lasts: through every kind of night, undoing, erasing, a change of MIS and a new key. The real engine, the real
sandbox; each time the question is who would be written to."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from parents.models import AddressChoice, Contact, Guardianship
from parents.rules import choices
from parents.rules.recipients import verdicts
from students.models import Student
from sync.engine.runs import preview
from sync.engine.undo import undo
from sync.leaving import erasure
from sync.models import SyncRun
from sync.people import held
from tests.factories import SupportFactory
from tests.sync.living import living_school

pytestmark = pytest.mark.django_db


class Family:
    """A mother who is mailed, and everything that can happen to her, her child and the school."""

    def __init__(self, living, configuration):
        self.living, self.configuration, self.support = living, configuration, SupportFactory()
        family = next(iter(self.mails().values()))
        link = Guardianship.objects.current().filter(contact=family.contacts[0], student=family.students[0])
        self.link = link.select_related("contact", "student").get()
        self.address, self.child = family.address, self.link.student
        self.keys = 1

    def mails(self):
        return verdicts(self.living.school).mails

    def is_mailed(self):
        return self.address in {address.lower() for address in self.mails()}

    def says_no(self):
        choices.stop_address(self.living.school.pk, self.address, AddressChoice.Cause.PARENT)

    # --- What may happen

    def _day(self, *events):
        """What happened, and the night after; None if the sandbox says that it cannot happen now."""
        try:
            happened = self.living.sandbox.day(self.living.school.wonde_id, list(events))["events"]
        except AssertionError as refusal:
            if "bad_request" not in str(refusal):
                raise
            return None
        self.living.read()
        return happened

    def night(self):
        self._day()

    def _hers(self):
        """The row the MIS now has for her, if any."""
        known = {row["id"] for row in self.living.sandbox.every(f"schools/{self.living.school.wonde_id}/contacts")}
        hers = Contact.objects.filter(school=self.living.school, email__iexact=self.address, wonde_id__in=known)
        return hers.first()

    def another_case(self):
        if hers := self._hers():
            self._day({"event": "change_email", "contact": hers.wonde_id, "email": self.address.upper()})

    def another_contact_id(self):
        if hers := self._hers():
            self._day({"event": "contact_new_id", "contact": hers.wonde_id})

    def child_leaves(self):
        here = Student.objects.current().filter(pk=self.child.pk).first()
        if here:
            self._day({"event": "leave", "student": here.wonde_id})

    def _returns(self, event):
        if Student.objects.filter(pk=self.child.pk, wonde_id__isnull=False, left_at__isnull=False).exists():
            self.child.refresh_from_db()
            was_in = self.child.enrolments.order_by("-joined_at").first().school_class
            happened = self._day({"event": event, "student": self.child.wonde_id})
            if happened and not Student.objects.current().filter(wonde_id=happened[0]["student"]).exists():
                self._day({"event": "move_class", "student": happened[0]["student"], "to": was_in.wonde_id})

    def child_returns(self):
        self._returns("return_same_id")

    def child_returns_under_a_new_id(self):
        self._returns("return_new_id")

    def erased(self):
        erasure.erase_due(timezone.now() + timedelta(days=120))

    def undone(self):
        run = SyncRun.objects.applied().filter(school=self.living.school).exclude(trigger=SyncRun.Trigger.UNDO).first()
        if run == SyncRun.objects.applied().filter(school=self.living.school).first():
            undo(run, self.support, "a test", everything=True)
            held.resume(self.living.school, self.support)

    def another_mis(self):
        now = self.living.school.mis
        self._day({"event": "change_mis", "mis": "sims" if now == "Arbor" else "arbor", "keep_students": 0.5})
        proposal = preview(self.living.school).decision.proposal
        if proposal:
            held.confirm_change_of_mis(self.living.school, self.support, "a test", proposal.pairs, [])
            self.living.read()

    def another_key(self):
        self.keys += 1
        self.configuration.ADDRESS_KEYS += f",{self.keys}:key-number-{self.keys}-0123456789abcdef0123456789"

    def permission_comes_and_goes(self):
        self._day({"event": "withdraw_permission", "scope": "contacts.read"})
        self._day({"event": "grant_permission", "scope": "contacts.read"})

    HAPPENINGS = (
        "night", "another_case", "another_contact_id", "child_leaves", "child_returns", "child_returns_under_a_new_id",
        "erased", "undone", "another_mis", "another_key", "permission_comes_and_goes",
    )  # fmt: skip


@pytest.fixture
def family(settings):
    with living_school(settings) as living:
        yield Family(living, settings)


@pytest.mark.parametrize("happening", Family.HAPPENINGS)
def test_somebody_who_said_no_gets_nothing_afterwards(family, happening):
    family.says_no()
    assert not family.is_mailed()

    getattr(family, happening)()

    assert not family.is_mailed()


def test_after_leaving_erasing_and_returning_a_no_stands_and_without_it_mail_would_leave(family):
    family.says_no()
    family.child_leaves()
    leaver = Student.objects.get(pk=family.child.pk)
    family.child_returns()
    assert not family.is_mailed()
    assert leaver.left_at

    AddressChoice.objects.all().delete()

    assert family.is_mailed()


def test_parents_are_found_again_after_a_change_of_mis(family):
    before = set(Guardianship.objects.current().values_list("contact__email", "student"))

    family.another_mis()

    after = set(Guardianship.objects.current().values_list("contact__email", "student"))
    ids = Contact.objects.current().filter(wonde_id__isnull=False).count()
    assert len(before & after) > 0.95 * len(before)
    assert ids == Contact.objects.current().values("pk").distinct().count()
    assert Contact.objects.current().filter(pk=family.link.contact_id).exists()


def test_while_a_change_of_mis_waits_no_read_counts_for_mail(family):
    family.living.sandbox.day(family.living.school.wonde_id, [{"event": "change_mis", "mis": "arbor"}])

    run = family.living.read()

    assert run.ledger["contacts"]["aside"] == "held"


def _sequence(configuration, happenings, no_at):
    """Make things happen one after another, with the "no" before number `no_at`; from then on nobody writes to her."""
    said, fresh = False, configuration.ADDRESS_KEYS
    with transaction.atomic():
        with living_school(configuration, students=30) as living:
            family = Family(living, configuration)
            for number, happening in enumerate(happenings):
                if number == no_at:
                    family.says_no()
                    said = True
                getattr(family, happening)()
                assert not (said and family.is_mailed()), happenings[: number + 1]
        transaction.set_rollback(True)
    configuration.ADDRESS_KEYS = fresh


ORDERLY = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@pytest.mark.slow
@effort(max_examples=25, **ORDERLY)
@given(st.lists(st.sampled_from(Family.HAPPENINGS), min_size=2, max_size=7), st.integers(0, 2))
def test_no_sequence_of_nights_undos_and_erasures_brings_mail_to_somebody_who_said_no(settings, happenings, no_at):
    _sequence(settings, happenings, no_at)
