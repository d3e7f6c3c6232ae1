from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class SchoolsConfig(AppConfig):
    name = "schools"
    default = True

    def ready(self):
        from schools import auth  # noqa: F401 (its receivers connect themselves)
        from schools.web import ids  # noqa: F401 (its converter registers itself)

        autodiscover_modules("outbox")  # declares how each app's mails are written
