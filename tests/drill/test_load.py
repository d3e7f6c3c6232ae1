"""A morning at its worst, all at once: people at pages, a class signing in, Why? while Wonde drips, and slow clients.

Real processes as the Procfile starts them, on two cores or more that do nothing else. Judged by the clock on the wall:
this is about what somebody waits for.
"""

import http.client
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from config.embedded import free_port
from schools.models import Employee
from students.cards import codes
from students.models import Student
from sync.models.question import GIVEN_UP_AFTER, LONGEST
from tests.factories import LeadRightFactory, UserFactory
from tests.sync.living import living_school
from tests.tools.people import signed_in
from tests.tools.waiting import wait_for

pytestmark = [pytest.mark.drill, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]

PROJECT = Path(__file__).parents[2]
LASTS_S = 40
READERS, CHILDREN, ASKERS, SLOW = 50, 30, 4, 4
LOOKS_S = (3, 9)  # at a page, before opening the next: eight pages a second in all
CHILDREN_WITHIN_S = 10
P95_S = 0.3


class Browser:
    """One person's: cookies, and each request over a connection of its own."""

    def __init__(self, port, session=""):
        self.port, self.cookies = port, {"sessionid": session} if session else {}

    def get(self, address, **headers):
        return self._ask("GET", address, None, headers)

    def post(self, address, **fields):
        form = urlencode(fields | {"csrfmiddlewaretoken": self.cookies["csrftoken"]})
        return self._ask("POST", address, form, {"Content-Type": "application/x-www-form-urlencoded"})

    def _ask(self, method, address, body, headers):
        """(status, text, where it leads, seconds)."""
        began, connection = time.monotonic(), http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, address, body, {"Cookie": cookie, **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, text, answer.headers.get("Location"), time.monotonic() - began


@pytest.fixture
def living(settings):
    """A school of 600 that signs in by cards alone."""
    with living_school(settings, students=600) as living:
        living.school.students_choose_passwords = False
        living.school.save()
        yield living


@pytest.fixture
def site(living, process_env, tmp_path):
    """The port of the site, with its workers."""
    port = free_port()
    env = process_env | {
        "REDIS_URL": django_settings.REDIS_URL,
        "WONDE_BASE_URL": living.sandbox.url,
        "WONDE_TOKEN": living.sandbox.token,
        "STATIC_ROOT": str(tmp_path / "static"),
        "WEB_PORT": str(port),
    }
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"], cwd=PROJECT, env=env, check=True
    )
    commands = dict(line.split(": exec ", 1) for line in (PROJECT / "Procfile").read_text().splitlines())
    with ExitStack() as processes:
        for name in ("web", "worker", "questions"):
            processes.enter_context(started(commands[name], env, tmp_path / f"{name}.log"))
        wait_for(lambda: answers(port), 60)
        for name in ("worker", "questions"):
            wait_for(lambda name=name: "ready." in (tmp_path / f"{name}.log").read_text(), 60)
        yield port


