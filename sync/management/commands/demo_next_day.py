"""`make next-day`: a school day passes in the sandbox, the schools are synced, and what became visible is told."""

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from classes.models import SchoolClass
from sync.management import demo
from sync.models import Change

TOLD = {
    ("students", Change.Verb.CREATE): ("student", "joined"),
    ("students", Change.Verb.RETURN): ("student", "came back"),
    ("students", Change.Verb.REMOVE): ("student", "left"),
    ("students", Change.Verb.UPDATE): ("student", "with other details"),
    ("enrolments", Change.Verb.MOVE): ("student", "in another class"),
    ("employees", Change.Verb.CREATE): ("staff", "joined"),
    ("employees", Change.Verb.REMOVE): ("staff", "left"),
}


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        demo.secret("DEMO_PASSWORD")
        schools = demo.schools()
        if not schools:
            raise CommandError("The demo has no schools yet: wait for the last block of `make demo`.")
        shown = demo.class_of(demo.make_teacher(schools[0]))
        before = members(shown)
        for school in schools:
            demo.let_happen(school)
        make_it_visible(shown)
        self.stdout.write("A school day has passed. Reading the schools from the Wonde sandbox")
        runs = demo.sync_and_watch(schools, self.stdout.write)
        for school in schools:
            self.stdout.write(f"{school}: {in_words(runs[school])}")
        after = members(shown)
        self.stdout.write(f"In {shown}, the class that the demo's teacher sees first:")
        for pk in sorted(after.keys() - before.keys(), key=after.get):
            self.stdout.write(f"  joined: {after[pk]}")
        for pk in sorted(before.keys() - after.keys(), key=before.get):
            self.stdout.write(f"  left: {before[pk]}")
        for pk in before.keys() & after.keys():
            if before[pk] != after[pk]:
                self.stdout.write(f"  renamed: {before[pk]} is now {after[pk]}")


def members(school_class):
    """Names by student id, as the class list has them now."""
    current = school_class.students.filter(enrolments__left_at=None)
    return {student.pk: student.list_name for student in current}


def make_it_visible(school_class):
    """The same for one class, on the same day: one joins, one leaves for another class, one changes their name."""
    student = school_class.students.filter(enrolments__left_at=None).order_by("pk").last()
    events = [
        {"event": "join", "class": school_class.wonde_id},
        {"event": "move_class", "from": school_class.wonde_id, "to": neighbour(school_class).wonde_id},
        {"event": "change_surname", "student": student.wonde_id},
    ]
    demo.let_happen(school_class.school, events)


def neighbour(school_class):
    """Another imported class of the same year group: the smallest."""
    others = SchoolClass.objects.current().filter(school=school_class.school, year_group=school_class.year_group)
    return others.exclude(pk=school_class.pk).annotate(size=Count("enrolments")).order_by("size", "pk").first()


def in_words(run):
    """What `run` changed in what people see: "2 students joined, 1 student left"."""
    counted = run.changes.values_list("kind", "verb").annotate(number=Count("pk"))
    numbers = {(kind, verb): number for kind, verb, number in counted}
    told = [
        f"{numbers[change]} {noun}{'s' if numbers[change] > 1 and noun == 'student' else ''} {happened}"
        for change, (noun, happened) in TOLD.items()
        if change in numbers
    ]
    return ", ".join(told) or "nothing changed"
