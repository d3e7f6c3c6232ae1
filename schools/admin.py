"""Where Django looks for the admin: each support page registers itself in `schools.support`."""

from schools.support import audit, erasures, invitations, logins, outgoing, people, reads, receipts, rights, tokens  # noqa: F401
