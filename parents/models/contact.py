"""Parents and carers as the MIS has them, and which children each is linked to. Read-only for everyone but the sync."""

from django.db import models
from django.db.models import Q

from schools.models.named import NamedQuerySet
from schools.sharing.shown import PersonModel, SharedQuerySet
from schools.text.names import spoken


class CurrentQuerySet(SharedQuerySet):
    kinds = ("contacts", "students")

    def current(self):
        """Those the MIS still lists."""
        return self.filter(left_at=None)


class ContactQuerySet(NamedQuerySet, CurrentQuerySet):
    people = ("",)


class GuardianshipQuerySet(CurrentQuerySet):
    people = ("contact__", "student__")


class Contact(PersonModel):
    """A parent or carer of one or more students of one school."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="contacts", db_index=False)
    wonde_id = models.CharField("Wonde id", max_length=32, null=True)
    upi = models.CharField("UPI", max_length=64, blank=True)
    title = models.CharField(max_length=40, blank=True)
    forename = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200, blank=True)
    sort_name = models.CharField(max_length=400, blank=True, editable=False)
    email = models.CharField("address in the MIS", max_length=254, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "parent or carer"
        verbose_name_plural = "parents and carers"
        constraints = [models.UniqueConstraint("school", "wonde_id", name="contact_unique_wonde_id")]
        indexes = [
            models.Index(fields=["school", "sort_name"], name="contact_by_name"),
            models.Index(fields=["email"], condition=~Q(email=""), name="contact_by_email"),
        ]

    def __str__(self):
        return spoken(self)


class Guardianship(models.Model):
    """One contact of one student, from when we first saw the link until we no longer did. Only links with parental
    responsibility are here."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="guardianships", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="guardianships")
    student = models.ForeignKey("students.Student", on_delete=models.CASCADE, related_name="guardianships")
    relationship = models.CharField(max_length=100, blank=True)
    priority = models.IntegerField(null=True, blank=True, help_text="1 is asked first; empty: the MIS does not say.")
    responsibility = models.BooleanField(
        "parental responsibility", null=True, blank=True, help_text="Empty: the MIS does not say."
    )
    doubt = models.CharField(
        "not confirmed",
        max_length=20,
        blank=True,
        default="",
        help_text="Why the last sync did not confirm it. Until one does, nobody is written to about the student.",
    )
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("contact", "student", condition=Q(left_at=None), name="guardianship_once"),
        ]
        indexes = [models.Index(fields=["school", "left_at"], name="guardianship_by_school")]

    def __str__(self):
        return f"{self.contact_id} for {self.student_id}"
