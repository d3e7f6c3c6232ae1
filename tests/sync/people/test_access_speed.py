"""17,000 schools, more than Wonde has in the UK: how long a poll of ours takes, without Wonde's own time."""

import time

import pytest

from schools.models import School
from sync.models import Access, AccessList
from sync.people import access
from tests.sync.tables import versions
from tests.sync.world import a_sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.speed]
SCHOOLS = 17_000
AT_MOST_S = 20


def test_a_poll_of_17000_schools_takes_under_20_seconds_of_our_time(settings, in_term):
    with a_sandbox(settings, schools=SCHOOLS) as sandbox:
        School.objects.bulk_create(
            School(wonde_id=wonde_id, name=f"School {number}", code=f"s{number}")
            for number, wonde_id in enumerate(sandbox.school_ids)
        )
        took = {"first": timed(), "by what changed": timed()}
        written = versions("sync_accesslist")
        AccessList.objects.update(whole_at=None)
        took["whole, nothing new"] = timed()
        assert versions("sync_accesslist") == written
        Access.objects.update(lists=["schools"], state="checked_by_wonde")
        AccessList.objects.update(whole_at=None)
        took["whole, every school another"] = timed()
        print({name: f"{cpu:.1f} s CPU, {wall:.1f} s in all" for name, (cpu, wall) in took.items()})

    assert Access.objects.filter(state="open").count() == SCHOOLS
    assert max(cpu for cpu, _ in took.values()) < AT_MOST_S


def timed():
    """(CPU of this thread, seconds in all). The sandbox has a thread of its own."""
    cpu, began = time.thread_time(), time.perf_counter()
    access.poll()
    return time.thread_time() - cpu, time.perf_counter() - began
