"""Where Django looks for the admin: each page of support registers itself in `classes.support`."""

from classes import support  # noqa: F401
