"""One school among many: how the others are made, and asking pages."""

import statistics
import time

from django.apps import apps
from django.db import connection

from tests.bench.ours import Sync

STRIDE = 10_000_000  # between the primary keys of one school and its copy
TABLES = [
    "schools_school", "schools_user", "schools_employee", "students_student", "classes_schoolclass",
    "classes_enrolment", "classes_teaching", "parents_contact", "parents_guardianship", "sync_connection",
    "sync_syncrun", "sync_change", "schools_lastread",
]  # fmt: skip
UNIQUE = {"schools_school": ("wonde_id", "code")}  # in the whole installation


class Crowd(Sync):
    """The school, and its copies."""

    def others(self):
        """How many there are; -1 before anything is built."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) - 1 FROM schools_school")
            return cursor.fetchone()[0]

    def build(self, others):
        """Import the school, then copy every row of it `others` times: ids are shifted, references with them."""
        self.empty()
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 1, false)", [table])
        self.empty()
        self.night()
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # copies tell no changes and refer rightly
            cursor.execute("SET synchronous_commit = off")
            for table in reversed(TABLES):  # schools last: until then the database counts as not built
                cursor.execute(_copy(table), [others])
            cursor.execute("SET session_replication_role = DEFAULT")
        self.settle_down()


def _copy(table):
    (model,) = [model for model in apps.get_models() if model._meta.db_table == table]
    columns = {field.column: field.is_relation for field in model._meta.concrete_fields}
    values = [
        f't."{name}" + n::bigint * {STRIDE}'
        if name in ("id", "row_id") or refers
        else f"t.\"{name}\" || '-' || n"
        if name in UNIQUE.get(table, ())
        else f't."{name}"'
        for name, refers in columns.items()
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    few = " WHERE t.id %% 10 = 0" if table == "sync_change" else ""  # one change in ten
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table} t, generate_series(1, %s) n{few}"


class Pages:
    """A teacher, support and the learning product, each signed in, asking pages in this process."""

    def __init__(self, wonde_id):
        import django
        from django.test.utils import override_settings

        django.setup()
        storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        override_settings(
            STORAGES={"default": storage, "staticfiles": storage},
            PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ).enable()
        from django.db import transaction

        transaction.set_autocommit(False)  # who signs in is gone when this process is
        self._people(wonde_id)
        self.taken, self.queries = {}, {}

    def _people(self, wonde_id):
        from classes.models import SchoolClass
        from schools.models import ApiToken, Employee, School
        from tests.api.asking import Product
        from tests.factories import UserFactory
        from tests.tools.people import signed_in, support_client

        school = School.objects.get(wonde_id=wonde_id)
        employee = Employee.objects.current().filter(school=school).order_by("pk").first()
        employee.user = UserFactory(email="bench@example.org")
        employee.save(update_fields=["user"])
        mine = SchoolClass.objects.current().filter(school=school, status="in", teachers=employee).first()
        student = mine.students.order_by("pk").first()
        token, token.secret = ApiToken.objects.issue(name="bench", scopes=["read", "changes"], every_school=True)
        teacher, product = signed_in(employee.user), Product(token)
        support = support_client(looks_at=[school])
        root = f"/schools/{school.code}"
        self.pages = {
            "my classes": lambda: teacher.get(f"{root}/classes/"),
            "class page": lambda: teacher.get(f"/classes/{mine.pk}/"),
            "student page": lambda: teacher.get(f"/students/{student.pk}/"),
            "search": lambda: teacher.post(f"{root}/find/", {"text": student.surname[:3]}),
            "admin: schools": lambda: support.get("/admin/schools/school/"),
            "admin: students": lambda: support.get(f"/admin/students/student/?school={school.pk}"),
            "admin: runs": lambda: support.get("/admin/sync/syncrun/"),
            "API: 1,000 students": lambda: product.get("students/", limit=1000, school_id=school.pk),
        }

    def names(self):
        return list(self.pages)

    def ask(self, page, times):
        """Ask for a page so often."""
        for _ in range(times):
            began = time.perf_counter()
            answer = self.pages[page]()
            self.taken.setdefault(page, []).append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200:
                raise RuntimeError(f"{page}: {answer.status_code} {answer.content[:300]!r}")

    def told(self, page):
        """p50 and p95 in ms by the clock, and how many queries it takes."""
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            self.pages[page]()
        cuts = statistics.quantiles(self.taken[page], n=20)
        return {"p50": statistics.median(self.taken[page]), "p95": cuts[-1], "queries": len(queries)}
