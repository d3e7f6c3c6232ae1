"""docs/sign-in.md, run: its lines are a product that signs a student in and out."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from config.embedded import free_port
from config.running.processes import die_with_parent
from tests.api.relying_party import client_made, sign_in_with_card

PAGE = Path(__file__).parents[2] / "docs" / "sign-in.md"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def product(live_server, settings, tmp_path):
    """The lines of the page, put into a file and started as it says. Gives the URL where it answers."""
    settings.SITE_URL = live_server.url
    here = f"http://127.0.0.1:{free_port()}"
    names = {
        "BASE": live_server.url,
        "HERE": here,
        "CLIENT_ID": "product",
        "CLIENT_SECRET": client_made(f"{here}/callback"),
    }
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    program = tmp_path / "product.py"
    program.write_text("\n".join([*(f"{name} = {value!r}" for name, value in names.items()), *blocks]))
    process = subprocess.Popen(
        [sys.executable, program], stderr=subprocess.DEVNULL, preexec_fn=die_with_parent(signal.SIGKILL)
    )
    try:
        with requests.Session() as patient:
            patient.mount("http://", HTTPAdapter(max_retries=Retry(total=120, backoff_factor=0.1, backoff_max=0.5)))
            assert patient.get(here, timeout=10).status_code == 200
        yield here
    finally:
        process.kill()
        process.wait()


def test_a_newcomers_product_signs_a_student_in_and_out_and_the_next_child_is_asked(page, product, student):
    page.goto(product)
    page.get_by_role("link", name="Sign in").click()
    sign_in_with_card(page, student)
    expect(page.get_by_role("heading", name="Welcome, Tobi")).to_be_visible()
    expect(page.get_by_text("student")).to_be_visible()

    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("link", name="Sign in").click()

    expect(page.get_by_role("link", name="Sign in here")).to_be_visible()


def test_an_unrequested_answer_signs_nobody_in(product):
    answer = requests.get(f"{product}/callback?code=stolen&state=guessed", timeout=10)

    assert "not asked for by this session" in answer.text
