"""Questions to Wonde while somebody waits at a page: how far each has got, and for some minutes its answer."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

KEPT = timedelta(minutes=10)
NO_WORKER_AFTER = timedelta(seconds=30)  # then the page says so
GIVEN_UP_AFTER = timedelta(seconds=60)  # not begun by then: nobody is waiting any more, and no worker begins it
LONGEST = timedelta(seconds=60)  # begun and not answered by then: its worker is gone (settings.ASKING_LIMIT_S is less)


class QuestionQuerySet(models.QuerySet):
    def of(self, request, *what):
        """Those still kept that this login asked in this session, newest first."""
        mine = self.filter(by=request.user, session=request.session.session_key, what__in=what)
        return mine.filter(asked_at__gt=timezone.now() - KEPT).order_by("-asked_at")

    def about(self, school, reason):
        """Those about `school`: asked by a lead, or with a `reason` by support, who have to say why they look."""
        found = self.filter(school=school)
        return found.exclude(reason="") if reason else found.filter(reason="")

    def take(self, pk):
        """Begin a question and return it; None if it is gone, already begun or given up."""
        now = timezone.now()
        fresh = self.filter(pk=pk, begun_at=None, asked_at__gt=now - GIVEN_UP_AFTER)
        return self.select_related("school", "by").get(pk=pk) if fresh.update(begun_at=now) else None

    def purge(self):
        """Delete what has been kept long enough. Answers name people, and are kept nowhere else."""
        return self.filter(asked_at__lte=timezone.now() - KEPT).delete()


class Answerable(models.Model):
    """What a worker answers while somebody waits at a page: a row with `asked_at`, `begun_at` and `answered_at`."""

    class Meta:
        abstract = True

    @property
    def state(self):
        """waiting: for a worker; late: has waited too long for one; asking: a worker asks; answered: there is an answer
        or a problem; lost: nobody is going to answer; "": nothing was asked."""
        now = timezone.now()
        if self.asked_at is None:
            return ""
        if self.answered_at:
            return "answered"
        if self.begun_at:
            return "asking" if now < self.begun_at + LONGEST else "lost"
        if now >= self.asked_at + GIVEN_UP_AFTER:
            return "lost"
        return "late" if now >= self.asked_at + NO_WORKER_AFTER else "waiting"

    @property
    def age(self):
        return timezone.now() - self.asked_at

    @property
    def is_open(self):
        return self.state in {"waiting", "late", "asking"}

    @property
    def is_lost(self):
        return self.state == "lost"


class Question(Answerable):
    """One question. Its random id is all that the queue and addresses carry, and opens only in the session that asked.

    asked: what was typed or looked at. reason: why support is looking; "" for a lead. answer: plain data, in the form
    that `sync.people.answers` gives it. problem: why Wonde could not say, in a sentence for whoever asked; there may
    still be an answer from what we hold.
    """

    class What(models.TextChoices):
        WHY = "why", "why somebody is here or not"
        ROLLS = "rolls", "who is in the classes of a request"
        NAMES = "names", "what new people are called"
        SCHOOLS = "schools", "which schools match a search"
        SCHOOL = "school", "one school"
        ACCESS = "access", "access to a school"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    school = models.ForeignKey("schools.School", null=True, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey("schools.User", on_delete=models.CASCADE, related_name="+")
    # It goes with the session, which one request may end while another asks: so PostgreSQL does not insist.
    session = models.ForeignKey("schools.Session", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    what = models.CharField(max_length=10, choices=What.choices)
    asked = models.JSONField()
    reason = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)
    begun_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)
    problem = models.TextField(blank=True)

    objects = QuestionQuerySet.as_manager()

    def __str__(self):
        return f"{self.get_what_display()}, {self.state}"

    def end(self, answer=None, problem=""):
        """Keep what came of it, unless it has been deleted meanwhile."""
        self.answer, self.problem, self.answered_at = answer, problem, timezone.now()
        said = {"answer": answer, "problem": problem, "answered_at": self.answered_at}
        Question.objects.filter(pk=self.pk).update(**said)
