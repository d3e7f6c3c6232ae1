"""Which rows may be used while a school's permissions change: the words that pages, mail and the API begin with.

`School.frozen` names kinds whose permission is withdrawn, `School.doubted` those that Wonde refused without a word of
the permission: pages and sign-in go on, mail and the API wait.
"""


def shared(rows, *kinds):
    """`rows` of schools that let us have all of `kinds`, and have not revoked our access."""
    return rows.filter(school__revoked_at=None).exclude(school__frozen__has_any_keys=kinds)


def handed_on(rows, *kinds):
    """Those of `shared` that may leave us, by mail or by the API."""
    return shared(rows, *kinds).exclude(school__doubted__has_any_keys=kinds)
