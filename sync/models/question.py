"""What is asked of Wonde while somebody waits at a page: the question, how far it is, the answer for some minutes."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

KEPT = timedelta(minutes=10)
NO_WORKER_AFTER = timedelta(seconds=30)  # then the page says so
GIVEN_UP_AFTER = timedelta(seconds=60)  # not begun by then: nobody waits any more, and no worker begins it
LONGEST = timedelta(seconds=60)  # begun and not answered by then: its worker is gone (settings.ASKING_LIMIT_S is less)


class QuestionQuerySet(models.QuerySet):
    def of(self, request, *what):
        """Those that this login asked in this session and that are still kept, the newest first."""
        mine = self.filter(by=request.user, session=request.session.session_key, what__in=what)
        return mine.filter(asked_at__gt=timezone.now() - KEPT).order_by("-asked_at")

    def about(self, school, reason):
        """Those about `school`, asked by a lead, or by support where `reason` says why they look."""
        found = self.filter(school=school)
        return found.exclude(reason="") if reason else found.filter(reason="")

    def take(self, pk):
        """The question, begun; None where it is gone, begun already, or was given up."""
        now = timezone.now()
        fresh = self.filter(pk=pk, begun_at=None, asked_at__gt=now - GIVEN_UP_AFTER)
        return self.select_related("school", "by").get(pk=pk) if fresh.update(begun_at=now) else None

    def purge(self):
        """Forget what was kept long enough. It names people, and is kept nowhere else."""
        return self.filter(asked_at__lte=timezone.now() - KEPT).delete()


class Question(models.Model):
    """One question. Its id is drawn at random and is all that the queue and addresses carry; it opens only in the
    session that asked.

    asked: what was typed or looked at. reason: why support looks; "" for a lead. answer: plain data, its form is that
    of `sync.people.answers`. problem: why Wonde did not tell, in a sentence for who asked; there may be an answer of
    ours.
    """

    class What(models.TextChoices):
        WHY = "why", "why somebody is here or not"
        ROLLS = "rolls", "who is in the classes of a request"
        NAMES = "names", "what new people are called"
        SCHOOLS = "schools", "which schools match a search"
        SCHOOL = "school", "one school"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    school = models.ForeignKey("schools.School", null=True, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey("schools.User", on_delete=models.CASCADE, related_name="+")
    # Goes with the session, and a request may ask while another ends the session: so PostgreSQL does not insist.
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

    @property
    def state(self):
        """waiting: for a worker; late: so for long; asking: a worker asks Wonde; answered: there is an answer or a
        problem; lost: nobody will answer any more."""
        now = timezone.now()
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

    def end(self, answer=None, problem=""):
        """Keep what came of it, where it has not been forgotten meanwhile."""
        self.answer, self.problem, self.answered_at = answer, problem, timezone.now()
        said = {"answer": answer, "problem": problem, "answered_at": self.answered_at}
        Question.objects.filter(pk=self.pk).update(**said)
