from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SyncConfig(AppConfig):
    name = "sync"

    def ready(self):
        from sync.models import triggers
        from sync.needs import noting  # noqa: F401 (its receiver connects itself)

        post_migrate.connect(triggers.install, sender=self)
