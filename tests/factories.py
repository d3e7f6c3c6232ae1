"""One consistent world, a factory per model: what belongs together shares its school without being told.

Sequences, not random values, so that a test may assert what it sees. `EnrolmentFactory()` alone makes a school, a class
and a student of it; `EnrolmentFactory(school_class=…)` a student of that class. Staff logins have the password
`PASSWORD`; students' logins have none.
"""

from datetime import date, timedelta
from uuid import uuid4

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory

from classes.models import Enrolment, ImportRequest, RequestedClass, SchoolClass, Teaching
from parents.models import Contact, Guardianship, MailSettings
from schools.models import (
    Acceptance,
    Agreement,
    ApiRead,
    ApiToken,
    AuditEntry,
    AuthoriserRight,
    Employee,
    Erasure,
    LeadRight,
    School,
    SchoolGroup,
    SupportRight,
    Task,
    User,
)
from schools.sharing import agreements, asked, receipts
from schools.text import names
from students.models import Details, Student, WeeklyProgress
from sync.copies.due import due_on
from sync.erasing import notes
from sync.models import AccessRequest, Change, Hold, Hook, SyncRun, SyncSettings
from tests.last_read import told_anew
from tests.tools.identifiers import upi_of

PASSWORD = "correct horse battery staple"


def ago(**length):
    """The moment that long ago: `ago(days=3)`."""
    return timezone.now() - timedelta(**length)


class SchoolFactory(DjangoModelFactory):
    class Meta:
        model = School

    wonde_id = factory.Sequence(lambda n: f"A19{n:08}")
    name = factory.Sequence(lambda n: f"Harbour School {n}")
    code = factory.Sequence(lambda n: f"harbour-{n}")
    mis = "SIMS"


class SyncSettingsFactory(DjangoModelFactory):
    """A school that is due tomorrow."""

    class Meta:
        model = SyncSettings

    school = factory.SubFactory(SchoolFactory)
    due_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=18))


class UserFactory(DjangoModelFactory):
    """Somebody who signs in by email; belongs to no school until an employee or a lead right says so."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class SupportFactory(UserFactory):
    """Support with a right for every task, or only for `rights__tasks`: at `rights__schools`, or at every school."""

    class Meta:
        skip_postgeneration_save = True

    is_staff = True
    is_superuser = True
    email = factory.Sequence(lambda n: f"support{n}@example.org")

    @factory.post_generation
    def rights(self, create, extracted, tasks=tuple(Task), schools=None, **kwargs):
        group = None
        if schools is not None:
            group = SchoolGroup.objects.create(name=f"Group of {self.email}")
            group.schools.set(schools)
        SupportRight.objects.bulk_create(SupportRight(user=self, task=task, group=group) for task in tasks)


class StudentUserFactory(DjangoModelFactory):
    """A student's login: at one school, by username, without any secret."""

    class Meta:
        model = User

    school = factory.SubFactory(SchoolFactory)
    username = factory.Sequence(lambda n: f"student{n}")
    password = factory.LazyFunction(lambda: make_password(None))


class LeadRightFactory(DjangoModelFactory):
    class Meta:
        model = LeadRight

    school = factory.SubFactory(SchoolFactory)
    user = factory.SubFactory(UserFactory)


class AuthoriserRightFactory(DjangoModelFactory):
    class Meta:
        model = AuthoriserRight

    school = factory.SubFactory(SchoolFactory)
    user = factory.SubFactory(UserFactory)


class AgreementFactory(DjangoModelFactory):
    class Meta:
        model = Agreement

    version = factory.Sequence(lambda n: f"2026-{n}")
    title = "Agreement about personal data"
    effective_on = date(2026, 1, 1)
    body = factory.LazyAttribute(
        lambda row: (
            f"# {row.title}\nVersion: {row.version}\nIn force from: {row.effective_on}\n\nWe process it for you.\n\n"
            "## Sub-processors\n\n- Example Hosting Ltd\n"
        )
    )
    sha256 = factory.LazyAttribute(lambda row: agreements.digest(row.body))


def _receipt(row):
    names = ("school", "agreement", "name", "position", "asked", "permissions", "at", "receipt_no")
    return Acceptance(**{name: getattr(row, name) for name in names})


class AcceptanceFactory(DjangoModelFactory):
    """A receipt that holds when it is checked."""

    class Meta:
        model = Acceptance

    school = factory.SubFactory(SchoolFactory)
    agreement = factory.SubFactory(AgreementFactory)
    name = "Ruth Pell"
    position = "Business manager"
    asked = factory.LazyFunction(lambda: asked.snapshot({"roster"}, lambda name: tuple(name.split("."))[::-1]))
    permissions = factory.LazyAttribute(lambda row: asked.permissions(row.asked))
    at = factory.LazyFunction(timezone.now)
    receipt_no = factory.LazyFunction(receipts.new_number)
    sha256 = factory.LazyAttribute(lambda row: receipts.fingerprint(_receipt(row)))


