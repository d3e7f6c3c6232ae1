"""The API as public clients use it: a token for a client id and a secret, and the schools it opens, as OData v4."""

from __future__ import annotations

import secrets
from collections import deque
from functools import partial
from urllib.parse import parse_qsl

from sync.sandbox import choices
from sync.sandbox.http.messages import Response, json_response
from sync.sandbox.http.server import Server
from sync.sandbox.wcbs import certificates
from sync.sandbox.wcbs.faults import FAULTS, HOSTS, Fault, host_of

SCHOOLS = [{"Id": 1, "Name": "St Aldhelm's School", "Description": "Years 7 to 13"}]
PAGE_SIZE = 2
REQUESTS_KEPT = 1000
WELL = Fault("all is well")


class Wcbs:
    """All the servers: one that is well, and one for each fault.

    asked: (fault, method, path with its query) of what was asked last
    """

    def __init__(self, client_id=choices.WCBS_CLIENT, client_secret=choices.WCBS_SECRET):
        self.client_id, self.client_secret = client_id, client_secret
        self.asked = deque(maxlen=REQUESTS_KEPT)
        self._tokens = set()
        self._servers = []
        self.port = 0

    async def start(self, folder, port=0):
        """Listen on `port`, or a free one, of every address. folder: where the certificates are put. Raises OSError."""
        self.port = port
        contexts = certificates.make(folder, [host_of(""), *HOSTS])
        for name in ("", *FAULTS):
            fault = FAULTS.get(name, WELL)
            handle = partial(self.handle, name, fault)
            server = Server(handle, host_of(name), self.port, contexts[fault.certificate])
            await server.start()
            self._servers.append(server)
            self.port = server.port

    async def stop(self):
        for server in self._servers:  # one by one: each waits until nothing else goes on
            await server.stop()

    def handle(self, name, fault, request):
        """The answer to any request at the server of this fault."""
        self.asked.append((name, request.method, request.target))
        return fault.strike(request, partial(self._answer, fault, request))

    def _answer(self, fault, request):
        match request.method, request.path.lower().split(fault.base.lower()):  # IIS takes capitals for small letters
            case "POST", ["", "/api/token"]:
                return self._token(dict(parse_qsl(request.body.decode("latin-1"))))
            case "GET", ["", "/api/schools"]:
                return self._schools(fault, request)
        return Response(404, b"<!doctype html><title>404</title><p>Not found.", "text/html")

    def _token(self, form):
        asked = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}
        if form != asked:
            return json_response({"error": choices.WCBS_REFUSED[1]}, choices.WCBS_REFUSED[0])
        token = secrets.token_urlsafe()
        self._tokens.add(token)
        return json_response({"access_token": token, "token_type": "bearer", "expires_in": 1199})

    def _schools(self, fault, request):
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return json_response({"Message": "Authorization has been denied for this request."}, 401)
        rows, skip = fault.changed(SCHOOLS), int(request.params.get("$skip", "0"))
        url = f"{request.base}{request.path}"
        page = {"@odata.context": url.replace("/schools", "/$metadata#schools"), "value": rows[skip : skip + PAGE_SIZE]}
        if skip + PAGE_SIZE < len(rows):
            page["@odata.nextLink"] = f"{url}?$skip={skip + PAGE_SIZE}"
        return json_response(page)
