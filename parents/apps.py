from django.apps import AppConfig


class ParentsConfig(AppConfig):
    name = "parents"
    verbose_name = "parents and carers"

    def ready(self):
        from parents import checks, webhooks  # noqa: F401 (connect themselves)
