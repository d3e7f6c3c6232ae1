"""Where WCBS may be, from what somebody typed."""

import re
from urllib.parse import urlsplit

# [seen] in public clients; the plain name first, because it is the newest version's.
USUAL = ("/Wcbs.API", "/Wcbs.API.2.2")
BELOW = re.compile(r"/(?:swagger|api)(?=[/.?#]|$).*", re.IGNORECASE | re.DOTALL)  # a page or a call below the address


def bases(typed: str) -> list[str]:
    """Addresses to ask, the likeliest first, without a slash at the end; none if `typed` is no address.

    As typed, in https and without what was copied along from a browser; then where WCBS usually is on that server.
    """
    address = typed.strip()
    address = address if "://" in address else f"https://{address.lstrip('/')}"
    try:
        parts = urlsplit(re.sub(r"^http:(//[^/?#]*?)(:80)?(?=[/?#]|$)", r"https:\1", address, flags=re.IGNORECASE))
    except ValueError:
        return []
    server = f"{parts.scheme}://{parts.netloc.lower()}"
    path = BELOW.sub("", parts.path).rstrip("/")
    return [server + path, *(server + usual for usual in USUAL if usual.lower() != path.lower())]
