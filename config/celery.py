"""The Celery app: one queue, one task per school (docs/architecture.md)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("rollbook")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
