"""The only HTTP to Wonde: every page in, or an exception."""

import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3
from django.conf import settings

from sync.facts.errors import (
    ForeignAddress,
    IncompleteRead,
    InvalidInclude,
    NotFound,
    ScopeDenied,
    WondeRefused,
    WondeUnavailable,
)
from sync.facts.snapshot import Page, Rows, decode_one, decode_page, rows_of
from sync.wonde import answers

log = logging.getLogger(__name__)

# Wonde's documentation names these; a wrong domain gives no data rather than an error, so a new one is added here.
REGIONS = {
    "api.wonde.com",
    "api-ap-southeast-2.wonde.com",
    "api-af-south-1.wonde.com",
    "api-us-west-2.wonde.com",
}
PER_PAGE = 200  # Wonde's cap on most paths
TRIES = 5
READS = 3  # of an answer that came and could not be read
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60
TIMEOUTS_S = (10, 60)  # connect, silence between bytes
CHUNK = 1 << 16  # bytes taken at a time, unpacked
ANSWER_LIMIT = 32 * 2**20  # bytes of one answer, unpacked: more than ten times the largest page we know of
READ_LIMIT = 512 * 2**20  # bytes of all answers of one read


class _Problem(msgspec.Struct):
    error: str = ""
    error_description: str = ""


def base_url(domain):
    """Where a school of the region `domain` is served: WONDE_BASE_URL if set, else the region if it is one of Wonde's.

    Raises WondeRefused for a region nobody has put on the list.
    """
    if settings.WONDE_BASE_URL:
        return settings.WONDE_BASE_URL.rstrip("/")
    domain = domain or "api.wonde.com"
    if domain not in REGIONS:
        raise WondeRefused(
            f"Wonde serves this school from {domain}, which is not on our list of Wonde's regions. "
            "Nothing was read. Ask the engineers to check and add it."
        )
    return f"https://{domain}"


