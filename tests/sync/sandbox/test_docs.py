"""docs/sandbox.md: its commands are run, and print what it says."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import free_port
from sync.sandbox.testing import running_sandbox

PAGE = Path(__file__).parents[3] / "docs" / "sandbox.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "8321"


# After the first block, wait until the sandbox answers.
WAIT = f"""
for _ in $(seq 200); do
  if curl -s -o /dev/null http://127.0.0.1:{PORT}/; then break; fi
  sleep 0.05
done
"""


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_pages_commands_print_what_it_says(tmp_path):
    blocks = [(kind, text) for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind in ("sh", "text")]
    assert [kind for kind, _ in blocks] == ["sh", "text"] * (len(blocks) // 2)
    commands = [text for _, text in blocks[::2]]
    commands[0] += WAIT
    port = str(free_port())

    printed = run("".join(f"{text}echo '--- end'\n" for text in commands).replace(PORT, port), tmp_path)

    expected = [text.strip() for _, text in blocks[1::2]]
    assert [part.strip() for part in printed.replace(port, PORT).split("--- end\n")[:-1]] == expected


def run(script, folder):
    """What a shell script prints. Its `python` is this one; whatever it leaves running is stopped."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed, complaints = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 0, complaints
    return printed


def test_the_pages_python_runs():
    code = next(text for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if kind == "python")

    exec(compile(code, str(PAGE), "exec"), {})


def test_the_page_names_the_demos_schools():
    with running_sandbox(demo=True) as sandbox:
        assert all(school in PAGE.read_text(encoding="utf-8") for school in sandbox.school_ids)
