"""Classes as the MIS has them, who is in them and who teaches them. Read-only for everyone but the sync."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce

from schools.models import Employee
from schools.models.access import leads, teaches, works_in
from schools.models.named import NamedQuerySet
from schools.sharing.shown import SharedQuerySet
from students.models import CodeRequest, SignInCode, Student


def _teaches(user):
    """The condition that `user` teaches the class of a row."""
    return teaches(user, pk=OuterRef("pk"))


def _stays(**which):
    """How many stays in the class of a row match `which`."""
    counted = Enrolment.objects.filter(school_class=OuterRef("pk"), **which).order_by().values("school_class")
    return Coalesce(Subquery(counted.annotate(n=Count("pk")).values("n")), 0)


class SchoolClassQuerySet(NamedQuerySet, SharedQuerySet):
    kinds = ("classes",)
    inside = True  # "ma1" finds 9x/Ma1, and 9xMa1

    def current(self):
        """Imported, and not ended."""
        return self.filter(status=SchoolClass.Status.IN, left_at=None)

    def taught_by(self, user):
        """Classes that `user` teaches, according to the MIS, if the school still shares them."""
        return self.shown().filter(_teaches(user))

    def visible_to(self, user):
        """Classes `user` may read on the portal: those of schools they lead, those they teach and, if the school lets
        teachers see every class, all those of a school they work in. Support reads through the admin."""
        works_here = Q(works_in(user), school__teachers_see_all_classes=True)
        return self.shown().filter(leads(user) | works_here | _teaches(user))

    def signin_by(self, user):
        """Classes whose students `user` may make codes for: those they teach, and all in schools they lead. Being able
        to see a colleague's class is not enough."""
        return self.shown().filter(leads(user) | _teaches(user))

    def with_makes_codes(self, user):
        """Each with `makes_codes`: whether `user` may make codes for its students."""
        theirs = SchoolClass.objects.signin_by(user).current().filter(pk=OuterRef("pk"))
        return self.annotate(makes_codes=Exists(theirs))

    def visible_to_token(self, token):
        """Classes a token of the learning product may read: those that are in, even after they have ended."""
        erased = Q(wonde_id=None, name="")
        return token.within(self.handed_on().exclude(erased).filter(status=SchoolClass.Status.IN))

    def present(self):
        """Imported or left out, and not ended."""
        return self.filter(left_at=None)

    def for_list(self, since):
        """Each class with what a list of classes shows: `size`, how many `joined` and `left` since the moment `since`,
        and its current teachings in `teachings_now`, main teacher first."""

        return self.annotate(
            size=_stays(left_at=None), joined=_stays(joined_at__gte=since), left=_stays(left_at__gte=since)
        ).prefetch_related(Prefetch("teachings", Teaching.objects.current().with_employees(), "teachings_now"))

    def with_asking(self):
        """Each with `asking`: how many of its students wait for a new sign-in code."""
        waiting = {"student__code_requests__in": CodeRequest.objects.waiting()}
        return self.annotate(asking=_stays(left_at=None, student__left_at=None, **waiting))

    def for_signin(self):
        """Each with how many students it has (`size`), have `never` signed in, have never signed in but have a working
        code (`carded`), or are `asking` for a new one."""
        never = {"left_at": None, "student__left_at": None, "student__user__last_login": None}
        never |= {"student__user__isnull": False}
        return self.with_asking().annotate(
            size=_stays(left_at=None),
            never=_stays(**never),
            carded=_stays(**never, student__code__in=SignInCode.objects.working()),
        )

    def to_read(self):
        """Classes whose members a sync needs, whatever their subject: those that are in, or that a person is bringing
        in."""
        return self.present().filter(Q(status=SchoolClass.Status.IN) | Q(decision=SchoolClass.Status.IN))


