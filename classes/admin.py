"""Where Django looks for the admin: each support page registers itself in `classes.support`."""

from classes import support  # noqa: F401
