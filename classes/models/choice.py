"""What a person decided about one student and one class. Every sync obeys it while the MIS has the student in both."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from students.models import Student


class Choice(models.Model):
    """`student` belongs to `school_class`, or does not, when the MIS has them in several imported classes.

    A student not here yet is named by Wonde id; the sync that brings them in replaces it with the student. A choice
    says nothing about a student in only one imported class, and ends with the membership it is about
    (docs/decisions/0011-choices-between-classes.md).
    """

    class Verdict(models.TextChoices):
        CHOSEN = "chosen", "belongs to this class"
        LEFT_OUT = "left_out", "left out of this class"

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="choices")
    school_class = models.ForeignKey("classes.SchoolClass", on_delete=models.CASCADE, related_name="choices")
    student = models.ForeignKey(Student, null=True, blank=True, on_delete=models.CASCADE, related_name="choices")
    wonde_id = models.CharField("Wonde id", max_length=32, blank=True, help_text="Of a student we do not hold yet.")
    verdict = models.CharField(max_length=8, choices=Verdict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(student=None) ^ Q(wonde_id=""), name="choice_names_student_or_wonde_id"),
            models.UniqueConstraint(
                "school_class", "student", condition=Q(student__isnull=False), name="choice_once_per_student"
            ),
            models.UniqueConstraint(
                "school_class", "wonde_id", condition=~Q(wonde_id=""), name="choice_once_per_wonde_id"
            ),
            models.UniqueConstraint("student", condition=Q(verdict="chosen"), name="one_chosen_class_per_student"),
        ]

    def __str__(self):
        return f"choice {self.pk}"
