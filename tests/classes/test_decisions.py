"""Every sync obeys what a person has decided about a class or a student."""

from django.utils import timezone

from classes.models import Choice, Enrolment, SchoolClass
from sync.models import Change
from sync.people.held import resume
from tests.factories import SupportFactory


def decide(school_class, verdict):
    school_class.decision, school_class.decided_by = verdict, SupportFactory()
    school_class.save(update_fields=["decision", "decided_by"])


def class_of(student):
    return student.enrolments.get(left_at=None).school_class


def in_two(read_school):
    """A student the MIS has in two imported classes: the student, the present class, the other one."""
    student_id, other_id = read_school.sync().second_classes[0]
    student = read_school.row.students.get(pk=student_id)
    return student, class_of(student), SchoolClass.objects.get(pk=other_id)


def test_a_class_a_person_includes_comes_in_and_stays_in(read_school):
    group = read_school.find("Ma Intervention Y8")
    decide(group, "in")

    read_school.sync()
    again = read_school.sync()

    group.refresh_from_db()
    assert (group.status, group.reason) == ("in", "")
    assert group.decided_by is not None
    assert not any(verbs["update"] + verbs["remove"] for verbs in again.counts.values())


def test_a_class_of_another_subject_comes_in_with_its_members_when_a_person_includes_it(read_school):
    club = read_school.find("Chess Club")
    other = read_school.members(club) - set(read_school.row.students.current().values_list("wonde_id", flat=True))
    decide(club, "in")

    read_school.sync()

    club.refresh_from_db()
    assert club.status == "in"
    assert other <= set(club.enrolments.filter(left_at=None).values_list("student__wonde_id", flat=True))


def test_excluding_a_class_ends_its_enrolments_as_evidence_and_is_never_held(read_school):
    excluded = read_school.find("7x/Ma1")
    size = excluded.enrolments.filter(left_at=None).count()
    decide(excluded, "out")

    run = read_school.sync()

    excluded.refresh_from_db()
    assert (excluded.status, excluded.reason) == ("out", "excluded_class")
    assert not read_school.row.holds.exists()
    assert not excluded.enrolments.filter(left_at=None).exists()
    gone = Change.objects.filter(run=run, kind="enrolments").exclude(verb="create")
    assert gone.count() == size
    assert not gone.filter(cause="absence").exists()


def test_every_class_of_a_school_may_be_excluded_in_one_night(read_school):
    for school_class in read_school.row.classes.current():
        decide(school_class, "out")

    read_school.sync()

    assert not read_school.row.holds.exists()
    assert not Enrolment.objects.current().filter(school=read_school.row).exists()


def test_an_excluded_class_stays_out_whatever_the_rule_says_and_may_come_back(read_school):
    excluded = read_school.find("8x/Ma1")
    decide(excluded, "out")
    read_school.sync()
    read_school.sync()
    excluded.refresh_from_db()
    assert excluded.status == "out"

    decide(excluded, "in")
    read_school.sync()

    excluded.refresh_from_db()
    assert excluded.status == "in"
    assert excluded.enrolments.filter(left_at=None).count() == len(read_school.members(excluded))


def test_a_chosen_class_moves_the_student_and_holds_in_later_syncs(read_school):
    student, present, other = in_two(read_school)
    Choice.objects.create(school=read_school.row, student=student, school_class=other, verdict="chosen")

    first = read_school.sync()
    second = read_school.sync()

    assert class_of(student) == other
    assert first.counts["enrolments"]["move"] == 1
    assert sum(second.counts["enrolments"].values()) == 0
    assert (student.pk, present.pk) in second.second_classes


def test_a_student_left_out_of_a_class_goes_to_the_other_one(read_school):
    student, present, other = in_two(read_school)
    Choice.objects.create(school=read_school.row, student=student, school_class=present, verdict="left_out")

    read_school.sync()

    assert class_of(student) == other


