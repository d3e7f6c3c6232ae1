"""Where Django looks for the admin: each support page registers itself in `parents.support`."""

from parents.support import contacts, holds  # noqa: F401
