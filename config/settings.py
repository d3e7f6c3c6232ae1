"""Every setting, read from the environment (.env.example lists the variables).

Safe when unset: without DJANGO_DEBUG this is production, and if something production needs is missing, it refuses to
start and says what to set. Names carry their unit (`SYNC_TASK_LIMIT_S`).
"""

import re
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import redis
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import logs
from config.running.environment import Environment
from schools.signing_keys import read_signing_keys
from schools.text.addresses import read_keys

SHORTEST_SECRET_KEY = 50  # as in Django's own check (security.W009)
SHORTEST_HOOK_SECRET = SHORTEST_TOKEN = 32
BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()


def required(name, example):
    """The variable `name`, or a refusal to start that says what to set."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment, for example {name}={example}")
    return value


def required_keys(name):
    """The keys in the variable `name`, number:secret; they are only added, never changed or removed. Refuses to start
    without any that can be used; while debugging there is one."""
    keys = env.str(name, default=f"1:debug-only-{SECRET_KEY:0>32}" if DEBUG else "")
    if not keys:
        required(name, "1: and the output of: openssl rand -hex 32")
    try:
        read_keys(keys)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be used: {error}") from error
    return keys


def token(name):
    """The variable `name`, which opens something to whoever sends it; without one nobody sees that. Refuses to start
    with one that could be guessed."""
    value = env.str(name, default="")
    if value and len(value) < SHORTEST_TOKEN:
        raise ImproperlyConfigured(
            f"{name} has {len(value)} characters. Set at least {SHORTEST_TOKEN}: "
            f"{name}=the output of: openssl rand -hex 32"
        )
    return value


def another_database(redis_url):
    """The database after the one that `redis_url` names, on the same server."""
    parts = urlsplit(redis_url)
    return parts._replace(path=f"/{int(parts.path.strip('/') or 0) + 1}").geturl()


# --- Who we are -------------------------------------------------------------------------------------------------

DEBUG = env.bool("DJANGO_DEBUG", default=False)
SECRET_KEY = required("DJANGO_SECRET_KEY", "the output of: openssl rand -base64 48")
if not DEBUG and len(SECRET_KEY) < SHORTEST_SECRET_KEY:
    raise ImproperlyConfigured(
        f"DJANGO_SECRET_KEY has {len(SECRET_KEY)} characters, and sessions and second factors hang from it. "
        f"Set one of at least {SHORTEST_SECRET_KEY}: DJANGO_SECRET_KEY=the output of: openssl rand -base64 48"
    )
SECRET_KEY_FALLBACKS = env.list("DJANGO_SECRET_KEY_FALLBACKS", default=[])  # former keys: sessions, second factors
SEALING_KEYS = required_keys("SEALING_KEYS")  # what we must read again is sealed under these (schools.sealing)
SITE_URL = required("SITE_URL", "https://rollbook.example.org").rstrip("/")
PRODUCT_NAME = required("PRODUCT_NAME", "'Times Tables Club'")
PRODUCT_URL = required("PRODUCT_URL", "https://product.example.org")
SUPPORT_EMAIL = required("SUPPORT_EMAIL", "help@example.org")
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="") or f"mailto:{SUPPORT_EMAIL}"  # in security.txt (RFC 9116)
PRIVACY_URL = required("PRIVACY_URL", "https://product.example.org/privacy")

HEALTH_TOKEN = token("HEALTH_TOKEN")  # opens /health/system to a monitor
METRICS_TOKEN = token("METRICS_TOKEN")  # opens /metrics to Prometheus

_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL!r}. Set the full address of this site, starting with https://")
SITE_IS_LOCAL = _site.hostname in {"localhost", "127.0.0.1", "::1"}
SITE_IS_HTTPS = _site.scheme == "https"
if not (SITE_IS_HTTPS or SITE_IS_LOCAL or DEBUG):
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL!r}: pupils' data needs https. Set SITE_URL=https://…")
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=[_site.hostname])
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- Apps -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "sync.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.idp.oidc",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "anymail",
    "schools",
    "students",
    "classes",
    "parents",
    "sync",
    "config.running",
]

MIDDLEWARE = [
    "config.running.monitors.monitors",
    "schools.web.request_ids.request_ids",
    "config.running.counted.requests_by_view",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.refuse_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.store_nothing",
    "schools.auth.end_sessions",
    "schools.auth.StaffPagesMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "config.gates.SecondGate",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "schools.sign_in.hashing.BusyPageMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "schools.web.context_processors.product",
            ],
        },
    },
]

# --- Data -------------------------------------------------------------------------------------------------------

required("DATABASE_URL", "postgres://rollbook:…@127.0.0.1:5432/rollbook")
DATABASES = {"default": env.db("DATABASE_URL") | {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 60}}
# A connection that PostgreSQL dropped is reopened before it is used; a machine that disappears is noticed in seconds.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
} | DATABASES["default"].get("OPTIONS", {})  # fmt: skip
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL names another database than PostgreSQL. Set a postgres:// address.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = required("REDIS_URL", "redis://127.0.0.1:6379/0")
REDIS_CACHE_URL = env.str("REDIS_CACHE_URL", default="") or another_database(REDIS_URL)
if REDIS_CACHE_URL == REDIS_URL:
    raise ImproperlyConfigured(
        "REDIS_CACHE_URL is REDIS_URL: emptying the cache would empty the queue. Set it to another database of Redis."
    )
# A page waits at most a second for a Redis that is down. One more try if a connection did not survive its restart.
_patience = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 1,
    "retry": Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
}
_cache = {
    "LOCATION": REDIS_CACHE_URL,
    "KEY_PREFIX": "rollbook",
    "OPTIONS": {"serializer": "config.caching.Serializer", **_patience},
}
CACHES = {
    "default": {"BACKEND": "config.caching.Forgiving", **_cache},  # counters and hints: as if empty without Redis
    "awaited": {"BACKEND": "django.core.cache.backends.redis.RedisCache", **_cache},  # an error without Redis
}

# --- People and sign-in -----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "schools.User"
AUTHENTICATION_BACKENDS = [
    "schools.auth.StaffBackend",
    "students.auth.StudentBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "schools.auth.AccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "schools.sign_in.forms.ChangePasswordForm",
    "reset_password": "schools.sign_in.forms.ResetPasswordForm",
    "reset_password_from_key": "schools.sign_in.forms.ResetPasswordKeyForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "home"  # leads staff to their sign-in, and a student to their own door
ACCOUNT_SESSION_REMEMBER = False
# allauth's would shut out a whole school, which has one IP address; ours are in schools.sign_in.tries.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
# How many of our proxies add X-Forwarded-For. Behind https there is usually one, but no guess would always be right.
if SITE_IS_HTTPS and not DEBUG:
    required("TRUSTED_PROXY_COUNT", "1, the number of your proxies in front that add X-Forwarded-For; 0 without any")
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
PASSWORD_HASHERS = ["schools.sign_in.hashing.OneAtATime"]
MFA_FORMS = {
    "authenticate": "schools.sign_in.forms.SecondFactorForm",
    "reauthenticate": "schools.sign_in.forms.SecondFactorAgainForm",
}
MFA_ADAPTER = "schools.auth.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SITE_IS_HTTPS  # browsers themselves only offer passkeys on https and localhost
MFA_TOTP_ISSUER = PRODUCT_NAME
MFA_TOTP_TOLERANCE = 1  # the code before and the one after: slow fingers, phones whose clocks differ (RFC 6238, 5.2)

WORKING_DAY_S = 10 * 60 * 60
SESSION_ENGINE = "schools.sign_in.sessions"
SESSION_COOKIE_AGE = WORKING_DAY_S
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = SITE_IS_HTTPS
CSRF_COOKIE_SECURE = SITE_IS_HTTPS
SECURE_SSL_REDIRECT = SITE_IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SITE_IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SITE_IS_HTTPS
SECURE_HSTS_PRELOAD = SITE_IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a request about classes has four for each student who is in two of them

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- Words, pages, mail -----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

vars().update(env.email("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{PRODUCT_NAME} <{SUPPORT_EMAIL}>")
EMAIL_TIMEOUT = 30
# A mail service instead of SMTP: a backend of django-anymail, its settings as JSON, and the secret of its webhooks.
EMAIL_BACKEND = env.str("ANYMAIL_BACKEND", default="") or EMAIL_BACKEND  # noqa: F821 (set above)
ANYMAIL = env.json("ANYMAIL_SETTINGS", default={}) | {
    "WEBHOOK_SECRET": env.str("ANYMAIL_WEBHOOK_SECRET", default=""),
    "IGNORE_UNSUPPORTED_FEATURES": True,
    "SEND_DEFAULTS": {"track_opens": False, "track_clicks": False},
}

# --- The weekly mail to parents ---------------------------------------------------------------------------------

WEEKLY_FROM_ADDRESS = env.str("WEEKLY_FROM_ADDRESS", default=parseaddr(DEFAULT_FROM_EMAIL)[1])
WEEKLY_MAILS_PER_MINUTE = env.int("WEEKLY_MAILS_PER_MINUTE", default=600)  # for the whole installation; 0: no limit
ADDRESS_KEYS = required_keys("ADDRESS_KEYS")  # parents' choices are recognised by these for good

# --- Wonde and the sync -----------------------------------------------------------------------------------------

WONDE_TOKEN = required("WONDE_TOKEN", "the multi-school token from Wonde's dashboard")
WONDE_BASE_URL = env.str("WONDE_BASE_URL", default="")  # set: replaces every region and is the only host allowed
# Each opens the address for Wonde's webhooks; without one there is no such address. Several while one replaces another.
WONDE_HOOK_SECRETS = env.list("WONDE_HOOK_SECRETS", default=[])
if not all(re.fullmatch(rf"[A-Za-z0-9_-]{{{SHORTEST_HOOK_SECRET},}}", secret) for secret in WONDE_HOOK_SECRETS):
    raise ImproperlyConfigured(
        f"WONDE_HOOK_SECRETS cannot be used: each needs at least {SHORTEST_HOOK_SECRET} letters and digits. "
        "Set WONDE_HOOK_SECRETS=the output of: openssl rand -hex 32"
    )
# Addresses that people type are called on these ports of the public internet only (schools.outside); "host:port" in
# ALLOW_HOSTS is called wherever it is, and trusted by the certificate in the file ALLOW_CA: for the sandbox.
OUTSIDE_PORTS = env.list("OUTSIDE_PORTS", default=["443"])
if not all(port.isdecimal() for port in OUTSIDE_PORTS):
    raise ImproperlyConfigured(f"OUTSIDE_PORTS is {','.join(OUTSIDE_PORTS)!r}. Set it to ports: OUTSIDE_PORTS=443")
OUTSIDE_ALLOW_HOSTS = env.list("OUTSIDE_ALLOW_HOSTS", default=[])
OUTSIDE_ALLOW_CA = env.str("OUTSIDE_ALLOW_CA", default="")
SYNC_READ_LIMIT_S = 15 * 60
SYNC_TASK_LIMIT_S = 20 * 60
ASKING_LIMIT_S = 25  # how long Wonde may take when somebody is waiting at a page
FOLLOWED_FOR_S = 15 * 60  # how long a page keeps checking on something by itself, before it says what to do instead

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": SYNC_TASK_LIMIT_S + 60,
    "socket_connect_timeout": 1,
    "socket_timeout": 3,
    "socket_keepalive": True,
}
# Anything that queues, even a page, knows within a second that Redis is down; what must be done is due by a row.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis, however long it is down
CELERY_TASK_SERIALIZER, CELERY_ACCEPT_CONTENT = "json", ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = SYNC_TASK_LIMIT_S
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
BULK_PRIORITY = 9  # for what thousands of schools wait for at once: taken last; all other tasks have 0
CELERY_TASK_QUEUES = [Queue("celery"), Queue("questions")]  # a worker without `--queues` takes from both
CELERY_TASK_ROUTES = {
    "sync.tasks.answer_question": {"queue": "questions"},
    "sync.tasks.check_wcbs": {"queue": "questions"},
    "parents.tasks.make_weekly_mail": {"priority": BULK_PRIORITY},
    "parents.tasks.send_weekly_mail": {"priority": BULK_PRIORITY},
}
CELERY_TIMEZONE = "UTC"
# Each only asks what is due, by rows, so that nothing is put off if beat restarts or loses its disk.
CELERY_BEAT_SCHEDULER = "config.running.beat.OneOfAll"
CELERY_BEAT_SCHEDULE = {
    "queue the schools that are due": {"task": "sync.tasks.queue_due_schools", "schedule": 30.0},
    "free runs whose worker is gone": {"task": "sync.tasks.sweep", "schedule": 30.0},
    "tell of many wrong tries to sign in": {"task": "sync.tasks.tell_wrong_tries", "schedule": 60.0},
    "send mail that is due": {"task": "schools.outgoing.send_due", "schedule": 30.0},
    "make and send the weekly mail": {"task": "parents.tasks.queue_weekly_mail", "schedule": 60.0},
    "write down what was read": {"task": "sync.tasks.write_down_reads", "schedule": 60.0},
    "queue the recurring work that is due": {"task": "sync.tasks.queue_recurring_work", "schedule": 60.0},
}

# --- Signing in for the learning product: OpenID Connect -----------------------------------------------------------

try:
    _keys = read_signing_keys(env.str("OIDC_PRIVATE_KEYS", default="", multiline=True))
except ValueError as error:
    raise ImproperlyConfigured(f"OIDC_PRIVATE_KEYS cannot be used: {error}") from error
IDP_OIDC_PRIVATE_KEYS = [{"pem": pem} for pem in _keys]  # the first one signs, all are published; none: it is off
IDP_OIDC_ADAPTER = "classes.identity.ProductAdapter"
IDP_OIDC_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
IDP_OIDC_AUTHORIZATION_CODE_EXPIRES_IN = 60
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 5 * 60
IDP_OIDC_ID_TOKEN_EXPIRES_IN = 5 * 60
IDP_OIDC_RP_INITIATED_LOGOUT_ASKS_FOR_OP_LOGOUT = False  # the ID token that the product shows is enough

# --- What a school agrees to --------------------------------------------------------------------------------------

AGREEMENT_REQUIRED = env.bool("AGREEMENT_REQUIRED", default=True)  # before the first class of a school comes in

# --- The API for the learning product -----------------------------------------------------------------------------

API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)  # for each token
API_BODY_LIMIT_BYTES = 4 * 1024 * 1024
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["schools.rest.tokens.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["schools.rest.tokens.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["schools.rest.tokens.TokenThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["schools.rest.bodies.JsonBody"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "schools.rest.openapi.Schema",
    "EXCEPTION_HANDLER": "schools.rest.problems.as_problem",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{PRODUCT_NAME}: class lists",
    "DESCRIPTION": "Class lists as last night's MIS has them, what changed, weekly progress, and a sync on demand.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "schools.rest.openapi.with_problems",
    ],
}

# --- Errors told to a tracker: where, never to whom (config.running.errors) ----------------------------------------

SENTRY_DSN = env.str("SENTRY_DSN", default="")  # without one nothing is told
if SENTRY_DSN and not re.fullmatch(r"https?://\w+@[^/\s@]+/(\S+/)?\d+", SENTRY_DSN):
    raise ImproperlyConfigured(
        "SENTRY_DSN cannot be used. Set it as your tracker shows it: SENTRY_DSN=https://key@host/7"
    )
SENTRY_RELEASE = env.str("SENTRY_RELEASE", default="")  # what is running, by your name for it

# --- Logs: Wonde ids, never names or addresses; no query strings ---------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", default="") or "lines"
if LOG_FORMAT not in logs.FORMATS:
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}. Set it to lines or json: LOG_FORMAT=lines")
LOGGING = logs.configuration(LOG_FORMAT)
if SENTRY_DSN:
    LOGGING["handlers"]["tracker"] = {"class": "config.running.errors.Teller", "level": "ERROR"}
    LOGGING["root"]["handlers"].append("tracker")
