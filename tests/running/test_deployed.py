"""Where Rollbook is deployed, the same commands run as the Procfile has them, and each process is ended as it needs."""

import re
import shlex
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from django.conf import settings

PROJECT = Path(__file__).parents[2]
RESTARTED = "exec python -m config.running.restarted "
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text())
PROCESSES = ["web", "worker", "questions", "beat"]


def procfile():
    """{process: its command}, with the values that the environment may change as they are unless it does."""
    lines = (line.partition(": ") for line in (PROJECT / "Procfile").read_text().splitlines())
    return {name: re.sub(r'"?\$\{\w+:-([^}]*)\}"?', r"\1", told.removeprefix(RESTARTED)) for name, _, told in lines}


def words(command):
    """A command without where a web process listens and keeps its pulse: each place has its own."""
    text = " ".join(shlex.split(command))
    return re.sub(r" --(bind|worker-tmp-dir) \S+", "", text)


def unit(name):
    read = ConfigParser(interpolation=None, strict=False)
    read.optionxform = str
    read.read(PROJECT / f"docs/deploy/rollbook-{name}.service")
    return read["Service"]


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_is_the_same_everywhere(name):
    ours = words(procfile()[name])

    assert words(COMPOSE["services"][name]["command"]) == ours
    assert words(unit(name)["ExecStart"].replace("%%", "%")) == f"/srv/rollbook/.venv/bin/{ours}"


def test_what_is_started_is_what_the_procfile_starts():
    assert list(procfile()) == PROCESSES
    assert COMPOSE["services"].keys() == {*PROCESSES, "migrate", "postgresql", "redis"}
    assert {path.name for path in (PROJECT / "docs/deploy").glob("*.service")} == {
        f"rollbook-{name}.service" for name in PROCESSES
    }


def test_a_worker_has_longer_to_stop_than_a_task_may_take_and_only_its_first_process_is_told():
    assert unit("worker")["TimeoutStopSec"] == COMPOSE["services"]["worker"]["stop_grace_period"].replace("m", "min")
    assert int(COMPOSE["services"]["worker"]["stop_grace_period"].removesuffix("m")) * 60 > settings.SYNC_TASK_LIMIT_S
    for name in PROCESSES:
        assert unit(name)["KillMode"] == "mixed"  # a process of the pool that is told dies in its task
        assert COMPOSE["services"][name]["init"] is True


def test_no_process_may_write_what_it_runs_from_or_gain_rights():
    for name in [*PROCESSES, "migrate"]:
        service = COMPOSE["services"][name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    for name in PROCESSES:
        assert (unit(name)["ProtectSystem"], unit(name)["NoNewPrivileges"]) == ("strict", "true")
    assert re.search(r"^USER 10001$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)


def test_every_secret_that_compose_hands_over_is_a_setting_from_a_file():
    told = (PROJECT / ".env.example").read_text()
    handed = COMPOSE["x-rollbook"]["environment"]
    files = {name.removesuffix("_FILE") for name in handed if name.endswith("_FILE")}

    assert all(f"\n{name}=" in told for name in files)
    assert {Path(handed[f"{name}_FILE"]).name for name in files} == set(COMPOSE["x-rollbook"]["secrets"])
    for name in COMPOSE["secrets"]:
        assert f"secrets/{name}" in (PROJECT / "docs/deploy.md").read_text()


def test_the_image_has_every_part_of_the_product():
    recipe, ignored = (PROJECT / "Dockerfile").read_text(), (PROJECT / ".dockerignore").read_text()

    for part in ("config", "schools", "students", "classes", "parents", "sync", "static", "templates"):
        assert f"COPY {part} {part}\n" in recipe
        assert f"\n!{part}\n" in ignored
