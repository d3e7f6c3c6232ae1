from django.apps import AppConfig


class RunningConfig(AppConfig):
    name = "config.running"

    def ready(self) -> None:
        from config.running import checks  # noqa: F401 (they register themselves)
