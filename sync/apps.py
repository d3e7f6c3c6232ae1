from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.db.models.signals import post_migrate


class SyncConfig(AppConfig):
    name = "sync"
    default = True

    def ready(self):
        from sync import checks  # noqa: F401 (its check registers itself)
        from sync.models import triggers
        from sync.needs import noting  # noqa: F401 (its receiver connects itself)

        post_migrate.connect(triggers.install, sender=self)


class DeskConfig(admin.AdminConfig):
    """Django's admin as support's desk, open only with a second factor (`schools.desk.site`)."""

    default = False
    default_site = "sync.support.home.Desk"
