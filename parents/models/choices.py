"""What a person decided about an address or a child's contact. It outlives the rows it is about.

Addresses, ids and UPIs are kept only as marks (`schools.text.addresses`): enough to recognise them when they come back.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class AddressChoiceQuerySet(models.QuerySet):
    def standing(self):
        """Choices that have not been taken back."""
        return self.filter(ended_at=None)


class AddressChoice(models.Model):
    """Why an address gets no weekly mail from a school, or none about one child.

    No student means all children: when a child is erased, a choice about that child becomes one about all.
    """

    class Cause(models.TextChoices):
        PARENT = "parent", "unsubscribed"
        COMPLAINT = "complaint", "reported as spam"
        BOUNCE = "bounce", "does not accept mail"
        NOT_MINE = "not_mine", "“This is not my child”"
        STAFF = "staff", "switched off by staff"

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="address_choices")
    address_mark = models.CharField(max_length=32)
    key_number = models.PositiveSmallIntegerField(help_text="The key that made the mark; it is never taken away.")
    student = models.ForeignKey(
        "students.Student", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Empty: all."
    )
    cause = models.CharField(max_length=9, choices=Cause)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was taken back.")

    objects = AddressChoiceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["school", "address_mark"], condition=Q(ended_at=None), name="choice_standing")]

    def __str__(self):
        return f"{self.cause} {self.pk}"


class BlockQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(ended_at=None)


class Block(models.Model):
    """This contact must not be kept or written to about this student, whatever the MIS says.

    student_marks and contact_marks recognise both even after a new id, a new address, or erasure; any one mark is
    enough.
    """

    class Cause(models.TextChoices):
        COURT_ORDER = "court_order", "court order"
        NOT_MINE = "not_mine", "“This is not my child”"
        OTHER = "other", "other reason"

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="blocks")
    student = models.ForeignKey(
        "students.Student", null=True, blank=True, on_delete=models.SET_NULL, related_name="blocks"
    )
    student_marks = ArrayField(models.CharField(max_length=32), default=list)
    contact_marks = ArrayField(models.CharField(max_length=32), default=list)
    key_number = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=11, choices=Cause)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["school"], condition=Q(ended_at=None), name="block_standing")]

    def __str__(self):
        return f"block {self.pk}"
