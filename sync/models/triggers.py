"""The triggers behind the feed: whatever anybody but a sync writes, PostgreSQL notes as a `Change`.

Which tables and columns they watch follows from the kinds' declarations. Every `migrate` puts them right, so a column
that joins the API is in the feed too, without a migration of its own. What the triggers call stands in
`sync/migrations/0001_initial.py` (docs/decisions/0125-declared-once.md).
"""

from django.db import connections, transaction

from schools.models import School
from sync.facts.kinds import IN_API
from sync.models import feed

# As PostgreSQL spells a trigger, so that what it has can be compared with what it should have.
TELL = (
    "CREATE TRIGGER sync_tell AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW "
    "WHEN (current_setting('rollbook.tells'::text, true) IS DISTINCT FROM 'itself'::text) "
    "EXECUTE FUNCTION sync_tell({arguments})"
)
TELL_SCHOOL = (
    "CREATE TRIGGER sync_tell AFTER INSERT OR UPDATE ON {table} FOR EACH ROW "
    "EXECUTE FUNCTION sync_tell_school({arguments})"
)
INSTALLED = """
    SELECT tgrelid::regclass::text, pg_get_triggerdef(oid, true) FROM pg_trigger
    WHERE tgname = 'sync_tell' AND NOT tgisinternal
"""


def declared():
    """Table -> the trigger it should have."""
    told = {kind.table: _trigger(TELL, kind.table, [name, *kind.in_feed]) for name, kind in IN_API.items()}
    schools = School._meta.db_table
    return told | {schools: _trigger(TELL_SCHOOL, schools, [*feed.OF_SCHOOLS, "frozen", "doubted"])}


def _trigger(template, table, arguments):
    return template.format(table=table, arguments=", ".join(f"'{argument}'" for argument in arguments))


def installed(using="default"):
    """Table -> the trigger it has."""
    with connections[using].cursor() as cursor:
        cursor.execute(INSTALLED)
        return dict(cursor.fetchall())


def install(using="default", **signal):
    """Make the database's triggers those that are declared; after each `migrate`, once their functions are there."""
    now, wanted = installed(using), declared()
    if now == wanted:
        return
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regproc('sync_tell') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return
        for table in now.keys() - wanted.keys():
            cursor.execute(f"DROP TRIGGER sync_tell ON {table}")
        for table, trigger in wanted.items():
            if now.get(table) != trigger:
                cursor.execute(trigger.replace("CREATE", "CREATE OR REPLACE", 1))
