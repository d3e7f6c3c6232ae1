"""How fast weekly mail is made and handed over, and what it takes: `python -m tests.bench.parents_mail`.

Fills the database of DATABASE_URL with invented schools (it must be empty of schools), makes the mails of a week for
a million contacts, then sends from two processes to an SMTP server in a third. Prints one line for each.
"""

import argparse
import os
import resource
import subprocess
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
LINE = "import sys, time; from tests.bench.parents_mail import {}; {}(*map(int, sys.argv[1:]))"
CONTACTS_A_SCHOOL = 2_400


def fill(schools):
    """`schools` schools of 1,200 students with two contacts each, progress of this week, and a read of an hour ago."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from parents.letter import week_of
    from parents.models import Contact, Guardianship, MailSettings
    from schools.models import School
    from students.models import Student, WeeklyProgress
    from sync.models import SyncRun

    if School.objects.exists():
        sys.exit("This database has schools. Give the benchmark an empty one: DATABASE_URL=…")
    now, ledger = timezone.now(), {"contacts": {"aside": "", "kept": []}}
    then, week = now - timedelta(hours=1), week_of(now.date())
    for number in range(1, schools + 1):
        school = School.objects.create(pk=number, wonde_id=f"A{number}", name=f"School {number}", code=f"s-{number}")
        MailSettings.objects.create(school=school, enabled=True)
        SyncRun.objects.create(
            school=school, trigger="night", status="applied", started_at=then, ended_at=then, ledger=ledger
        )
        students = Student.objects.bulk_create(
            Student(school=school, wonde_id=f"S{n}", forename="Tobi", surname="Okoro", sort_name=f"okoro {n:04}")
            for n in range(CONTACTS_A_SCHOOL // 2)
        )
        contacts = Contact.objects.bulk_create(
            Contact(school=school, wonde_id=f"P{n}", forename="Mercy", email=f"p{n}@home{number}.example")
            for n in range(CONTACTS_A_SCHOOL)
        )
        Guardianship.objects.bulk_create(
            Guardianship(
                school=school, contact=contact, student=students[n // 2], priority=1, responsibility=True, joined_at=now
            )
            for n, contact in enumerate(contacts)
        )
        WeeklyProgress.objects.bulk_create(
            WeeklyProgress(
                school=school, student=student, iso_year=week.year, iso_week=week.number, tasks_set=6, tasks_done=5,
                minutes=40, updated_at=now,
            )
            for student in students
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def make(schools):
    """Make the week's rows of every school, as the workers would, one school after another."""
    django.setup()
    from django.db import connection, reset_queries
    from django.utils import timezone

    from parents.dispatch import make_now
    from parents.letter import week_of

    now, made, most = timezone.now(), 0, 0
    begun = time.perf_counter()
    for school in range(1, schools + 1):
        connection.force_debug_cursor = school <= 3
        reset_queries()
        made += make_now(school, week_of(now.date()), now)
        most = max(most, len(connection.queries))
    took = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"made {made:,} mails of {schools * CONTACTS_A_SCHOOL:,} contacts in {took:.0f} s "
        f"({made / took:,.0f} a second), at most {most} statements a school, peak memory {peak:.0f} MiB",
        flush=True,
    )


def send(school, limit):
    """Send of one school for `limit` seconds."""
    django.setup()
    from parents.sending import send_due

    begun = time.perf_counter()
    sent = send_due(school, limit)
    print(sent, time.perf_counter() - begun, flush=True)


def serve(port):
    """An SMTP server that takes everything."""
    from aiosmtpd.controller import Controller

    class Sink:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            return "250 OK"

    Controller(Sink(), hostname="127.0.0.1", port=port).start()
    print("ready", flush=True)
    sys.stdin.read()


def part(name, *arguments, **options):
    command = [sys.executable, "-c", LINE.format(name, name), *map(str, arguments)]
    return subprocess.Popen(command, text=True, **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=417, help="of 2,400 contacts each; default a million contacts")
    parser.add_argument("--seconds", type=int, default=15, help="how long to send")
    asked = parser.parse_args()
    django.setup()
    from config.embedded import free_port

    fill(asked.schools)
    part("make", asked.schools).wait()
    port = free_port()
    with part("serve", port, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        server.stdout.readline()
        env = os.environ | {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "WEEKLY_MAILS_PER_MINUTE": "0"}
        workers = [part("send", school, asked.seconds, env=env, stdout=subprocess.PIPE) for school in (1, 2)]
        ended = [worker.communicate()[0].split() for worker in workers]
        server.stdin.close()
    sent = sum(int(number) for number, _ in ended)
    took = max(float(seconds) for _, seconds in ended)
    print(f"handed over {sent:,} mails in {took:.1f} s by two processes: {sent / took:.0f} a second")


if __name__ == "__main__":
    main()
