from django.apps import AppConfig


class ParentsConfig(AppConfig):
    name = "parents"
    verbose_name = "parents and carers"

    def ready(self):
        from parents import checks  # noqa: F401 (its check registers itself)
        from parents.mail import webhooks  # noqa: F401 (its receivers connect themselves)
