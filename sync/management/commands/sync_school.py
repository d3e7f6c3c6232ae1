"""`manage.py sync_school WONDE_ID`: what a sync would do; with --apply it does it."""

import json
import sys

from django.core.management.base import BaseCommand

from schools.models import School
from sync.engine.after_a_run import finish
from sync.engine.runs import preview, run_sync
from sync.facts.errors import SyncError
from sync.models import SyncRun
from sync.needs.noting import note
from sync.wording.report import as_data, as_table
from sync.wording.sentences import summary
from sync.wording.waiting import sentence, with_sentences

DONE, BUG, WAITS, REFUSED = 0, 1, 3, 4


class Command(BaseCommand):
    help = (
        "Show what a sync of one school would do now, or do it. Exit status: 0 applied or nothing to do, "
        "3 something waits for a person, 4 refused, 1 a bug."
    )

    def add_arguments(self, parser):
        parser.add_argument("wonde_id", help="the school's Wonde id, for example A1203984756")
        parser.add_argument("--apply", action="store_true", help="do it instead of showing it")
        parser.add_argument("--json", action="store_true", help="print data for machines instead of a table")

    def handle(self, *, wonde_id, apply, json, **options):
        school = School.objects.filter(wonde_id=wonde_id).first()
        if school is None:
            self._refuse(f"No school here has the Wonde id {wonde_id}. Add it first: manage.py add_school {wonde_id}")
        waiting = self._apply(school, json) if apply else self._show(school, json)
        sys.exit(WAITS if waiting else DONE)

    def _show(self, school, as_json):
        try:
            data = as_data(preview(school))
        except SyncError as error:
            self._refuse(str(error))
        told = data | {"waiting": with_sentences(data["waiting"])}
        self.stdout.write(json.dumps(told, ensure_ascii=False) if as_json else as_table(data))
        return data["waiting"]

    def _apply(self, school, as_json):
        run = run_sync(school, SyncRun.Trigger.COMMAND)
        if run is None:
            self._refuse(f"{school.name} is being synced right now. Try again when that sync has ended.")
        finish(run)
        note(school)
        if run.status != SyncRun.Status.APPLIED:
            self._refuse(run.message)
        told = {"run": run.pk, "counts": run.counts, "ledger": run.ledger, "waiting": with_sentences(run.waiting)}
        if as_json:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            self.stdout.write(f"Applied as sync {run.pk}: {'; '.join(summary(run)) or 'nothing changed'}")
            for entry in run.waiting:
                self.stdout.write(f"Waits for a person: {sentence(entry)}")
        return run.waiting

    def _refuse(self, message):
        self.stderr.write(message)
        sys.exit(REFUSED)