@contextmanager
def started(command, env, log):
    env = env | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with log.open("wb") as output:
        process = subprocess.Popen(["sh", "-c", f"exec {command}"], cwd=PROJECT, env=env, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


def answers(port):
    try:
        return Browser(port).get("/.well-known/security.txt")[0] == 200
    except OSError:
        return False


def session_of(user):
    return signed_in(user).cookies["sessionid"].value


def readers(living):
    """(session, the pages they go round) of teachers, leads and students of one school."""
    code, school = living.school.code, living.school
    teachers = list(Employee.objects.filter(school=school, left_at=None, teachings__left_at=None).distinct())
    for teacher in teachers:
        teacher.user = UserFactory()
        teacher.save()
    students = list(Student.objects.current().filter(school=school).select_related("user")[CHILDREN : CHILDREN + 10])
    lead_pages = [reverse(f"sync:{name}", args=[code]) for name in ("school", "held", "history", "staff")]
    for number in range(READERS):
        if number % 5 == 0:
            yield session_of(LeadRightFactory(school=school).user), lead_pages
        elif number % 5 == 1:
            yield session_of(students[number // 5].user), [reverse("students:me")]
        else:
            teacher = teachers[number % len(teachers)]
            school_class = teacher.classes.first()
            child = school_class.students.first()
            yield (
                session_of(teacher.user),
                [
                    reverse("classes:mine", args=[code]),
                    reverse("classes:detail", args=[school_class.pk]),
                    reverse("students:detail", args=[child.pk]),
                ],
            )


def read_pages(port, session, pages, ends, seen):
    browser, chance = Browser(port, session), random.Random(session)
    time.sleep(chance.uniform(0, LOOKS_S[1]))
    while time.monotonic() < ends:
        address = chance.choice(pages)
        status, _, _, seconds = browser.get(address)
        seen.append((address, status, seconds))
        time.sleep(chance.uniform(*LOOKS_S))


def sign_in(port, door, username, words, seen):
    browser = Browser(port)
    time.sleep(random.Random(username).uniform(0, CHILDREN_WITHIN_S))
    browser.get(door)
    status, _, onward, seconds = browser.post(door, username=username, secret=" ".join(words))
    came = status == 302 and "sessionid" in browser.cookies and browser.get(reverse("students:me"))[0] == 200
    seen.append((onward, came, seconds))


def ask_why(port, session, address, who, seen):
    """Ask, and look as the page does, until there is an answer or a sentence; what was told, and after how long."""
    browser, began = Browser(port, session), time.monotonic()
    browser.get(address)
    status, _, onward, pressed = browser.post(address, who=who)
    text = "Asking Wonde"
    while re.search("Asking Wonde</h2>|No worker is free yet</h2>|^Asking Wonde$", text):
        time.sleep(1)
        _, text, _, _ = browser.get(onward)
    seen.append((status, text, pressed, time.monotonic() - began))


def stop_half_way(port, ends):
    """A client on a bad line: a byte of a request each second, and again from the beginning when it is cut off."""
    while time.monotonic() < ends:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            for sign in b"POST /s/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n" + b"a" * 1000:
                try:
                    client.sendall(bytes([sign]))
                except OSError:
                    break
                if time.monotonic() > ends:
                    break
                time.sleep(1)


def p95(seconds):
    return quantiles(seconds, n=20)[-1]


def test_fifty_people_a_class_signing_in_four_at_why_and_four_slow_clients(living, site):
    school, door = living.school, reverse("students:sign_in", args=[living.school.code])
    at_pages = list(readers(living))
    leads = [LeadRightFactory(school=school).user for _ in range(ASKERS)]
    asking = [session_of(lead) for lead in leads]
    whom = [student.surname for student in Student.objects.current().filter(school=school)[:ASKERS]]
    children = list(Student.objects.current().filter(school=school).select_related("user")[:CHILDREN])
    words = codes.renew(school, children, leads[0])
    living.sandbox.fault("slow", "schools/*/students", bytes_per_second=2000)
    for session, own in at_pages[:5] * 4:  # a server that has been up for a while
        for address in own:
            Browser(site, session).get(address)
    pages, doors, answered = [], [], []
    ends = time.monotonic() + LASTS_S
    jobs = [(read_pages, session, own, ends, pages) for session, own in at_pages]
    jobs += [(sign_in, door, child.user.username, words[child.pk], doors) for child in children]
    why = reverse("sync:why", args=[school.code])
    jobs += [(ask_why, session, why, who, answered) for session, who in zip(asking, whom, strict=True)]
    jobs += [(stop_half_way, ends)] * SLOW

    threads = [threading.Thread(target=job, args=(site, *arguments)) for job, *arguments in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LASTS_S + 120)

    tell(pages, doors, answered)
    assert [page for page in pages if page[1] != 200] == []
    assert [came for _, came, _ in doors] == [True] * CHILDREN
    assert len(answered) == ASKERS
    for status, text, _, seconds in answered:
        assert status == 302
        assert seconds < (GIVEN_UP_AFTER + LONGEST).total_seconds()
        assert "Who can change it" in text or "There is no answer from Wonde" in text
    assert p95([seconds for *_, seconds in pages]) < P95_S


def tell(pages, doors, answered):
    """What docs/drill.md wants to know."""
    by_page = {}
    for address, _, seconds in pages:
        by_page.setdefault(re.sub(r"/\d+/", "/…/", address), []).append(seconds)
    print(f"load of the machine {os.getloadavg()[0]:.1f}")
    print(f"{len(pages)} pages, p95 {p95([seconds for *_, seconds in pages]) * 1000:.0f} ms")
    for name, seconds in sorted(by_page.items()):
        print(f"  {name}: {len(seconds)}, p50 {sorted(seconds)[len(seconds) // 2] * 1000:.0f} ms, "
              f"longest {max(seconds) * 1000:.0f} ms")  # fmt: skip
    signed = [seconds for *_, seconds in doors]
    print(f"{sum(came for _, came, _ in doors)} of {len(doors)} signed in, p95 {p95(signed) * 1000:.0f} ms")
    print(f"Why?: pressed {max(pressed for _, _, pressed, _ in answered) * 1000:.0f} ms at most, told after "
          + ", ".join(f"{seconds:.0f} s" for *_, seconds in answered))  # fmt: skip
