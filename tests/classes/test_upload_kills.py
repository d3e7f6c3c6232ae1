"""A web process killed between uploading a school's own list and storing it, or while storing it: nothing is lost, and
nothing is half stored.

Real processes: gunicorn, PostgreSQL.
"""

import threading

import pytest
import requests
from django.db import connection, transaction

from classes.models import SchoolClass, UploadedList
from students.models import Student
from tests.factories import LeadRightFactory, SyncSettingsFactory
from tests.tools.people import signed_in
from tests.tools.waiting import wait_for
from tests.tools.web import a_web, browser_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.django_db(transaction=True)]

FILE = "class,year group,first name,surname\n" + "".join(f"9x,9,Tobi,Okoro{number}\n" for number in range(30))


@pytest.fixture
def browser():
    """A lead's browser, signed in."""
    return browser_of(signed_in(LeadRightFactory(school=SyncSettingsFactory(school__code="harbour").school).user))


@pytest.fixture
def web(process_env):
    with a_web(process_env) as web:
        yield web


def post(web, browser, **sent):
    """What the lead gets from the page of the list."""
    page = f"{web.url}/schools/harbour/import/file/"
    form = browser.get(page, timeout=30)
    token = browser.cookies.get("csrftoken") or form.text.partition('name="csrfmiddlewaretoken" value="')[2][:64]
    data = {"csrfmiddlewaretoken": token, **sent.pop("data", {})}
    return browser.post(page, data, headers={"Referer": page}, timeout=30, **sent)


def stored():
    return Student.objects.count(), SchoolClass.objects.count()


def test_a_list_survives_the_web_process_that_received_it(web, browser):
    seen = post(web, browser, files={"file": ("c.csv", FILE)})
    assert "30" in seen.text

    web.kill()
    web.start()
    done = post(web, browser)

    assert "Students: 30; new classes: 1." in done.text
    assert stored() == (30, 1)
    assert not UploadedList.objects.exists()


def test_a_web_process_killed_while_it_stores_a_list_has_stored_nothing_and_the_list_is_still_there(web, browser):
    post(web, browser, files={"file": ("c.csv", FILE)})

    def press():
        with pytest.raises(requests.ConnectionError):
            post(web, browser)

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE classes_enrolment IN SHARE MODE")
        pressed = threading.Thread(target=press)
        pressed.start()
        storing = wait_for(who_waits, 30, "nothing was stored")
        web.kill()
        pressed.join(30)
    wait_for(lambda: not is_connected(storing), 30, "the killed process is still connected")
    assert stored() == (0, 0)
    web.start()
    done = post(web, browser)

    assert "Students: 30; new classes: 1." in done.text
    assert stored() == (30, 1)


def who_waits():
    """The PostgreSQL process waiting to write an enrolment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'classes_enrolment'::regclass")
        return (cursor.fetchone() or (None,))[0]


def is_connected(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid])
        return cursor.fetchone() is not None
