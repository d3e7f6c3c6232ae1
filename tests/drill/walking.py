"""Walking the site of a web process that runs, as everybody."""

from tests.site.addresses import API


def statuses(web, sessions, addresses):
    """{status: [(whose, name)]} of every address, read by everybody."""
    found = {}
    for url, name in addresses.items():
        for whose, session in sessions.items():
            if (whose == "the product") == (name in API):
                answer = session.get(f"{web.url}{url}", allow_redirects=False, timeout=20)
                found.setdefault(answer.status_code, []).append((whose, name))
    return found
