"""Show, give or take a support login's rights, from the server: for the first rights, and those of the last
superuser."""

from django.core.management.base import BaseCommand, CommandError

from schools.access import rights
from schools.models import SchoolGroup, Task, User

DEEDS = {"give": rights.grant, "take": rights.take}


class Command(BaseCommand):
    help = "What a support login may do; with give or take, changes it. Each right is noted with no actor."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("deed", nargs="?", choices=DEEDS)
        parser.add_argument("tasks", nargs="*", metavar="task", help=f"all, or some of: {', '.join(Task)}")
        parser.add_argument("--group", help="the name of a group of schools; without it, for every school")

    def handle(self, email, deed, tasks, group, **options):
        user = rights.support().filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"No support login is switched on under {email}. docs/support.md says how to make one.")
        if deed:
            DEEDS[deed](user, self._tasks(tasks), self._group(group))
        held = User.objects.get(pk=user.pk).support_rights.select_related("group")
        for right in held:
            self.stdout.write(f"{right.task:<10} {right.group or 'every school'}")
        if not held:
            self.stdout.write(f"{user} has no right, and sees nothing: support_rights {user} give look")

    def _tasks(self, words):
        if words == ["all"]:
            return list(Task)
        if unknown := sorted(set(words) - set(Task)):
            raise CommandError(f"No task is called {', '.join(unknown)}. There are: {', '.join(Task)}; or all.")
        if not words:
            raise CommandError(f"Name tasks: all, or some of {', '.join(Task)}.")
        return [Task(word) for word in words]

    def _group(self, name):
        if name is None:
            return None
        group = SchoolGroup.objects.filter(name=name).first()
        if group is None:
            raise CommandError(f"No group of schools is called {name}: a superuser makes one in the admin.")
        return group