def test_students_left_out_by_name_stay_where_they_are_when_their_second_class_comes_in(read_school):
    group = read_school.find("Ma Intervention Y8")
    stay = {student: class_of(student) for student in read_school.row.students.filter(wonde_id__in=group.member_ids)}
    for student in stay:
        Choice.objects.create(school=read_school.row, student=student, school_class=group, verdict="left_out")
    decide(group, "in")

    read_school.sync()
    read_school.sync()

    assert {student: class_of(student) for student in stay} == stay
    assert Choice.objects.filter(school_class=group).count() == len(stay)


def test_a_choice_ends_with_its_conflict_and_leaves_a_trace(read_school):
    student, present, other = in_two(read_school)
    Choice.objects.create(school=read_school.row, student=student, school_class=other, verdict="chosen")
    read_school.sync()
    read_school.put_members(other, read_school.members(other) - {student.wonde_id})

    read_school.sync()

    assert class_of(student) == present
    assert not Choice.objects.filter(student=student).exists()
    assert read_school.row.audit_entries.filter(kind="choice").count() == 1


def test_a_choice_about_a_student_not_here_yet_applies_once_they_arrive(read_school):
    group = read_school.find("Chess Club")
    excluded = read_school.find("7x/Ma1")
    both = (read_school.members(group) & read_school.members(excluded)).pop()
    decide(excluded, "out")
    read_school.sync()
    read_school.row.students.filter(wonde_id=both).delete()
    Choice.objects.create(school=read_school.row, wonde_id=both, school_class=excluded, verdict="left_out")
    decide(excluded, "in")
    decide(group, "in")

    read_school.sync()

    choice = Choice.objects.get()
    assert (choice.student.wonde_id, choice.wonde_id) == (both, "")
    assert class_of(choice.student) == group


def test_members_of_a_class_that_is_out_are_kept_as_ids_until_it_comes_in(read_school):
    group, other_subject = read_school.find("Ma Intervention Y8"), read_school.find("8A/Ar")
    assert set(group.member_ids) == read_school.members(group)
    assert other_subject.member_ids == []

    decide(group, "in")
    read_school.sync()

    group.refresh_from_db()
    assert group.member_ids == []


def test_a_class_brought_in_while_the_school_is_paused_keeps_its_members_until_it_comes_in(read_school):
    """Until then the membership check of the next class would think it was empty."""
    group = read_school.find("Ma Intervention Y8")
    sync_settings = read_school.row.sync_settings
    sync_settings.paused_at = timezone.now()
    sync_settings.save()
    decide(group, "in")

    read_school.sync()
    group.refresh_from_db()
    assert group.status == "out"
    assert set(group.member_ids) == read_school.members(group)

    resume(read_school.row, group.decided_by)
    read_school.sync()
    group.refresh_from_db()
    assert (group.status, group.member_ids) == ("in", [])


def test_members_of_a_class_that_is_out_follow_the_mis(read_school):
    group = read_school.find("Ma Intervention Y8")
    gone = group.member_ids[0]
    read_school.day({"event": "leave", "student": gone})

    read_school.sync()

    group.refresh_from_db()
    assert set(group.member_ids) == read_school.members(group)
    assert gone not in group.member_ids


def test_a_removed_class_keeps_no_members(read_school):
    group = read_school.find("Ma Intervention Y8")
    read_school.day({"event": "end_class", "class": group.wonde_id})

    read_school.sync()

    group.refresh_from_db()
    assert group.left_at is not None
    assert group.member_ids == []


def test_a_new_class_waits_if_the_school_wants_to_be_asked(read_school):
    read_school.row.sync_settings.asks_first = True
    read_school.row.sync_settings.save()
    read_school.day({"event": "new_class", "year": "7", "size": 8, "name": "7n/Ma5"})

    read_school.sync()

    new = read_school.find("7n/Ma5")
    assert (new.status, new.reason) == ("out", "asks_first")
    assert len(new.member_ids) == 8
    assert read_school.find("7x/Ma1").status == "in"

    read_school.row.sync_settings.asks_first = False
    read_school.row.sync_settings.save()
    read_school.sync()

    new.refresh_from_db()
    assert new.status == "in"
