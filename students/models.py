"""Students in the imported classes, and nothing about anybody else."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import connection, models
from django.db.models import Exists, FilteredRelation, OuterRef, Prefetch, Q
from django.db.models.functions import Lower
from django.utils import timezone

from schools.models import School, Task
from schools.models.access import leads, teaches, works_in
from schools.models.named import PeopleQuerySet, like
from schools.sharing.shown import PersonModel, SharedQuerySet, opened
from schools.text.identifiers import upn
from schools.text.names import listed, spoken
from students.sign_in.spelling import as_typed


def _teaches(user):
    """The condition that `user` teaches the student of a row."""
    return teaches(user, left_at=None, enrolments__left_at=None, enrolments__student=OuterRef("pk"))


class StudentQuerySet(PeopleQuerySet):
    kinds = ("students",)

    def current(self):
        """Those the MIS still lists in an imported class, if the school still shares them: pages, mail, API and sign-in
        start here."""
        return self.shown().open().filter(left_at=None)

    def visible_to(self, user):
        """Students in the classes `user` may read on the portal: all students of a school they lead, or work in if it
        lets teachers see every class; otherwise those in the classes they teach."""
        works_here = Q(works_in(user), school__teachers_see_all_classes=True)
        return self.current().filter(leads(user) | works_here | _teaches(user))

    def remembered_by(self, user):
        """Students whose past `user` may read: those of `visible_to`, and of the same classes whoever has left."""
        works_here = Q(works_in(user), school__teachers_see_all_classes=True)
        taught = Q(teaches(user, enrolments__student=OuterRef("pk")), left_at__isnull=False)
        return self.shown().kept().filter(leads(user) | (opened() & (works_here | _teaches(user) | taught)))

    def whole_to(self, user):
        """Students of whom `user` may read everything we hold, leavers too while they are kept: of schools they lead,
        and of those they look at as support."""
        supported = School.objects.supported_by(user, Task.LOOK).values("pk")
        return self.shown().kept().filter(leads(user) | Q(school__in=supported))

    def signin_by(self, user):
        """Students whose username and codes `user` may look after: those they teach, according to the MIS, and all in
        schools they lead. Being able to see a colleague's class is not enough."""
        return self.current().filter(leads(user) | _teaches(user))

    def with_username(self, school, username):
        """The student of `school` with this username (in the form of `signin.as_typed`), if any, with login and
        card."""
        logins = self.filter(school=school, user__school=school, user__is_active=True)
        named = logins.alias(lower=Lower("user__username")).filter(lower=username)
        return named.select_related("user__school", "code")

    def found_by(self, typed, with_usernames):
        """Those in whose names every word of what was typed begins a word, and whoever has it as their UPN or username.

        with_usernames: the students whose usernames whoever asks may know.
        """
        found = like(typed)
        if username := as_typed(typed):
            found |= Q(pk__in=with_usernames.values("pk"), user__username__iexact=username)
        if number := upn(typed):
            found |= Q(upn=number)
        return self.filter(found)

    def with_stay(self):
        """Each with `stay`, the class membership that lasts, and its class; None for whoever is between classes."""
        lasts = FilteredRelation("enrolments", condition=Q(enrolments__left_at=None))
        return self.annotate(stay=lasts).select_related("stay__school_class")

    def with_class(self):
        """Each with their current stay, and its class, in `stays_now`."""
        stays = self.model._meta.get_field("enrolments").related_model.objects.current().select_related("school_class")
        return self.prefetch_related(Prefetch("enrolments", stays, "stays_now"))

    def with_signin(self):
        """Each with `user`, and how things stand with signing in: `has_code` (one that still works), `asks_for_code`.
        The model's `signin_state` sums it up in a word."""
        code = SignInCode.objects.working().filter(student=OuterRef("pk"))
        asks = CodeRequest.objects.waiting().filter(student=OuterRef("pk"))
        return self.select_related("user").annotate(has_code=Exists(code), asks_for_code=Exists(asks))


class Student(PersonModel):
    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="students", db_index=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="student"
    )
    wonde_id = models.CharField("Wonde id", max_length=32, null=True)
    upi = models.CharField("UPI", max_length=64, blank=True)
    upn = models.CharField("UPN", max_length=20, blank=True)
    forename = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200, blank=True)
    sort_name = models.CharField(max_length=400, blank=True, editable=False)
    year_group = models.CharField(max_length=20, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StudentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("school", "wonde_id", name="student_unique_wonde_id")]
        indexes = [models.Index(fields=["school", "sort_name"], name="student_by_name")]

    def __str__(self):
        return spoken(self)

    @property
    def list_name(self):
        """As in a register: "Okoro, Tobi"."""
        return listed(self)

    @property
    def signin_state(self):
        """For a row from `with_signin`: "asks" (for a card), "no username", "active", "code waiting" or "never"."""
        if self.asks_for_code:
            return "asks"
        if self.user is None:
            return "no username"
        if self.user.last_login:
            return "active"
        return "code waiting" if self.has_code else "never"


class DetailsQuerySet(SharedQuerySet):
    kinds = ("students",)
    people = ("student__",)

    def visible_to_token(self, token):
        """Details of students who are here: a token with the scope for them may read nothing of leavers."""
        known = Exists(Student.objects.kept().in_product().filter(pk=OuterRef("student"), left_at=None))
        return token.within(self.handed_on().filter(known, left_at=None))