def _note(row):
    names = ("school", "number", "at", "cause", "by", "reason", "ids")
    return Erasure(**{name: getattr(row, name) for name in names})


class ErasureFactory(DjangoModelFactory):
    """The note of an erasure that holds when it is checked."""

    class Meta:
        model = Erasure

    school = factory.SubFactory(SchoolFactory)
    number = factory.LazyFunction(receipts.new_number)
    at = factory.LazyFunction(timezone.now)
    cause = Erasure.Cause.RETENTION
    by = Erasure.By.RULE
    reason = ""
    ids = {"students": [4711]}
    sha256 = factory.LazyAttribute(lambda row: notes.fingerprint(_note(row)))


class EmployeeFactory(DjangoModelFactory):
    """Staff without a login; `TeacherFactory` is one who can sign in."""

    class Meta:
        model = Employee

    school = factory.SubFactory(SchoolFactory)
    wonde_id = factory.Sequence(lambda n: f"E{n:010}")
    title = "Ms"
    forename = factory.Sequence(lambda n: f"Ruth{n}")
    surname = factory.Sequence(lambda n: f"Pell{n}")
    sort_name = factory.LazyAttribute(lambda row: names.sort_name(row.surname, row.forename))
    email = factory.LazyAttribute(lambda row: f"{row.forename}.{row.surname}@example.org".lower())


class TeacherFactory(EmployeeFactory):
    user = factory.SubFactory(UserFactory)


class StudentFactory(DjangoModelFactory):
    class Meta:
        model = Student

    school = factory.SubFactory(SchoolFactory)
    wonde_id = factory.Sequence(lambda n: f"S{n:010}")
    forename = factory.Sequence(lambda n: f"Tobi{n}")
    surname = factory.Sequence(lambda n: f"Okoro{n}")
    sort_name = factory.LazyAttribute(lambda row: names.sort_name(row.surname, row.forename))
    year_group = "9"


class DetailsFactory(DjangoModelFactory):
    class Meta:
        model = Details

    student = factory.SubFactory(StudentFactory)
    school = factory.SelfAttribute("student.school")
    gender, birthday, eal, pupil_premium, sen = "FEMALE", "06-21", "no", "yes", "support"
    joined_at = factory.LazyFunction(timezone.now)


class SchoolClassFactory(DjangoModelFactory):
    class Meta:
        model = SchoolClass

    school = factory.SubFactory(SchoolFactory)
    wonde_id = factory.Sequence(lambda n: f"C{n:010}")
    name = factory.Sequence(lambda n: f"9x/Ma{n}")
    sort_name = factory.LazyAttribute(lambda row: names.sort_name(row.name))
    subject = "Mathematics"
    year_group = "9"
    status = SchoolClass.Status.IN
    status_since = factory.LazyFunction(lambda: ago(days=60))


class ClassOutFactory(SchoolClassFactory):
    """A class the school has but we leave out, with the reason."""

    name = factory.Sequence(lambda n: f"9x/En{n}")
    subject = "English"
    status = SchoolClass.Status.OUT
    reason = "other_subject"


class EnrolmentFactory(DjangoModelFactory):
    """A stay of sixty days until now; `left_at=ago(days=2)` ends it."""

    class Meta:
        model = Enrolment

    school_class = factory.SubFactory(SchoolClassFactory)
    school = factory.SelfAttribute("school_class.school")
    student = factory.SubFactory(StudentFactory, school=factory.SelfAttribute("..school"))
    joined_at = factory.LazyFunction(lambda: ago(days=60))


class TeachingFactory(DjangoModelFactory):
    """`TeachingFactory(employee=…, school_class__school=…)`; by default a teacher who can sign in, with a new class."""

    class Meta:
        model = Teaching

    school_class = factory.SubFactory(SchoolClassFactory)
    school = factory.SelfAttribute("school_class.school")
    employee = factory.SubFactory(TeacherFactory, school=factory.SelfAttribute("..school"))
    main = True
    joined_at = factory.LazyFunction(lambda: ago(days=60))


class SyncRunFactory(DjangoModelFactory):
    """A nightly run that was applied this morning and changed nothing."""

    class Meta:
        model = SyncRun

    school = factory.SubFactory(SchoolFactory)
    trigger = SyncRun.Trigger.NIGHT
    status = SyncRun.Status.APPLIED
    started_at = factory.LazyFunction(lambda: ago(hours=6))
    ended_at = factory.LazyAttribute(lambda run: run.started_at + timedelta(seconds=2))
    as_of = factory.SelfAttribute("ended_at")

    @classmethod
    def _create(cls, model_class, *args, **fields):
        run = super()._create(model_class, *args, **fields)
        told_anew(run.school)
        return run


class ChangeFactory(DjangoModelFactory):
    class Meta:
        model = Change

    run = factory.SubFactory(SyncRunFactory)
    school = factory.SelfAttribute("run.school")
    kind = "students"
    row_id = factory.LazyAttribute(lambda change: StudentFactory(school=change.school).pk)
    verb = Change.Verb.CREATE


