"""Where Django looks for the admin: each page of support registers itself in `students.support`."""

from students.support import progress, students  # noqa: F401