class Details(models.Model):
    """What a school shares of a student for purposes of its own (`schools.sharing.purposes`). No list, page or mail
    reads it."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="+")
    student = models.OneToOneField(Student, on_delete=models.CASCADE, related_name="details")
    gender = models.CharField(max_length=20, blank=True)
    birthday = models.CharField(max_length=5, blank=True, help_text="Month and day: 06-21.")
    eal = models.CharField(
        "English as an additional language", max_length=3, blank=True, help_text="yes, no or nothing"
    )
    pupil_premium = models.CharField(max_length=3, blank=True, help_text="yes, no or nothing")
    sen = models.CharField(max_length=7, blank=True, help_text="none, support, plan or nothing")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    objects = DetailsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "details"

    def __str__(self):
        return f"details of {self.student_id}"


class FormerUsername(models.Model):
    """A username a student had before. It no longer signs anyone in, and nobody else at the school gets it while we
    keep the student."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="+", db_index=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="former_usernames")
    username = models.CharField(max_length=40)
    given_up_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("school", Lower("username"), name="former_username_once_in_school")]

    def __str__(self):
        return f"former username {self.pk}"


class SignInCodeQuerySet(models.QuerySet):
    def working(self):
        return self.filter(expires_at__gt=timezone.now())


class SignInCode(models.Model):
    """Three words a student signs in with until they expire, are replaced, or a password is set. Only their HMAC is
    here (`students.cards.codes`); the words are on the card."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="+")
    student = models.OneToOneField(Student, on_delete=models.CASCADE, related_name="code")
    code_hmac = models.CharField(max_length=64, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_tries = models.PositiveIntegerField(default=0, help_text="Since the card was made.")

    objects = SignInCodeQuerySet.as_manager()

    def __str__(self):
        return f"code of student {self.student_id}"


class WrongTriesQuerySet(models.QuerySet):
    def lately(self):
        """From the last 90 days; anything older is deleted."""
        return self.filter(hour__gt=timezone.now() - WrongTries.KEPT)

    def in_all(self):
        """{"number", "last_at"}: how many, and when the last; None for neither."""
        return self.aggregate(number=models.Sum("number"), last_at=models.Max("last_at"))

    def purge(self):
        """Delete what is older than that."""
        self.filter(hour__lte=timezone.now() - WrongTries.KEPT).delete()

    def by_student(self):
        """Dictionaries of `student` (None: not a username of the school), `number` and `last_at`, most first."""
        found = self.order_by().values("student").annotate(number=models.Sum("number"), last_at=models.Max("last_at"))
        return found.order_by("-number", "student")

    def note(self, school_id, student_id):
        """Count one more wrong try, now, at this student's sign-in; None: at nobody's."""
        now = timezone.now()
        values = [school_id, student_id, now.replace(minute=0, second=0, microsecond=0), now, now]
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO students_wrongtries AS w (school_id, student_id, hour, number, first_at, last_at)
                VALUES (%s, %s, %s, 1, %s, %s)
                ON CONFLICT (school_id, hour, student_id)
                DO UPDATE SET number = w.number + 1, last_at = excluded.last_at
                """,
                values,
            )


class WrongTries(models.Model):
    """How many tries to sign in as a student were refused within an hour. What was typed is not kept."""

    KEPT = timedelta(days=90)

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="+", db_index=False)
    student = models.ForeignKey(
        Student, null=True, on_delete=models.CASCADE, related_name="wrong_tries", help_text="Empty: of nobody."
    )
    hour = models.DateTimeField(db_index=True)
    number = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    objects = WrongTriesQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "hour", "student"], name="wrong_tries_once_an_hour", nulls_distinct=False
            )
        ]

    def __str__(self):
        return f"{self.number} wrong tries"


class CodeRequestQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(settled_at=None)


class CodeRequest(models.Model):
    """A student's request for a new code; a teacher settles it by making one or declining."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="+", db_index=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="code_requests")
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = CodeRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("student", condition=Q(settled_at=None), name="one_waiting_code_request")
        ]
        indexes = [models.Index(fields=["school", "settled_at"], name="code_request_by_school")]

    def __str__(self):
        return f"code request {self.pk}"


class WeeklyProgress(models.Model):
    """What one student did in one ISO week, according to the learning product."""

    school = models.ForeignKey(
        "schools.School", on_delete=models.CASCADE, related_name="weekly_progress", db_index=False
    )
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="weekly_progress", db_index=False)
    iso_year = models.PositiveSmallIntegerField("year")
    iso_week = models.PositiveSmallIntegerField("week")
    tasks_set = models.PositiveSmallIntegerField(default=0)
    tasks_done = models.PositiveSmallIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField(default=0)
    points = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "weekly progress"
        constraints = [
            models.UniqueConstraint("student", "iso_year", "iso_week", name="progress_once_a_week"),
            models.CheckConstraint(
                condition=models.Q(iso_week__gte=1, iso_week__lte=53), name="progress_week_of_the_year"
            ),
        ]
        indexes = [
            models.Index(fields=["school", "iso_year", "iso_week"], name="progress_by_week"),
            BrinIndex(fields=["updated_at"], name="progress_by_age"),
        ]

    def __str__(self):
        return f"{self.student_id} in {self.iso_year}-W{self.iso_week:02}"
