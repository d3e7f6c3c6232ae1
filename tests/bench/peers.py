"""What people would otherwise use to land the same rows: an ORM loop, a bulk upsert, dlt.

The two of Django land into the floor's bare tables, from rows the floor has read and picked: nothing but the writing is
theirs. dlt reads by itself, by its REST source, and lands every row it reads.
"""

import os
import shutil
import sys
import tempfile
import time
from urllib.parse import parse_qsl, urlsplit

from tests.bench.floor import COLUMNS, KEYS, TYPES, Floor, kept

FIELDS = {"boolean": "BooleanField", "integer": "IntegerField", "text": "TextField"}


def bare_models():
    """A plain Django model for each bare table."""
    import django
    from django.db import models

    django.setup()
    made = {}
    for kind, columns in COLUMNS.items():
        composite = KEYS.get(kind, 1) > 1
        fields = {
            name: getattr(models, FIELDS[TYPES.get(name, "text")])(
                null=name == "priority", primary_key=not composite and name == columns[0]
            )
            for name in columns
        }
        if composite:
            fields["pk"] = models.CompositePrimaryKey(*columns[: KEYS[kind]])
        meta = type("Meta", (), {"managed": False, "db_table": f'bare"."{kind}', "app_label": "bench"})
        made[kind] = type(kind.title(), (models.Model,), {"__module__": __name__, "Meta": meta, **fields})
    return made


class Loop(Floor):
    """`update_or_create` for every row, in one transaction."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.models = bare_models()

    def land(self):
        from django.db import transaction

        rows = kept(self.read(), self.chosen)
        with transaction.atomic():
            for kind, columns in COLUMNS.items():
                keys = KEYS.get(kind, 1)
                for row in rows[kind]:
                    values = dict(zip(columns, row, strict=True))
                    key = {name: values.pop(name) for name in columns[:keys]}
                    self.models[kind].objects.update_or_create(**key, defaults=values)


class Bulk(Loop):
    """`bulk_create(update_conflicts=True)`, in one transaction."""

    def land(self):
        from django.db import transaction

        rows = kept(self.read(), self.chosen)
        with transaction.atomic():
            for kind, columns in COLUMNS.items():
                keys, model = KEYS.get(kind, 1), self.models[kind]
                model.objects.bulk_create(
                    [model(**dict(zip(columns, row, strict=True))) for row in rows[kind]],
                    update_conflicts=True,
                    unique_fields=columns[:keys],
                    update_fields=columns[keys:],
                )


class Dlt:
    """dlt's REST source, merged on `id`. A map keeps the fields we use: without it, dlt would land them all."""

    def __init__(self, sandbox, token, targets, database, chosen=()):
        began = time.perf_counter()
        self.home = tempfile.mkdtemp(prefix="bench-dlt-")
        os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "DLT_DATA_DIR": self.home}
        import dlt
        from dlt.sources.rest_api import rest_api_source

        self.dlt, self.rest_api_source, self.database = dlt, rest_api_source, database
        self.client = {
            "base_url": sandbox,
            "auth": {"type": "bearer", "token": token},
            "paginator": {"type": "json_link", "next_url_path": "meta.pagination.next"},
        }
        lists = {}
        for target in targets:
            parts, query = urlsplit(target), dict(parse_qsl(urlsplit(target).query))
            if "per_page" in query and "page" not in query:
                lists["members" if "class_subject" in query else parts.path.rpartition("/")[2]] = parts.path, query
        self.lists = lists
        print(f"dlt took {time.perf_counter() - began:.1f} s to start", file=sys.stderr, flush=True)
        self.empty()

    def empty(self):
        """No tables and no memory of a former run."""
        import psycopg

        with psycopg.connect(self.database, autocommit=True) as server:
            for schema in ("landed", "landed_staging"):
                server.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        shutil.rmtree(self.home, ignore_errors=True)
        self.pipeline = self.dlt.pipeline(
            "bench",
            pipelines_dir=self.home,
            dataset_name="landed",
            destination=self.dlt.destinations.postgres(self.database.replace("postgres://", "postgresql://")),
        )

    def land(self):
        resources = [
            {
                "name": name,
                "primary_key": "id",
                "write_disposition": "merge",
                "endpoint": {"path": path, "params": query, "data_selector": "data"},
                "processing_steps": [{"map": SLIM[name]}],
            }
            for name, (path, query) in self.lists.items()
        ]
        source = self.rest_api_source({"client": self.client, "resources": resources})
        self.pipeline.run(source)


def _person(row):
    emails = ((row.get("contact_details") or {}).get("data") or {}).get("emails") or {}
    slots = (emails.get(name) for name in ("email", "primary", "home", "work"))
    return {name: row.get(name) for name in ("id", "upi", "title", "forename", "surname")} | {
        "email": next((slot for slot in slots if slot), None)
    }


def _student(row):
    contacts = [
        _person(contact)
        | {name: contact["relationship"].get(name) for name in ("relationship", "priority", "parental_responsibility")}
        for contact in row["contacts"]["data"]
    ]
    names = {name: row.get(name) for name in ("id", "upi", "forename", "surname")}
    return names | {"upn": row["education_details"]["data"].get("upn"), "contacts": contacts}


def _class(row):
    subject = row.get("subject")
    return {"id": row["id"], "name": row["name"], "subject": ((subject or {}).get("data") or {}).get("name")}


def _members(row):
    return {
        "id": row["id"],
        "students": [{"id": member["id"]} for member in row["students"]["data"]],
        "employees": [
            {"id": teacher["id"], "main": (teacher.get("meta") or {}).get("is_main_teacher")}
            for teacher in row["employees"]["data"]
        ],
    }


SLIM = {"students": _student, "employees": _person, "classes": _class, "members": _members}
LACKING = {  # what ours holds and dlt has not landed
    "employees": "SELECT wonde_id, coalesce(nullif(forename, ''), '?') FROM schools_employee WHERE left_at IS NULL "
    "EXCEPT SELECT id, coalesce(trim(forename), '?') FROM landed.employees",
    "classes": "SELECT wonde_id FROM classes_schoolclass WHERE left_at IS NULL EXCEPT SELECT id FROM landed.classes",
    "students": "SELECT wonde_id, upn FROM students_student WHERE left_at IS NULL EXCEPT "
    "SELECT id, coalesce(upn, '') FROM landed.students",
    "guardianships": "SELECT p.wonde_id, s.wonde_id FROM parents_guardianship g JOIN parents_contact p ON "
    "p.id = g.contact_id JOIN students_student s ON s.id = g.student_id WHERE g.left_at IS NULL EXCEPT "
    "SELECT c.id, s.id FROM landed.students__contacts c JOIN landed.students s ON s._dlt_id = c._dlt_parent_id",
    "enrolments": "SELECT s.wonde_id, c.wonde_id FROM classes_enrolment e JOIN classes_schoolclass c ON "
    "c.id = e.school_class_id JOIN students_student s ON s.id = e.student_id WHERE e.left_at IS NULL EXCEPT "
    "SELECT s.id, m.id FROM landed.members__students s JOIN landed.members m ON m._dlt_id = s._dlt_parent_id",
}
