"""The whole sandbox as one function from request to response: Wonde's API, the control pages, faults and the request
log.
"""

from __future__ import annotations

from collections import deque

from sync.sandbox import choices
from sync.sandbox.http.control import Control
from sync.sandbox.http.faults import Faults
from sync.sandbox.http.mailbox import Mailbox
from sync.sandbox.http.messages import NOT_FOUND, error
from sync.sandbox.http.webhooks import Webhooks
from sync.sandbox.wire.api import CACHE_BYTES, Api

REQUESTS_KEPT = 20_000


class Sandbox:
    """registry: the schools; token: the one token, good for every school that approved; seed: decides when faults
    strike; live: see Control; webhooks: the address they go to, or None.
    """

    def __init__(self, registry, token=choices.DEMO_TOKEN, seed=0, cache_bytes=CACHE_BYTES, live=False, webhooks=None):
        self.registry = registry
        self.api = Api(registry, token, cache_bytes)
        self.faults = Faults(seed)
        self.asked = deque(maxlen=REQUESTS_KEPT)
        self.mailbox = Mailbox()
        self.webhooks = Webhooks(registry, webhooks)
        self.control = Control(registry, self.faults, self.asked, self.mailbox, self.webhooks, live)

    def handle(self, request):
        """The answer to any request."""
        if request.parts[:1] == ["_sandbox"]:
            return self.control.respond(request)
        if request.parts[:1] != ["v1.0"]:
            return error(*NOT_FOUND)
        method = request.method
        if method == "HEAD":  # answered like GET; the server leaves out the body
            request.method = "GET"
        response, fault = self.faults.around(request, self.api)
        request.method = method
        line = {
            "method": method,
            "path": request.path,
            "query": request.query,
            "status": response.status,
            "fault": fault,
        }
        self.asked.append(line)
        return response
