"""Starting without what production needs is refused with a sentence; .env.example names every variable."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import free_port

PROJECT = Path(__file__).parents[2]
EXAMPLE = (PROJECT / ".env.example").read_text()
REQUIRED = [
    "ADDRESS_KEYS",
    "DATABASE_URL",
    "DJANGO_SECRET_KEY",
    "PRIVACY_URL",
    "PRODUCT_NAME",
    "PRODUCT_URL",
    "REDIS_URL",
    "SEALING_KEYS",
    "SITE_URL",
    "SUPPORT_EMAIL",
    "WONDE_TOKEN",
]


def start(*command, **changes):
    """Run a Python program in production mode under .env.example with `changes`; None removes a variable."""
    names = re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE)
    loaded = subprocess.run(
        [
            "sh",
            "-c",
            'set -a; . ./.env.example; set +a; for n; do eval "printf \'%s\\n\' \\"\\$$n\\""; done',
            "sh",
            *names,
        ],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    env = dict(zip(names, loaded, strict=True)) | {"PATH": os.environ["PATH"], "DJANGO_DEBUG": "false"} | changes
    return subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env={name: value for name, value in env.items() if value is not None},
        capture_output=True,
        text=True,
    )


def test_the_example_is_enough_to_start_with():
    done = start("manage.py", "check")

    assert done.returncode == 0, done.stderr


def test_a_signing_key_that_could_not_sign_is_refused_before_anything_starts():
    done = start("manage.py", "check", OIDC_PRIVATE_KEYS="no key")

    assert done.returncode != 0
    assert "OIDC_PRIVATE_KEYS cannot be used: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_may_come_from_a_file_and_one_that_cannot_be_read_is_named(tmp_path):
    held = tmp_path / "token"
    held.write_text("from-a-file\n")
    show = ["-c", "from config import settings; print(repr(settings.WONDE_TOKEN))"]

    read = start(*show, WONDE_TOKEN_FILE=str(held))
    gone = start("manage.py", "check", WONDE_TOKEN_FILE="/nowhere/token")

    assert read.stdout == "'from-a-file'\n", read.stderr  # the file wins, without its line's end
    assert gone.returncode != 0
    assert "WONDE_TOKEN_FILE names /nowhere/token" in gone.stderr


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_variable_is_refused_by_name(name):
    done = start("manage.py", "check", **{name: None})

    assert done.returncode != 0
    assert f"{name} is not set. Set it" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_web_server_refuses_with_the_same_sentence_and_does_not_try_again():
    done = start(
        "-m",
        "gunicorn",
        "config.wsgi",
        "--config",
        "python:config.web",
        "--bind",
        f"127.0.0.1:{free_port()}",
        DJANGO_SECRET_KEY=None,
        LOG_FORMAT="json",
    )

    assert done.returncode != 0
    assert "Rollbook cannot start: DJANGO_SECRET_KEY is not set. Set it" in done.stderr
    assert "Traceback" not in done.stderr
    said = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {"gunicorn.error"} == {line["logger"] for line in said}
    assert "Listening at" in " ".join(line["message"] for line in said)


def test_behind_https_nothing_starts_until_the_number_of_proxies_is_set():
    https = {"SITE_URL": "https://rollbook.example.org"}

    refused, with_none = (
        start("manage.py", "check", TRUSTED_PROXY_COUNT=None, **https),
        start("manage.py", "check", **https),
    )

    assert refused.returncode != 0
    assert "TRUSTED_PROXY_COUNT is not set. Set it" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert with_none.returncode == 0, with_none.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"SITE_URL": "rollbook.example.org"},
        {"SITE_URL": "http://rollbook.example.org"},
        {"DATABASE_URL": "sqlite:///rollbook.sqlite3"},
        {"LOG_FORMAT": "xml"},
        {"WONDE_HOOK_SECRETS": f"{'a' * 32},{'b' * 31}"},
        {"SENTRY_DSN": "https://tracker.example.org/7"},
        {"METRICS_TOKEN": "a" * 31},
    ],
)
def test_a_value_that_cannot_be_right_is_refused_by_name(changes):
    done = start("manage.py", "check", **changes)

    assert done.returncode != 0
    assert f"{next(iter(changes))} " in done.stderr
    assert "Set " in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_names_every_variable_that_is_read_and_no_other():
    settings = (PROJECT / "config/settings.py").read_text()
    read = set(re.findall(r'(?:env(?:\.\w+)?|required(?:_keys)?|token)\(\s*"([A-Z_]+)"', settings))
    processes = set(re.findall(r"\$\{?([A-Z_]+)", "".join(path.read_text() for path in PROJECT.glob("Procfile*"))))
    demo = {"POSTGRES_PORT", "REDIS_PORT"}

    assert set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == read | processes | demo


def test_a_short_secret_key_starts_nothing_in_production():
    short, long = (
        start("manage.py", "check", DJANGO_SECRET_KEY="a" * 49),
        start("manage.py", "check", DJANGO_SECRET_KEY="a" * 50),
    )

    assert short.returncode != 0
    assert "DJANGO_SECRET_KEY has 49 characters" in short.stderr
    assert long.returncode == 0, long.stderr


def test_a_cache_in_the_database_of_the_queue_is_refused():
    done = start("manage.py", "check", REDIS_CACHE_URL="redis://127.0.0.1:6379/0")

    assert done.returncode != 0
    assert "Set it to another database of Redis." in done.stderr


REPORTS = """
import django
django.setup()
from django.urls import get_resolver
for branch in get_resolver().url_patterns:
    if "anymail" in str(branch.pattern):
        print(*[leaf.pattern for leaf in branch.url_patterns])
"""


@pytest.mark.parametrize(
    ("service", "secret", "there"),
    [
        ("anymail.backends.mailgun.EmailBackend", "user:secret", "mailgun/tracking/"),
        ("anymail.backends.mailgun.EmailBackend", "", ""),
        ("", "user:secret", ""),
    ],
)
def test_only_the_mail_service_we_send_with_may_report_and_only_with_a_secret(service, secret, there):
    settings = '{"MAILGUN_API_KEY": "key", "MAILGUN_SENDER_DOMAIN": "news.example.org"}'
    done = start(
        "-c", REPORTS, DJANGO_SETTINGS_MODULE="config.settings", ANYMAIL_BACKEND=service, ANYMAIL_SETTINGS=settings,
        ANYMAIL_WEBHOOK_SECRET=secret,
    )  # fmt: skip

    assert done.stdout.strip() == there, done.stderr
