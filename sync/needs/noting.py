"""Noting what needs a person: after a sync, after somebody acted on a school's page, and by the clock for all."""

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from schools.access.visits import acted
from schools.models import School
from sync.models import Need
from sync.needs import finding, more_asked

A_BATCH = 500


@receiver(acted)
def _after_a_deed(school, **kwargs):
    note(school)


def note(school, now=None):
    """Note what needs a person at `school` as it is now."""
    _note([school.pk], now or timezone.now())


def note_all():
    """By the clock: the same for every school."""
    now, pks = timezone.now(), list(School.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), A_BATCH):
        _note(pks[start : start + A_BATCH], now)


@transaction.atomic
def _note(pks, now):
    """Write the differences: what began, what is another number by now, what is over."""
    found = finding.of_schools(pks, now)
    if shown := [pk for pk, needs in found.items() if "more_asked" in needs]:
        more_asked.show(shown, now)
    known = {(need.school_id, need.code): need for need in Need.objects.filter(school__in=pks)}
    there = {(pk, code): each for pk, needs in found.items() for code, each in needs.items()}
    over = [need.pk for key, need in known.items() if key not in there]
    if over:
        Need.objects.filter(pk__in=over).delete()
    new, changed = [], []
    for (pk, code), each in there.items():
        need = known.get((pk, code))
        since = each.since or (need.since if need else now)
        if need is None:
            new.append(Need(school_id=pk, code=code, number=each.number, about=each.about, since=since))
        elif (need.number, need.about, need.since) != (each.number, each.about, since):
            need.number, need.about, need.since = each.number, each.about, since
            changed.append(need)
    if new:
        Need.objects.bulk_create(new, ignore_conflicts=True)
    if changed:
        Need.objects.bulk_update(changed, ["number", "about", "since"])
