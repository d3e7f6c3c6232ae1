"""How light the sandbox is, in CPU of its process: it must never be what a benchmark measures."""

import http.client
import re
import subprocess
import sys

import pytest

from sync.sandbox import choices
from tests.tools.cpu import cpu_s_of

pytestmark = pytest.mark.speed
PAGES = 900


@pytest.fixture(scope="module")
def many_schools():
    """500 schools of 1,000 students in a process of their own: (port, school ids, CPU until it answered, its pid)."""
    command = [sys.executable, "-m", "sync.sandbox", "--schools", "500", "--students", "1000", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    port = int(re.search(r":(\d+)/", process.stdout.readline())[1])
    connection = http.client.HTTPConnection("127.0.0.1", port)
    schools = []
    for page in (1, 2, 3):
        schools += re.findall(rb'"id":"(A\d+)","name"', ask(connection, f"/v1.0/schools?per_page=200&page={page}"))
    yield port, [school.decode() for school in schools], cpu_s_of(process.pid), process.pid
    connection.close()
    process.terminate()
    process.wait(timeout=10)


def ask(connection, target):
    connection.request("GET", target, headers={"Authorization": f"Bearer {choices.DEMO_TOKEN}"})
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200
    return body


def test_500_schools_of_1000_students_start_in_ten_seconds_of_cpu(many_schools):
    _, schools, seconds, _ = many_schools

    print(f"\nstarted in {seconds:.2f} s")
    assert len(schools) >= 500
    assert seconds < 10


def test_once_warm_300_pages_of_200_students_cost_a_second_of_cpu(many_schools):
    port, schools, _, pid = many_schools
    connection = http.client.HTTPConnection("127.0.0.1", port)
    targets = [
        f"/v1.0/schools/{school}/students?include=education_details,year&per_page=200&page={page}"
        for school in schools[:6]
        for page in range(1, 6)
    ]
    sizes = [len(ask(connection, target)) for target in targets]

    began = cpu_s_of(pid)
    for number in range(PAGES):
        ask(connection, targets[number % len(targets)])
    rate = PAGES / (cpu_s_of(pid) - began)

    print(f"\n{rate:.0f} pages a second of CPU, of {sum(sizes) / len(sizes) / 1000:.0f} kB")
    assert rate >= 300
    connection.close()
