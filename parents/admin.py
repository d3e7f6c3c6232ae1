"""Where Django looks for the admin: each page of support registers itself in `parents.support`."""

from parents.support import contacts, holds  # noqa: F401
