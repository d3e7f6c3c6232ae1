"""A learning product for tests: sends people to Rollbook to sign in and takes them back, with a proof key."""

import base64
import hashlib
import io
import re
import secrets
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests
from django.core.management import call_command


def client_made(*redirect_uris):
    """Make the product's client; returns its secret."""
    said = io.StringIO()
    call_command("product_client", *redirect_uris, stdout=said)
    return re.search(r"shown once\): (\S+)", said.getvalue())[1]


def sign_in_with_card(page, student):
    """From Rollbook's first page to the end: `student.words` are on the card."""
    page.get_by_role("link", name="Sign in here").click()
    page.get_by_label("School").fill(student.school.code)
    page.get_by_role("button", name="Find").click()
    fill_in_card(page, student)


def fill_in_card(page, student):
    """At the school's own door, to the end."""
    page.get_by_label("Username").fill(student.user.username)
    page.get_by_label("words").fill(" ".join(student.words))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Your new password").fill("purple-giraffe-9")
    page.get_by_label("The same again").fill("purple-giraffe-9")
    page.get_by_role("button", name="Save").click()


class RelyingParty:
    """url: where people start. base: Rollbook's URL. claims: those of the last person to come back; answer: to the last
    exchange."""

    def __init__(self, base, client_id, client_secret):
        self.base, self.credentials = base, (client_id, client_secret)
        self.about = requests.get(f"{base}/.well-known/openid-configuration", timeout=10).json()
        self.verifier, self.state, self.nonce = (secrets.token_urlsafe(40) for _ in range(3))
        self.claims, self.answer, self.code, self.url = None, None, None, ""

    @property
    def callback(self):
        return f"{self.url}/callback"

    def authorize(self, **changed):
        """The URL at Rollbook; `changed` spoils it (None: left out)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        query = {
            "client_id": self.credentials[0],
            "redirect_uri": self.callback,
            "response_type": "code",
            "scope": "openid profile",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        } | changed
        query = {name: value for name, value in query.items() if value is not None}
        return f"{self.about['authorization_endpoint']}?{urlencode(query)}"

    def exchange(self, code, **changed):
        """The token endpoint's answer to a code."""
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback}
        body |= {"code_verifier": self.verifier} | changed
        self.answer = requests.post(self.about["token_endpoint"], body, auth=self.credentials, timeout=10)
        return self.answer

    def verified(self, id_token):
        """The claims of an ID token, whose signature, issuer, audience and nonce are as they should be."""
        key = jwt.PyJWKClient(self.about["jwks_uri"]).get_signing_key_from_jwt(id_token)
        issuer, audience = self.about["issuer"], self.credentials[0]
        claims = jwt.decode(id_token, key, algorithms=["RS256"], issuer=issuer, audience=audience)
        assert claims["nonce"] == self.nonce
        return claims

    def userinfo(self):
        token = self.answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(self.about["userinfo_endpoint"], headers=headers, timeout=10)

    def came_back(self, query):
        """What the product's page says."""
        assert query["state"] == [self.state]
        if "error" in query:
            return f"refused: {query['error'][0]}"
        (self.code,) = query["code"]
        answer = self.exchange(self.code)
        if answer.status_code != 200:
            return f"refused: {answer.json()['error']}"
        self.claims = self.verified(answer.json()["id_token"])
        return f"Welcome, {self.userinfo().json()['given_name']}, {self.claims['role']}"

    def sign_out(self, **changed):
        """The URL at Rollbook that signs the last person to come back out there too."""
        query = {"id_token_hint": self.answer.json()["id_token"], "post_logout_redirect_uri": f"{self.url}/"} | changed
        query = {name: value for name, value in query.items() if value is not None}
        return f"{self.about['end_session_endpoint']}?{urlencode(query)}"


@contextmanager
def running(party):
    """`party` served at a free port of this machine, for the length of a `with`."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self):
            path = urlsplit(self.path)
            if path.path == "/callback":
                return self.say(party.came_back(parse_qs(path.query)))
            if path.path == "/start":
                self.send_response(302)
                self.send_header("Location", party.authorize())
                return self.end_headers()
            return self.say("")

        def say(self, text):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f'<link rel="icon" href="data:,"><h1>{text}</h1>'.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    party.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield party
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
