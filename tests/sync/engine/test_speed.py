"""What a sync costs in a warm worker, in CPU: its own, PostgreSQL's, and the sandbox's, which shares the process."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from schools.models import School
from sync.engine.runs import run_sync
from sync.models import SyncRun, SyncSettings
from sync.sandbox.testing import running_sandbox
from sync.sandbox.world.catalogue import INDEPENDENT, SECONDARY
from tests.factories import SchoolFactory
from tests.sync.world import school_at
from tests.tools.cpu import ours_cpu_s

pytestmark = [pytest.mark.speed, pytest.mark.django_db(transaction=True)]

FIRST_S, UNCHANGED_S, PEAK_MIB = 1.5, 0.5, 250


@pytest.fixture
def demo(settings, in_term):
    with running_sandbox(demo=True) as running:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = running.url, running.token
        yield running


def seconds(wonde_id):
    """The CPU of a sync of the school, reading included."""
    school = School.objects.get(wonde_id=wonde_id)
    began = ours_cpu_s()
    run = run_sync(school, SyncRun.Trigger.NIGHT)
    took = ours_cpu_s() - began
    assert run.status == SyncRun.Status.APPLIED, run.message
    print(f"{wonde_id}: {took:.2f} s {run.timings}")
    return took


def test_a_first_and_an_unchanged_sync_of_1200_students_are_quick(demo):
    for wonde_id in (SECONDARY, INDEPENDENT):
        SyncSettings.objects.create(school=SchoolFactory(wonde_id=wonde_id))
    seconds(INDEPENDENT)  # warms the worker
    demo.every(f"schools/{SECONDARY}/students", per_page=200)  # makes the school, which is the sandbox's own time
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    first = seconds(SECONDARY)
    seconds(SECONDARY)
    unchanged = min(seconds(SECONDARY) for _ in range(3))

    assert first < FIRST_S
    assert unchanged < UNCHANGED_S


ONE_SYNC = """
import django
django.setup()
from schools.models import School
from sync.engine.runs import run_sync
for _ in range(2):
    assert run_sync(School.objects.get(), "night").status == "applied"
# Not ru_maxrss: that begins with the size of the process that forked this one.
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_a_school_of_3000_students_is_synced_within_250_mib(process_env):
    with running_sandbox(students=3000, date=timezone.now().date()) as running:
        school_at(running)
        env = process_env | {"WONDE_BASE_URL": running.url, "WONDE_TOKEN": running.token}

        done = subprocess.run(
            [sys.executable, "-c", ONE_SYNC], cwd=Path(__file__).parents[3], env=env, capture_output=True, text=True
        )

    assert done.returncode == 0, done.stderr
    print(f"peak: {done.stdout.strip()} MiB")
    assert int(done.stdout) < PEAK_MIB
