from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "sync"

    def ready(self):
        from sync.needs import noting  # noqa: F401 (its receiver connects itself)
