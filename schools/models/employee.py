"""Staff as the MIS has them, and the lead right, which is not a job."""

from django.conf import settings
from django.db import models
from django.db.models import Case, OuterRef, Subquery, Value, When
from django.db.models.functions import Concat

from schools.models.named import PeopleQuerySet
from schools.sharing.shown import PersonModel
from schools.text.names import listed


class EmployeeQuerySet(PeopleQuerySet):
    kinds = ("employees",)

    def current(self):
        """Those the MIS still lists. Access depends on this, and ends with the school's. Frozen staff keep it until
        they are erased. Staff who are no longer current have none, even while their removal waits for a person."""
        return self.open().filter(left_at=None, stopped_at=None, school__revoked_at=None)


class Employee(PersonModel):
    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="employees", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="employees"
    )
    wonde_id = models.CharField("Wonde id", max_length=32, null=True)
    upi = models.CharField("UPI", max_length=64, blank=True)
    title = models.CharField(max_length=40, blank=True)
    forename = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200, blank=True)
    sort_name = models.CharField(max_length=400, blank=True, editable=False)
    email = models.CharField("address in the MIS", max_length=254, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField("access ended", null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("school", "wonde_id", name="employee_unique_wonde_id")]
        indexes = [models.Index(fields=["school", "sort_name"], name="employee_by_name")]

    def __str__(self):
        """As people speak of them: "Mr R Pell"."""
        return " ".join(part for part in (self.title, self.forename[:1], self.surname) if part)

    @property
    def list_name(self):
        """As in a list: "Pell, Ruth"; the Wonde id if the MIS has no name."""
        return listed(self) or self.wonde_id


class RightQuerySet(models.QuerySet):
    def with_names(self):
        """Rights of people who can sign in, each with `name` as the school's MIS has it ("Ms Pell"), empty if it does
        not list them. Their address is `user.email`."""
        as_staff = (
            Employee.objects.current()
            .shown()
            .filter(school=OuterRef("school"), user=OuterRef("user"))
            .annotate(called=Concat(Case(When(title="", then="forename"), default="title"), Value(" "), "surname"))
        )
        return (
            self.filter(user__is_active=True)
            .select_related("user")
            .annotate(name=Subquery(as_staff.values("called")[:1]))
            .order_by("pk")
        )


class LeadRight(models.Model):
    """`user` may decide for `school`. A data manager who does not teach may hold it."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="lead_rights", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lead_rights")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)
    gets_mail = models.BooleanField(
        "mail about what needs a person", default=True, help_text="Off: the other leads of the school get it."
    )
    away_until = models.DateField(
        "away until", null=True, blank=True, help_text="The last day on which mail goes to the cover instead."
    )
    cover = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Another lead of the school. Empty: the others get what they get anyway.",
    )

    objects = RightQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("school", "user", name="lead_right_once")]

    def __str__(self):
        return f"{self.user} leads {self.school}"
