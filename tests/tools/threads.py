"""Runs work in a thread, as another worker would."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import connections


def in_another_worker(task):
    """Run `task` in a thread with a database connection of its own; returns a function that waits for its answer."""

    def work():
        try:
            return task()
        finally:
            connections.close_all()

    with_one_thread = ThreadPoolExecutor(1)
    answer = with_one_thread.submit(work)
    with_one_thread.shutdown(wait=False)
    return partial(answer.result, timeout=30)
