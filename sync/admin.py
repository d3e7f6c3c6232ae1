"""Where Django looks for the admin: each page of support registers itself in `sync.support`."""

from sync.support import class_requests, hooks, runs, schools, two_people  # noqa: F401
