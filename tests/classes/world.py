"""A school read from the sandbox over real HTTP."""

from contextlib import contextmanager

from sync.engine.runs import run_sync
from sync.models import SyncSettings
from tests.factories import SchoolFactory
from tests.sync.world import a_sandbox


class ReadSchool:
    """A school in the sandbox: `sync()` reads and applies, `day()` lets a day pass, `find(name)` finds one of its
    classes."""

    def __init__(self, sandbox, wonde_id, **connection):
        self.sandbox, self.wonde_id = sandbox, wonde_id
        self.row = SchoolFactory(wonde_id=wonde_id)
        SyncSettings.objects.create(school=self.row, **connection)

    def sync(self):
        run = run_sync(self.row, "command")
        assert run.status == "applied", run.message
        return run

    def day(self, *events):
        return self.sandbox.day(self.wonde_id, [*events])

    def find(self, name):
        return self.row.classes.get(name=name)

    def put_members(self, school_class, wonde_ids):
        """Make exactly these students the members of a class in the MIS."""
        world = self.sandbox.sandbox.registry.world(self.wonde_id)
        world.classes[school_class.wonde_id].students[:] = sorted(wonde_ids)
        self.day({"event": "bulk_updated_at"})  # a new revision: pages made before are not served again

    def members(self, school_class):
        """Wonde ids, as the sandbox has them."""
        path = f"schools/{self.wonde_id}/classes/{school_class.wonde_id}"
        return {row["id"] for row in self.sandbox.get(path, include="students")["data"]["students"]["data"]}


@contextmanager
def a_read_school(settings, read=True, **connection):
    """150 students in ten sets, one intervention group a year, two students in two sets; read once."""
    with a_sandbox(settings, students=150) as sandbox:
        school = ReadSchool(sandbox, sandbox.school_ids[0], **connection)
        if read:
            school.sync()
        yield school
