"""The commands of manage.py: the same programs as without Django."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from sync.management.commands import wonde_sandbox
from sync.sandbox.testing import running_sandbox

PROJECT = Path(__file__).parents[3]


def test_sandbox_day_lets_a_day_pass():
    said = io.StringIO()
    with running_sandbox() as sandbox:
        call_command("sandbox_day", sandbox.school_ids[0], url=sandbox.url, stdout=said)

        assert sandbox.control("GET", f"schools/{sandbox.school_ids[0]}")["days"] == 1
    assert "2026-10-06" in said.getvalue()


def test_sandbox_day_asks_the_sandbox_that_the_product_reads(settings):
    with running_sandbox() as sandbox:
        settings.WONDE_BASE_URL = sandbox.url
        call_command("sandbox_day", stdout=io.StringIO())

        assert sandbox.control("GET", f"schools/{sandbox.school_ids[0]}")["days"] == 1


def test_a_day_that_cannot_pass_ends_the_command_with_a_status(capsys):
    with running_sandbox() as sandbox, pytest.raises(SystemExit) as end:
        call_command("sandbox_day", "A1", url=sandbox.url)

    assert end.value.code == 1
    assert capsys.readouterr().err.startswith("The sandbox refused")


def test_wonde_sandbox_takes_the_same_options_as_the_module(capsys):
    with pytest.raises(SystemExit):
        wonde_sandbox.Command().create_parser("manage.py", "wonde_sandbox").parse_args(["--help"])

    told = capsys.readouterr().out
    assert "--demo" in told
    assert "rate_limit" in told
    assert "change_mis" in told


def test_wonde_sandbox_ends_with_a_status_if_the_port_is_taken(process_env):
    with running_sandbox() as sandbox:
        command = [sys.executable, "manage.py", "wonde_sandbox", "--port", str(sandbox.port)]
        ended = subprocess.run(command, cwd=PROJECT, env=process_env, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    assert "Choose another --port" in ended.stderr
