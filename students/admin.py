"""Where Django looks for the admin: each support page registers itself in `students.support`."""

from students.support import progress, students  # noqa: F401
