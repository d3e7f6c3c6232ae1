"""The Celery app: one queue, one task per school (docs/architecture.md)."""

import gc
import os

from celery import Celery
from celery.signals import setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

GC_THRESHOLDS = (50_000, 20, 50)  # a school's rows are no garbage while they are read; looking costs more than waiting

app = Celery("rollbook")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_):
    """Ours leave addresses out, and Celery would put its own in their place: that this is connected stops it."""


@worker_init.connect
def settle_in(**_):
    """Once everything is loaded and before the worker forks: what lives as long as the worker is no garbage either, and
    its pages stay shared by the processes of the pool."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
