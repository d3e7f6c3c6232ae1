"""A school lead's import: choose, match, preview, import. No sync obeys any of it until it is imported.

The preview writes what the import would write, sees what a sync would then do, and rolls it all back.
"""

from django.db import transaction
from django.utils import timezone

from classes import agreed, membership, outcome
from classes.models import Choice, Enrolment, ImportDraft, RequestedClass, SchoolClass
from schools.locks import lock_school
from schools.models import AuditEntry
from schools.text.names import fold, listed, year_group
from students.models import Student
from sync.engine import previews, roster, runs
from sync.models import SyncSettings
from sync.plans.decide import decide
from sync.rules.who_is_who import Hand, Remote, likely, propose, propose_classes
from sync.wonde.rolls import Roll
from sync.wording.report import as_data

WHY_OUT = "not chosen in the import"


class ImportRefusedError(Exception):
    """Why an import cannot go on, in a sentence for the lead."""


def candidates(school):
    """The classes a lead may choose from: this year's, not in yet; those the rule would take come first."""
    rows = SchoolClass.objects.present().filter(school=school, status=SchoolClass.Status.OUT, wonde_id__isnull=False)
    return rows.exclude(reason="other_academic_year").in_order()


def draft_of(school):
    """The school's draft, made when first asked for."""
    return ImportDraft.objects.get_or_create(school=school)[0]


def verdict(draft, row):
    """What the draft says about a class; before anything has been chosen, what the rule would say."""
    said = draft.choices.get(str(row.pk))
    return said or row.decision or ("in" if row.reason == "asks_first" else "out")


@transaction.atomic
def save_choices(school, chosen, by):
    """Keep which of the candidates are chosen (primary keys)."""
    draft = ImportDraft.objects.select_for_update().get(pk=draft_of(school).pk)
    draft.choices = {str(row.pk): "in" if row.pk in chosen else "out" for row in candidates(school)}
    if classes := draft.matches.get("classes"):
        draft.matches = draft.matches | {"classes": {key: ours for key, ours in classes.items() if int(key) in chosen}}
    if not draft.begun_at:
        draft.begun_at, draft.begun_by = timezone.now(), by
    draft.save()
    return draft


def choose_also(school, wanted, by):
    """Choose these classes (primary keys) beside those that are chosen. What cannot come in is passed over."""
    draft = draft_of(school)
    chosen = {row.pk for row in candidates(school) if draft.is_open and verdict(draft, row) == "in"}
    return save_choices(school, chosen | wanted, by)


def cancel(school, by):
    """Forget the draft. What was imported before stays."""
    ImportDraft.objects.filter(school=school).update(choices={}, matches={}, begun_at=None, begun_by=None)
    AuditEntry.objects.note(by, "cancelled an import", school, school)


def forget_matches(school):
    """More was made by hand, so who is who must be worked out again."""
    ImportDraft.objects.filter(school=school).update(matches={})


def matching(school):
    """Who each student made by hand could be in the MIS, read now: plain data for the cache, with names.

    Raises SyncError if Wonde can't be read.
    """
    snapshot = runs.read_now(school)
    remotes = []
    for row in snapshot.students.rows.values():
        remotes.append(Remote(row.wonde_id, row.sort_name, fold(row.year_group), row.upn, listed(row)))
    held = set(Student.objects.filter(school=school, wonde_id__isnull=False).values_list("wonde_id", flat=True))
    remotes = [remote for remote in remotes if remote.wonde_id not in held]
    hands = hands_of(school)
    found = propose(hands, remotes)
    members = dict(candidates(school).exclude(member_ids=[]).values_list("pk", "member_ids"))
    by_id = {remote.wonde_id: remote for remote in remotes}
    free = [by_id[wonde_id] for wonde_id in found.free]
    by_key = {hand.key: hand for hand in hands}
    return {
        "pairs": {str(key): wonde_id for key, wonde_id in found.pairs.items()},
        "how": {str(key): how for key, how in found.how.items()},
        "names": {wonde_id: by_id[wonde_id].shown for wonde_id in found.pairs.values()},
        "loose": {
            str(key): [(remote.wonde_id, remote.shown, remote.year) for remote in likely(by_key[key], free)]
            for key in found.loose
        },
        "classes": {str(k): ours for k, ours in propose_classes(hands, found.pairs, members).items()},
    }


def hands_of(school):
    """Students made by hand, as `matching` takes them."""
    stays = Enrolment.objects.current().filter(school=school, student__wonde_id=None, student__left_at=None)
    return [
        Hand(stay.student_id, stay.student.sort_name, fold(year_group(stay.student.year_group)), stay.student.upn,
             stay.student.list_name, stay.school_class_id)
        for stay in stays.select_related("student").order_by("school_class__sort_name", "student__sort_name")
    ]  # fmt: skip


@transaction.atomic
def save_matches(school, classes, students):
    """Keep what matches what: class of the MIS -> class made by hand, student made by hand -> Wonde id.

    Raises ImportRefusedError if two are matched with the same one.
    """
    for pairs, what in ((classes, "class"), (students, "student")):
        if len(set(pairs.values())) != len(pairs):
            raise ImportRefusedError(
                f"Two are matched with the same {what}. Nothing was stored. Choose another for one."
            )
    draft = ImportDraft.objects.select_for_update().get(pk=draft_of(school).pk)
    mine = set(SchoolClass.objects.current().filter(school=school, wonde_id=None).values_list("pk", flat=True))
    hands = {hand.key for hand in hands_of(school)}
    draft.matches = {
        "classes": {str(key): ours for key, ours in classes.items() if ours in mine},
        "students": {str(key): wonde_id for key, wonde_id in students.items() if key in hands},
    }
    draft.save(update_fields=["matches"])


