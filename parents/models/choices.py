"""What a person said about an address or about a contact of a child. It outlives the rows it was said about.

Addresses, ids and UPIs are kept as marks only (`schools.text.addresses`): enough to recognise them when they come back.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class AddressChoiceQuerySet(models.QuerySet):
    def standing(self):
        """Choices that were not taken back."""
        return self.filter(ended_at=None)


class AddressChoice(models.Model):
    """Why an address gets no weekly mail of a school, or none about one child.

    An empty student means all children: where a child is erased, the choice about it becomes one about all.
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
    """This contact is not to be kept, or written to, about this student, whatever the MIS says.

    student_marks and contact_marks recognise both after a new id, a new address, or erasure; any of them is enough.
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