class SchoolClass(models.Model):
    class Form(models.TextChoices):
        CLASS = "class", "class"
        REGISTRATION = "registration", "registration group"

    class Status(models.TextChoices):
        IN = "in", "in"
        OUT = "out", "out"

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="classes", db_index=False)
    wonde_id = models.CharField("Wonde id", max_length=32, null=True)
    form = models.CharField(max_length=12, choices=Form, default=Form.CLASS)
    name = models.CharField(max_length=200, blank=True)
    sort_name = models.CharField(max_length=220, blank=True, editable=False)
    subject = models.CharField(max_length=200, blank=True)
    year_group = models.CharField(max_length=20, blank=True)
    academic_year = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=3, choices=Status)
    reason = models.CharField(max_length=40, blank=True, help_text="Why it is out.")
    status_since = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who included or excluded it; empty: the rule.",
    )
    decision = models.CharField(
        max_length=3,
        choices=Status,
        blank=True,
        db_default="",
        help_text="What a person settled: in or out. Every sync obeys it; empty: the rule decides.",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_why = models.TextField(blank=True, db_default="")
    member_ids = ArrayField(
        models.CharField(max_length=32),
        default=list,
        db_default=[],
        blank=True,
        editable=False,
        help_text="Wonde ids of the members of a class that is out, for the membership check; nothing else of them.",
    )
    left_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    students = models.ManyToManyField(Student, through="Enrolment", related_name="classes")
    teachers = models.ManyToManyField(Employee, through="Teaching", related_name="classes")

    objects = SchoolClassQuerySet.as_manager()

    class Meta:
        verbose_name = "class"
        verbose_name_plural = "classes"
        constraints = [models.UniqueConstraint("school", "wonde_id", name="class_unique_wonde_id")]
        indexes = [models.Index(fields=["school", "sort_name"], name="class_by_name")]

    def __str__(self):
        return self.name

    @property
    def can_be_asked_for(self):
        """Whether somebody may ask for it, or bring it in: it is left out, and of this academic year."""
        is_out = self.status == SchoolClass.Status.OUT and self.left_at is None and self.wonde_id is not None
        return is_out and self.reason != "other_academic_year"


class StayQuerySet(SharedQuerySet):
    def of_token(self, token, people):
        """Stays, in classes that are in, of those of `people` who are neither erased nor left out, that a token of the
        learning product may read; including stays that have ended."""
        known = Exists(people.kept().in_product())
        return token.within(self.handed_on("classes").filter(known, school_class__status=SchoolClass.Status.IN))

    def current(self):
        return self.filter(left_at=None)

    def since(self, moment):
        """Stays that began or ended at `moment` or later, and those that have not ended."""
        return self.filter(Q(left_at=None) | Q(left_at__gte=moment))


class EnrolmentQuerySet(StayQuerySet):
    kinds = ("students",)
    people = ("student__",)

    def at(self, moment):
        """Stays under way at that moment: a class as it was then."""
        return self.filter(Q(left_at=None) | Q(left_at__gt=moment), joined_at__lte=moment)

    def with_signin(self):
        """Each with its student, and how things stand with their signing in (`Student.signin_state`), in one more
        query."""
        return self.prefetch_related(Prefetch("student", Student.objects.with_signin()))

    def visible_to_token(self, token):
        return self.of_token(token, Student.objects.filter(pk=OuterRef("student")))

    def of_movers(self, school_class, since):
        """Stays in other classes of students who joined or left `school_class` since the moment `since`."""
        movers = school_class.enrolments.filter(Q(joined_at__gte=since) | Q(left_at__gte=since))
        lately = Q(joined_at__gte=since - timedelta(days=1)) | Q(left_at__gte=since - timedelta(days=1))
        others = self.filter(lately, student__in=movers.values("student")).exclude(school_class=school_class)
        return others.select_related("school_class")


class Enrolment(models.Model):
    """One stay of a student in a class; a student has one stay at a time."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="enrolments", db_index=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="enrolments")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="enrolments")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = "class membership"
        constraints = [
            models.UniqueConstraint("student", condition=Q(left_at=None), name="one_class_per_student"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=models.F("joined_at")), name="stay_in_order"
            ),
        ]
        indexes = [models.Index(fields=["school", "left_at"], name="enrolment_by_school")]

    def __str__(self):
        return f"{self.student_id} in {self.school_class_id}"


class TeachingQuerySet(StayQuerySet):
    kinds = ("employees",)
    people = ("employee__",)

    def visible_to_token(self, token):
        return self.of_token(token, Employee.objects.filter(pk=OuterRef("employee")))

    def with_employees(self):
        """Those that may be shown, main teachers first, then by name."""
        return self.shown().open().select_related("employee").order_by("-main", "employee__sort_name", "pk")


class Teaching(models.Model):
    """One employee teaching one class, from when we first saw it until we no longer did."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="teachings", db_index=False)
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="teachings")
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="teachings")
    main = models.BooleanField("main teacher", default=False)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    objects = TeachingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("school_class", "employee", condition=Q(left_at=None), name="teaching_once"),
        ]
        indexes = [models.Index(fields=["school", "left_at"], name="teaching_by_school")]

    def __str__(self):
        return f"{self.employee_id} teaches {self.school_class_id}"
