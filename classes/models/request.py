"""A school's request to bring classes in, or to leave them out; support answers it."""

from django.conf import settings
from django.db import models
from django.db.models import Prefetch, Q

from schools.models.access import leads, works_in


class ImportRequestQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=ImportRequest.State.WAITING)

    def visible_to(self, user):
        """Requests `user` may read on the portal: those of schools they lead, and their own of schools they work in."""
        return self.filter(leads(user) | Q(works_in(user), asked_by=user.pk))

    def with_classes(self):
        """Each with its people and its classes, in order: two more queries, however many there are."""
        items = RequestedClass.objects.select_related("school_class__decided_by").order_by("school_class__sort_name")
        return self.select_related("school", "asked_by", "settled_by").prefetch_related(Prefetch("items", items))


class ImportRequest(models.Model):
    """A request about classes. Each step is an audit entry of the school: who, when and why."""

    class Wish(models.TextChoices):
        IN = "in", "bring in"
        OUT = "out", "leave out"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for an answer"
        APPROVED = "approved", "approved"
        DECLINED = "declined", "declined"
        WITHDRAWN = "withdrawn", "withdrawn"

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="import_requests")
    wish = models.CharField(max_length=3, choices=Wish)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    note = models.TextField(blank=True, help_text="Why the school asks.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, help_text="What the asker is told, without anybody's name.")

    objects = ImportRequestQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]
        indexes = [models.Index(fields=["state", "asked_at"], name="request_by_age")]

    def __str__(self):
        return f"request {self.pk}"


class RequestedClass(models.Model):
    """One class in a request. A class cannot be asked for twice while an answer is due: the database refuses it."""

    request = models.ForeignKey(ImportRequest, on_delete=models.CASCADE, related_name="items")
    school_class = models.ForeignKey("classes.SchoolClass", on_delete=models.CASCADE, related_name="requested")
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("school_class", condition=Q(is_open=True), name="one_open_request_per_class")
        ]

    def __str__(self):
        return f"class {self.school_class_id} of request {self.request_id}"
