"""A school, as Wonde names it, and what it has settled about who sees what."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils import timezone

from schools.models.access import authorises, leads, teaches, works_in
from schools.models.named import NamedQuerySet
from schools.models.right import SchoolGroup, SupportRight
from schools.text.names import sort_name

STALE_AFTER = timedelta(hours=48)
NAME_LIMIT = 220  # characters of a folded name: folding makes numbers longer


class SchoolQuerySet(NamedQuerySet):
    def shown(self):
        """Schools that have not revoked our access."""
        return self.filter(revoked_at=None)

    def with_door(self, code):
        """The school whose students sign in at `code`, in any case; none once it has revoked our access."""
        return self.shown().filter(code=code.replace("\0", "").lower())

    def visible_to(self, user):
        """Schools `user` may open on the portal: those they lead or work in. Support reads through the admin. A school
        that revoked our access has no pages; its leads see `notices_for` it."""
        return self.shown().filter(works_in(user, "pk") | leads(user, "pk"))

    def notices_for(self, user):
        """Schools led by `user` that have revoked our access: all that is left of them is a notice."""
        return self.led_by(user).exclude(revoked_at=None)

    def visible_to_token(self, token):
        """Schools a token of the learning product may read: its own, unless they have revoked our access."""
        return token.within(self.shown(), "pk")

    def led_by(self, user):
        """Schools where `user` holds the lead right."""
        return self.filter(leads(user, "pk"))

    def for_portal(self, user):
        """Schools `user` may open, each with what a page's frame needs, without a query for each.

        connection: how it is read; read_at: when it was last read in full; as_of, is_stale: how old that data was;
        wonde_newest, mis_offline: what Wonde had then;
        leads_here, works_here, teaches_here, authorises_here: what `user` is there;
        has_others: whether there is a school to change to.
        """
        return self.visible_to(user)._framed(user)

    def authorised_by(self, user):
        """Schools for which `user` may agree, with a page's frame as in `for_portal`; also those that have revoked our
        access, whose receipts stay theirs."""
        return self.filter(authorises(user, "pk"))._framed(user)

    def with_first_page(self, user):
        """Schools that `user` has a first page at: where they work or lead, while it shares, and those of
        `authorised_by`."""
        here = Q(works_in(user, "pk")) | Q(leads(user, "pk"))
        return self.filter((here & Q(revoked_at=None)) | Q(authorises(user, "pk")))

    def for_home(self, user):
        """The same, framed as in `for_portal`."""
        return self.with_first_page(user)._framed(user)

    def supported_by(self, user, *tasks):
        """Schools for which the support login `user` holds one of `tasks`, or any task if none is named."""
        tasks = [task for task in tasks or user.support_tasks if task in user.support_tasks]
        if any(user.support_tasks[task] for task in tasks):
            return self.all()
        groups = SupportRight.objects.filter(user=user, task__in=tasks).values("group")
        members = SchoolGroup.schools.through.objects.filter(schoolgroup__in=groups)
        return self.filter(pk__in=members.values("school")) if tasks else self.none()

    def for_support(self, user, *tasks):
        """Schools for which `user`, coming from the support admin, holds one of `tasks`, or any task if none is named,
        framed as in `for_portal`."""
        return self.supported_by(user, *tasks)._framed(user)

    def _framed(self, user):
        others = School.objects.with_first_page(user).exclude(pk=OuterRef("pk"))
        return (
            self.with_age()
            .select_related("sync_settings__paused_by")
            .annotate(
                leads_here=leads(user, "pk"),
                works_here=works_in(user, "pk"),
                authorises_here=authorises(user, "pk"),
                teaches_here=teaches(user, school=OuterRef("pk"), left_at=None, status="in"),
                has_others=Exists(others),
            )
        )

    def with_age(self):
        """Each with `read_at`, when it was last read in full; `as_of`, `is_stale`: how old that data was;
        `wonde_newest`, `mis_offline`: what Wonde had then."""
        return self.annotate(
            as_of=F("last_read__as_of"),
            read_at=F("last_read__read_at"),
            mis_offline=F("last_read__mis_offline"),
            wonde_newest=F("last_read__wonde_newest"),
        ).annotate(is_stale=ExpressionWrapper(Q(as_of__lt=timezone.now() - STALE_AFTER), models.BooleanField()))


class School(models.Model):
    wonde_id = models.CharField("Wonde id", max_length=32, unique=True)
    name = models.CharField(max_length=200)
    sort_name = models.CharField(max_length=NAME_LIMIT, blank=True, editable=False)
    code = models.SlugField(
        "short code",
        max_length=40,
        unique=True,
        help_text="In the address at which students sign in, and on their login cards.",
    )
    mis = models.CharField("MIS", max_length=60, blank=True)
    urn = models.CharField("URN", max_length=20, blank=True)
    phase = models.CharField(max_length=60, blank=True)
    timezone = models.CharField(max_length=60, default="Europe/London")
    domain = models.CharField(
        "Wonde region", max_length=100, blank=True, help_text="The host Wonde serves this school from."
    )
    teachers_see_all_classes = models.BooleanField(
        "teachers see every class of the school",
        default=True,
        help_text="Off: a teacher sees only the classes they teach.",
    )
    year_starts = models.CharField(
        "academic year starts",
        max_length=5,
        default="09-01",
        editable=False,
        help_text="Month and day, as its sync settings say.",
    )
    students_choose_passwords = models.BooleanField(
        "students choose a password",
        default=True,
        help_text="Off, for young children: the code of their card is enough, and lasts the academic year.",
    )
    invites_teachers = models.BooleanField(
        "invite teachers by mail",
        default=False,
        help_text="Staff who teach an imported class are invited when they arrive.",
    )
    added_at = models.DateTimeField(auto_now_add=True)
    frozen = models.JSONField(
        default=dict,
        blank=True,
        help_text="Kinds whose permission is withdrawn: {kind: {since, erase_on}}. Shown and mailed nowhere.",
    )
    doubted = models.JSONField(
        default=dict,
        blank=True,
        help_text="Kinds that Wonde refused, perhaps by a fault: {kind: {since, told}}. Shown, but neither mailed nor "
        "handed on.",
    )
    revoked_at = models.DateTimeField(
        "access revoked", null=True, blank=True, help_text="Wonde says so, or somebody stopped sharing here."
    )
    erase_on = models.DateField(null=True, blank=True, help_text="The day a revoked school's data is erased.")

    objects = SchoolQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def save(self, *args, update_fields=None, **kwargs):
        """The folded name follows the name, even when only the name is saved; codes are lower case."""
        self.sort_name, self.code = sort_name(self.name)[:NAME_LIMIT], self.code.lower()
        if update_fields is not None and "name" in update_fields:
            update_fields = {*update_fields, "sort_name"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def in_its_words(self, said):
        """What is said to every school, with the name of its MIS: "has no email address in SIMS"."""
        return said.replace("the MIS", self.mis or "the MIS")

    @property
    def kept_back(self):
        """Kinds of data that do not leave us now, by mail or to the product."""
        return self.frozen.keys() | self.doubted.keys()

    @property
    def zone(self):
        """The school's own time zone: its nights, mornings and dates are local."""
        return ZoneInfo(self.timezone)
