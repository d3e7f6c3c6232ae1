"""Where Django looks for the admin: each page of support registers itself in `schools.support`."""

from schools.support import people, rights, tokens  # noqa: F401
