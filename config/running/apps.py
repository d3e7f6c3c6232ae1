from django.apps import AppConfig
from django.conf import settings


class RunningConfig(AppConfig):
    name = "config.running"

    def ready(self) -> None:
        from config.running import checks  # noqa: F401 (they register themselves)

        if settings.SENTRY_DSN:
            from config.running import errors

            errors.start()
