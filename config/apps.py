"""Django's admin as support's desk."""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """Open only to support with a second factor (`schools.desk.site`), and opening on `sync.support.home`."""

    default_site = "sync.support.home.Desk"