def preview(school, by):
    """What the import would do, as `sync.wording.report.as_data`, with `members`, Wonde id of a class -> those of the
    students it has in Wonde. Raises SyncError if Wonde can't be read."""
    draft = draft_of(school)
    with transaction.atomic():
        _carry_out(draft, by, timezone.now())
        outside = list(SchoolClass.objects.to_read().filter(school=school).values_list("wonde_id", flat=True))
        transaction.set_rollback(True)
    snapshot = runs.read_now(school, outside=outside)  # HTTP, no transaction open
    with transaction.atomic():
        _carry_out(draft, by, timezone.now())
        ours = roster.read(school, timezone.now())
        decision = decide(
            snapshot, ours, roster.policy_of(SyncSettings.objects.select_related("school").get(school=school))
        )
        transaction.set_rollback(True)
    members = {key: [one.id for one in row.students.data] for key, row in snapshot.members.items() if row.students}
    return as_data(runs.Preview(decision, ours, snapshot)) | {"members": members}


def foreseen(school, draft):
    """What bringing in the chosen classes comes to (`classes.outcome`), by its preview, or else by the last sync."""
    made = previews.last(school.pk, previews.IMPORT_PREVIEW) or {}
    rolls = {key: Roll(dict.fromkeys(ids, "")) for key, ids in made.get("members", {}).items()}
    chosen = {int(key) for key, said in draft.choices.items() if said == "in"}
    check = membership.of_school(school, chosen, rolls=rolls)
    return outcome.of(check, check.as_it_comes)


@transaction.atomic
def start(school, by, asks_first, empty_is_meant=False):
    """Import: what was chosen and matched is decided, and a sync carries it out. Queue it in the same transaction.

    Raises ImportRefusedError if there is nothing to import, somebody has imported meanwhile, nobody has agreed for the
    school, or a class would be empty, unless that is meant.
    """
    lock_school(school.pk)
    draft = ImportDraft.objects.select_for_update().filter(school=school, begun_at__isnull=False).first()
    if draft is None or not draft.choices:
        raise ImportRefusedError(
            "There is nothing to import: nothing is chosen, or somebody has imported it already. Nothing was changed."
        )
    if not agreed.may_import(school):
        raise ImportRefusedError(agreed.NOT_YET)
    found = foreseen(school, draft)
    if found.empty and not empty_is_meant:
        raise ImportRefusedError(
            f"Nobody would be in {found.nobody_in}. Nothing was changed. Change the choice, or say that an empty class "
            "is meant."
        )
    now = timezone.now()
    _carry_out(draft, by, now)
    draft.choices, draft.matches, draft.begun_at, draft.imported_at = {}, {}, None, now
    draft.first_import_at = draft.first_import_at or now
    draft.save()
    SyncSettings.objects.filter(school=school).update(asks_first=asks_first)
    SyncSettings.objects.want(school)
    AuditEntry.objects.note(by, "imported classes", school, school)


def _carry_out(draft, by, now):
    """Turn a draft into decisions and matches."""
    rows = {row.pk: row for row in candidates(draft.school)}
    chosen = [pk for pk in rows if draft.choices.get(str(pk)) == "in"]
    refused = [pk for pk, row in rows.items() if draft.choices.get(str(pk)) == "out" and row.reason == "asks_first"]
    for verdict_, pks, why in (("in", chosen, ""), ("out", refused, WHY_OUT)):
        SchoolClass.objects.filter(pk__in=pks).exclude(decision=verdict_).update(
            decision=verdict_, decided_by=by, decided_at=now, decided_why=why
        )
    for theirs, ours in draft.matches.get("classes", {}).items():
        if int(theirs) in chosen:
            _adopt(draft.school, rows[int(theirs)], ours)
    _recognise(draft.school, draft.matches.get("students", {}), now)


def _adopt(school, row, ours):
    """The class made by hand becomes the MIS's: its students stay in it."""
    mine = SchoolClass.objects.current().filter(school=school, wonde_id=None, pk=ours).first()
    if mine is None:
        return
    RequestedClass.objects.filter(school_class=row).update(school_class=mine)
    Choice.objects.filter(school_class=row).update(school_class=mine)
    row.delete()
    for name in ("wonde_id", "form", "name", "sort_name", "subject", "year_group", "academic_year"):
        setattr(mine, name, getattr(row, name))
    mine.decision, mine.decided_by, mine.decided_at = "in", row.decided_by, row.decided_at
    mine.save()


def _recognise(school, pairs, now):
    """Students made by hand become the MIS's; a class membership that is not matched ends."""
    held = set(Student.objects.filter(school=school, wonde_id__in=pairs.values()).values_list("wonde_id", flat=True))
    known = {int(key): wonde_id for key, wonde_id in pairs.items() if wonde_id not in held}
    students = list(Student.objects.filter(school=school, wonde_id=None, pk__in=known))
    for student in students:
        student.wonde_id = known[student.pk]
    Student.objects.bulk_update(students, ["wonde_id"])
    Enrolment.objects.current().filter(student__in=students, school_class__wonde_id=None).update(left_at=now)
