"""Waits for things to happen, with a time limit, instead of sleeping and hoping."""

import os
import select
import threading
import time


def wait_until_ended(pid, limit_s=90):
    """Wait until process `pid`, which is not our child, has ended. Fails after `limit_s`."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([handle], [], [], limit_s)
        assert ended, f"process {pid} still runs after {limit_s} s"
    finally:
        os.close(handle)


def wait_for_line(stream, *endings, limit_s=90):
    """The text of an unbuffered binary `stream`, up to and including the first line with one of `endings`.

    Fails, showing the text, if the stream ends or is silent for `limit_s` before that.
    """
    wanted = [ending.encode() for ending in endings]
    text = line = b""
    while not any(ending in line for ending in wanted):
        ready, _, _ = select.select([stream], [], [], limit_s)
        line = stream.readline() if ready else b""
        text += line
        assert line, f"none of {endings} came within {limit_s} s; until then:\n{text.decode()}"
    return text.decode()


def wait_for(what, limit_s=120, told=""):
    """The first true answer of `what()`."""
    ends = time.monotonic() + limit_s
    while not (answer := what()):
        assert time.monotonic() < ends, told or f"not within {limit_s} s"
        threading.Event().wait(0.1)  # another process writes to the database: there is nothing else to wait on
    return answer