class HoldFactory(DjangoModelFactory):
    class Meta:
        model = Hold

    run = factory.SubFactory(SyncRunFactory)
    school = factory.SelfAttribute("run.school")
    kind = "students"
    row_id = factory.LazyAttribute(lambda hold: StudentFactory(school=hold.school).pk)
    limit = "students"
    since = factory.SelfAttribute("run.started_at")


class HookFactory(DjangoModelFactory):
    class Meta:
        model = Hook

    school = factory.SubFactory(SchoolFactory)
    type = "accessRevoked"
    wonde_id = factory.SelfAttribute("school.wonde_id")
    received_at = factory.LazyFunction(timezone.now)
    last_at = factory.SelfAttribute("received_at")
    digest = factory.Sequence(lambda number: f"{number:064}")
    outcome = "same"


class ApiReadFactory(DjangoModelFactory):
    """That a token read a school's students today, at all its requests of the day just now."""

    class Meta:
        model = ApiRead

    token = factory.SubFactory("tests.factories.ApiTokenFactory")
    school = factory.SubFactory(SchoolFactory)
    kind = "students"
    day = factory.LazyFunction(timezone.localdate)
    requests = 1
    rows = 10
    last_at = factory.LazyFunction(timezone.now)
    batch = factory.LazyFunction(uuid4)


class ApiTokenFactory(DjangoModelFactory):
    """May do everything for the schools given: `ApiTokenFactory(schools=[school])`. Its secret is `token.secret`."""

    class Meta:
        model = ApiToken
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"product {n}")
    scopes = list(ApiToken.Scope.values)

    @classmethod
    def _create(cls, model_class, *args, **fields):
        token, secret = model_class.objects.issue(**fields)
        token.secret = secret
        return token

    @factory.post_generation
    def schools(self, create, extracted, **kwargs):
        self.schools.set(extracted or [])


class AccessRequestFactory(DjangoModelFactory):
    class Meta:
        model = AccessRequest

    school = factory.SubFactory(SchoolFactory)
    kind = "students"
    row_id = factory.LazyAttribute(lambda asked: StudentFactory(school=asked.school).pk)
    asker = "parent"
    channel = "letter"
    asked_on = factory.LazyFunction(timezone.localdate)
    due_on = factory.LazyAttribute(lambda asked: due_on(asked.asked_on))


class AuditEntryFactory(DjangoModelFactory):
    class Meta:
        model = AuditEntry

    school = factory.SubFactory(SchoolFactory)
    actor = factory.SubFactory(SupportFactory)
    verb = "opened"
    kind = "student"
    object_id = factory.LazyAttribute(lambda entry: StudentFactory(school=entry.school).pk)


class ImportRequestFactory(DjangoModelFactory):
    """A teacher asks to bring one class in; `classes=[…]` names others, all of one school."""

    class Meta:
        model = ImportRequest
        skip_postgeneration_save = True

    school = factory.SubFactory(SchoolFactory)
    wish = ImportRequest.Wish.IN
    asked_by = factory.LazyAttribute(lambda row: TeacherFactory(school=row.school).user)

    @factory.post_generation
    def classes(self, create, extracted, **kwargs):
        for school_class in extracted or [ClassOutFactory(school=self.school, reason="intervention_group")]:
            RequestedClass.objects.create(request=self, school_class=school_class)


class WeeklyProgressFactory(DjangoModelFactory):
    """A week in which five of six tasks were done."""

    class Meta:
        model = WeeklyProgress

    student = factory.SubFactory(StudentFactory)
    school = factory.SelfAttribute("student.school")
    iso_year = 2026
    iso_week = 41
    tasks_set = 6
    tasks_done = 5
    minutes = 42
    updated_at = factory.LazyFunction(timezone.now)


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    school = factory.SubFactory(SchoolFactory)
    wonde_id = factory.Sequence(lambda n: f"P{n:010}")
    upi = factory.Sequence(upi_of)
    title = "Ms"
    forename = factory.Sequence(lambda n: f"Mercy{n}")
    surname = factory.Sequence(lambda n: f"Okoro{n}")
    sort_name = factory.LazyAttribute(lambda row: names.sort_name(row.surname, row.forename))
    email = factory.Sequence(lambda n: f"parent{n}@home.example.org")


class GuardianshipFactory(DjangoModelFactory):
    """A first contact with responsibility; `student=…` and `contact=…` may be given, of one school."""

    class Meta:
        model = Guardianship

    student = factory.SubFactory(StudentFactory)
    school = factory.SelfAttribute("student.school")
    contact = factory.SubFactory(ContactFactory, school=factory.SelfAttribute("..school"))
    relationship = "Mother"
    priority = 1
    responsibility = True
    joined_at = factory.LazyFunction(lambda: ago(days=60))


class MailSettingsFactory(DjangoModelFactory):
    """A school whose weekly mail is on, with an address that takes parents' answers."""

    class Meta:
        model = MailSettings

    school = factory.SubFactory(SchoolFactory)
    enabled = True
    reply_to = "office@school.example"
    unanswered_since = None
