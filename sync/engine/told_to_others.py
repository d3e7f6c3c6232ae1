"""What an applied run tells the other apps: it writes a row of theirs (`LastRead`), so that none of them reads runs."""

from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce, Greatest

from schools.models import LastRead
from sync.facts.snapshot import NOT_ASKED
from sync.models import SyncRun

PARENTS = ("students", "contacts", "guardianships")  # what mail to parents is made of


def write(run):
    """Once `run` was applied, in its transaction."""
    told = {"undone": run.trigger == SyncRun.Trigger.UNDO}
    if not told["undone"]:
        told |= {"read_at": run.ended_at, "as_of": run.as_of}
        told |= {"wonde_newest": run.wonde_newest, "mis_offline": run.mis_offline}
    contacts = run.ledger.get("contacts", {})
    if contacts.get("aside") == NOT_ASKED:
        told["addresses_gone"] = False  # there is none to miss
    elif contacts.get("aside") == "":  # read in full, and concluded from
        told["addresses_gone"] = "email" in contacts["kept"]
        if not any([kind, "unreadable"] in run.alarms for kind in PARENTS):
            told["parents_as_of"] = Greatest(F("parents_as_of"), run.as_of)
    if not told["undone"]:
        told["rights"] = run.rights
    if False in run.rights.values():
        told["rights_missing_since"] = Coalesce(F("rights_missing_since"), Value(run.ended_at, DateTimeField()))
    elif run.rights and all(run.rights.values()):
        told["rights_missing_since"] = None
    row = LastRead.objects.filter(school=run.school_id)
    if not row.update(**told):
        LastRead.objects.create(school_id=run.school_id)
        row.update(**told)
