"""The tests' settings: the product's own in production mode, with everything it requires set to a harmless value.

Importing this starts PostgreSQL and Redis unless the environment names both, once a session: pytest-xdist's workers
inherit the URLs and take a database and two Redis numbers each.
"""

import atexit
import os
from contextlib import ExitStack
from urllib.parse import urlsplit

from config.embedded import services
from schools.signing_keys import make_signing_key

_running = ExitStack()
os.environ |= _running.enter_context(services(durable=False))
atexit.register(_running.close)

_worker = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw0", "gw1"; "" without xdist
_redis_number = 2 * (int(_worker.removeprefix("gw")) + 1) if _worker else 0  # the queue; the cache is the next one


os.environ |= {
    "REDIS_URL": urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{_redis_number}").geturl(),
    "DJANGO_DEBUG": "false",
    "DJANGO_SECRET_KEY": "for-tests-only-" + "0123456789abcdef" * 4,
    "DJANGO_ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "SITE_URL": "http://localhost:8000",
    "PRODUCT_NAME": "Times Tables Club",
    "PRODUCT_URL": "https://product.example.org",
    "SUPPORT_EMAIL": "help@example.org",
    "PRIVACY_URL": "https://product.example.org/privacy",
    "WONDE_TOKEN": "token-for-tests",
    "ADDRESS_KEYS": "1:for-tests-only-0123456789abcdef0123456789",
    "SEALING_KEYS": "1:for-tests-only-abcdef0123456789abcdef",
    "WEEKLY_FROM_ADDRESS": "weekly@news.example.org",
    "WEEKLY_MAILS_PER_MINUTE": "0",
    "OIDC_PRIVATE_KEYS": make_signing_key(),
    "WONDE_BASE_URL": "http://127.0.0.1:9",  # nothing listens there: a test that reads from Wonde names its own sandbox
}

from config.settings import *  # noqa: E402, F403
from config.settings import STORAGES  # noqa: E402

AGREEMENT_REQUIRED = False  # hundreds of tests bring classes in; those about agreeing switch it on
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
