"""Leaves no process behind on Linux: children die with their parent, orphans come back to us.

The kernel tells a program we start when we end. If it ends first, its own children become ours (we are their
"subreaper"), and `end_descendants` finds them all.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None)


def die_with_parent(sig: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel send `sig` to the child when we end, even by SIGKILL. Linux only."""
    parent = os.getpid()

    def in_child() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(sig))
        if os.getppid() != parent:  # our parent ended before the kernel was told
            os._exit(1)

    return in_child


def adopt_orphans() -> None:
    """From now on, a descendant whose parent ends becomes our child instead of the machine's."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def descendants() -> set[int]:
    """The process ids of our children, their children and so on, except ended ones that were never waited for."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended while we were looking
            pid, _, rest = stat.read_text(errors="replace").partition(" (")
            state, parent = rest.rpartition(") ")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(pid))
    found: set[int] = set()
    queue = [os.getpid()]
    while queue:
        below = children.get(queue.pop(), [])
        found.update(below)
        queue.extend(below)
    return found


def end_descendants(patience_s: float) -> None:
    """End every descendant: SIGTERM, then after `patience_s` seconds SIGKILL."""
    deadline = time.monotonic() + patience_s
    asked: set[int] = set()
    while running := descendants():
        late = time.monotonic() > deadline
        for pid in running if late else running - asked:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
        asked |= running
        time.sleep(0.05)


def interrupted(pid: int) -> bool:
    """Whether process `pid` is inside its SIGINT handler.

    When only make is sent SIGINT, that is what it does: it waits for us without passing the signal on.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    blocked = next((line.split()[1] for line in status.splitlines() if line.startswith("SigBlk:")), "0")
    return bool(int(blocked, 16) >> (signal.SIGINT - 1) & 1)
