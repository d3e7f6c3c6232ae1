"""What tests cost, in CPU: a busy machine changes wall-clock time, but hardly this."""

import os
from pathlib import Path

import pytest
from django.db import connection

LIMIT_S = 5
MARKED = ("slow", "long", "speed", "drill")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def own_cpu_s() -> float:
    """The CPU seconds of this process, and of programs it started that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def cpu_s_of(pid: int) -> float:
    """The CPU seconds of one running process, in user and system mode (proc(5), fields 14 and 15 of `stat`)."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS_PER_S


def ours_cpu_s() -> float:
    """The CPU seconds of this process and of the PostgreSQL process that answers it: what a page or a sync costs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return own_cpu_s() + cpu_s_of(cursor.fetchone()[0])


class CpuLimit:
    """Fails a test that is not marked as slow and uses more than LIMIT_S of CPU.

    Counted: the test and its fixtures. Not counted: what it waits for, the servers, the browser, and fixtures shared
    with other tests.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item):
        self.began, self.shared = own_cpu_s(), 0.0
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        began = own_cpu_s()
        try:
            return (yield)
        finally:
            if fixturedef.scope != "function":
                self.shared += own_cpu_s() - began

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        result = yield
        spent = own_cpu_s() - self.began - self.shared
        if spent > LIMIT_S and not any(map(item.get_closest_marker, MARKED)):
            pytest.fail(
                f"This test took {spent:.1f} s of CPU, and one without a mark may take {LIMIT_S}. Make it quicker, or "
                "mark it slow: `make test-all` runs it then.",
                pytrace=False,
            )
        return result
