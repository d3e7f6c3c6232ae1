"""Restart a program that ends by itself: `python -m config.running.restarted COMMAND [ARGUMENT ...]`.

It does for the demo, where honcho ends all parts when one ends, what systemd or a container's restart policy does in
production (docs/operations.md). A program that ends at once is not restarted: it has said why.
"""

import signal
import subprocess
import sys
import time

from config.running.processes import die_with_parent

AT_ONCE_S = 10
PAUSE_S = 1


def main(command: list[str]) -> int:
    """Run `command` until told to stop, which is passed on, or until it ends at once. Returns the last exit status."""
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: told.append(number))
    while True:
        began = time.monotonic()
        child = subprocess.Popen(command, preexec_fn=die_with_parent(signal.SIGTERM))
        status = _wait(child, told)
        if told or time.monotonic() - began < AT_ONCE_S:
            return status if status >= 0 else 128 - status
        print(f"{command[0]} ended with status {status}, and is started again.", file=sys.stderr, flush=True)
        time.sleep(PAUSE_S)


def _wait(child: "subprocess.Popen[bytes]", told: list[int]) -> int:
    """Wait for `child`, passing on every signal we get. Returns its exit status."""
    passed_on = 0
    while True:
        for number in told[passed_on:]:
            child.send_signal(number)
            passed_on += 1
        try:
            return child.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