class Wonde:
    """One conversation with Wonde: one connection, one request at a time, within one time limit. How Wonde answered is
    counted once it ends."""

    def __init__(self, domain="", limit_s=None):
        self.base = base_url(domain)
        self.ends = time.monotonic() + (limit_s or settings.SYNC_READ_LIMIT_S)
        self.received, self.answers = 0, Counter()
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {settings.WONDE_TOKEN}"
        self.session.trust_env = False

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.session.close()
        answers.note(self.answers)

    def one(self, path, shape=dict, **params):
        """The object at `path` (below /v1.0/), decoded as `shape`; an answer that cannot be read is asked for again.

        Raises what `rows` raises.
        """
        for _ in range(READS):
            try:
                return decode_one(self.body(path, **params), shape)
            except IncompleteRead as error:
                problem = str(error)
        raise IncompleteRead(
            f"{path} could not be read, {READS} times: {problem} Nothing was changed. It is tried again by itself."
        )

    def body(self, path, **params):
        """The answer at `path` (below /v1.0/) as it came. Raises what `rows` raises, but for IncompleteRead."""
        return self._get(f"{self.base}/v1.0/{path}", params)

    def send(self, method, path, body=None):
        """Change something at Wonde, asked once: the body of its answer. Where no answer came nobody knows whether it
        has happened, so whoever asked looks, and asks again. path: below /v1.0/. Raises WondeRefused and
        WondeUnavailable."""
        url = f"{self.base}/v1.0/{path}"
        try:
            answer, response = self._once(url, None, method, body)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise WondeUnavailable(f"Wonde could not be reached at {urlsplit(url).path}.") from error
        if response.status_code == 429 or response.status_code >= 500:
            raise WondeUnavailable(f"Wonde answered {response.status_code} at {urlsplit(url).path}.")
        if not 200 <= response.status_code < 300:
            raise _refusal(response.status_code, answer, url)
        return answer

    def pages(self, path, shape, **params) -> Iterator[Page]:
        """Every page at `path`, in order, following Wonde's own `next` (which repeats our parameters)."""
        url, params, seen = f"{self.base}/v1.0/{path}", {"per_page": PER_PAGE, **params}, set()
        while url:
            page = decode_page(self._get(url, params), shape)
            yield page
            url, params = page.next, None
            if url:
                self._check_address(url)
                if url in seen:
                    raise IncompleteRead(f"the pages of {path} go round in a circle.")
                seen.add(url)

    def rows(self, path, shape, **params) -> Rows:
        """Every row at `path`: all of them or an exception, never a silent part.

        path: below /v1.0/, for example "schools/A1203984756/students".
        Raises IncompleteRead (cut, not JSON, an id that came twice), WondeRefused (401, 403, 404, 400), ForeignAddress,
        WondeUnavailable (network, 429, 5xx, out of time). Source: Wonde API reference, "Pagination".
        """
        return rows_of(self.pages(path, shape, **params))

    def _check_address(self, url):
        ours, theirs = urlsplit(self.base), urlsplit(url)
        if (theirs.scheme, theirs.netloc) != (ours.scheme, ours.netloc):
            raise ForeignAddress(
                f"Wonde's next page is on another address ({theirs.scheme}://{theirs.netloc}). We did not follow it, "
                "because it would take the token there. Nothing was changed. Tell Wonde."
            )

    def _get(self, url, params):
        """The body at `url`, after as many tries as time allows."""
        wait = FIRST_WAIT_S
        for attempt in range(1, TRIES + 1):
            retry_after = None
            try:
                body, response = self._once(url, params)
                if response.status_code == 200:
                    return body
                if response.status_code != 429 and response.status_code < 500:
                    raise _refusal(response.status_code, body, url)
                problem = f"answered {response.status_code}"
                retry_after = _seconds(response.headers.get("Retry-After"))
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                if time.monotonic() > self.ends:
                    raise _too_slow() from error
                problem = f"could not be reached ({type(error).__name__})"
            pause = retry_after if retry_after is not None else wait * random.uniform(0.5, 1.5)  # noqa: S311
            if attempt == TRIES or time.monotonic() + pause > self.ends:
                break
            log.info("Wonde %s at %s, waiting %.1f s", problem, urlsplit(url).path, pause)
            time.sleep(pause)
            wait = min(wait * 2, LONGEST_WAIT_S)
        raise WondeUnavailable(
            f"Wonde {problem} at {urlsplit(url).path}. Nothing was changed. It is tried again by itself; if it lasts "
            "until the morning, look at Wonde's status page or check WONDE_BASE_URL."
        )

    def _once(self, url, params, method="GET", content=None):
        """One request, read to its end within the limits of time and size. A body cut short counts as not reached."""
        left = max(self.ends - time.monotonic(), 0.1)
        timeouts = tuple(min(limit, left) for limit in TIMEOUTS_S)
        asking = {"params": params, "json": content, "timeout": timeouts, "allow_redirects": False, "stream": True}
        status = None
        try:
            with self.session.request(method, url, **asking) as response:
                status, chunks, size = response.status_code, [], 0
                while chunk := response.raw.read1(CHUNK, decode_content=True):  # what is there now, not a full measure
                    chunks.append(chunk)
                    size += len(chunk)
                    self.received += len(chunk)
                    if size > ANSWER_LIMIT or self.received > READ_LIMIT:
                        raise _too_large(url)
                    if time.monotonic() > self.ends:
                        raise _too_slow()
        finally:
            self.answers[answers.sort_of(status)] += 1
        return b"".join(chunks), response


def _too_slow():
    return WondeUnavailable(
        "Wonde was too slow: the time limit of one read ran out. Nothing was changed. It is tried again by itself."
    )


def _too_large(url):
    return WondeRefused(
        f"Wonde sent more at {urlsplit(url).path} than a school can have ({ANSWER_LIMIT >> 20} MB in one answer, "
        f"{READ_LIMIT >> 20} MB in all). We stopped reading. Nothing was changed. Tell the engineers, and ask Wonde."
    )


def _refusal(status, body, url):
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except (ValueError, RecursionError):  # a proxy's page, or worse: the status says enough
        problem = _Problem()
    path = urlsplit(url).path
    if status == 400 and problem.error == "invalid_include":
        return InvalidInclude(problem.error_description)
    if status == 401:
        return WondeRefused("Wonde refused our token (401). Nothing was changed. Check WONDE_TOKEN.")
    if status == 403:
        return ScopeDenied(
            f"Wonde did not let us read {path} (403). Nothing was changed. "
            "The school can grant the permission in Wonde."
        )
    if status == 404:
        return NotFound(
            f"Wonde does not know {path} (404) or no longer shows it to us. Nothing was changed. "
            "Check the school's Wonde id, and in Wonde whether the school has approved access."
        )
    return WondeRefused(f"Wonde answered {status} at {path}. Nothing was changed. Tell the engineers.")


def _seconds(text):
    """`Retry-After` in seconds, at most our longest wait; None if it says nothing we can use."""
    return min(float(text), LONGEST_WAIT_S) if text and text.isdigit() else None
