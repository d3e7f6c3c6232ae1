"""What a school on PASS or 3sys typed for Wonde: kept sealed, checked, shown once, and gone whichever way it ends."""

import base64
from datetime import timedelta

import pytest
import redis
from django.conf import settings as django_settings
from django.core import mail
from django.db import connection
from django.utils import timezone

from schools.models import AuditEntry, School
from schools.sealing import SealError
from sync.engine import freezing
from sync.guide import typed
from sync.guide.outcome import told
from sync.guide.typed import NotDoneError, Typed
from sync.leaving import erasure, stopping
from sync.models import Wcbs
from sync.rules.wcbs import is_wcbs
from sync.tasks import check_wcbs, queue_check
from tests.factories import LeadRightFactory, SyncSettingsFactory, ago
from tests.sync.living import living_school
from tests.tools.broker import queue_at, queued

SECRET = "Pl4nted/Secret+of-WCBS=="


@pytest.fixture
def lead(db, settings):
    """A lead of a school on WCBS that nobody can reach: nothing listens on that port of this machine."""
    settings.OUTSIDE_ALLOW_HOSTS = ["localhost:1"]
    return LeadRightFactory(school=SyncSettingsFactory(school__mis="WCBS").school)


def places_of(secret, caplog):
    """Where `secret` is: tables as text, Redis, mails, the log."""
    data = secret.encode()
    forms = {secret, data.hex(), base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()}
    texts = {"log": caplog.text, "mail": "".join(str(each.message()) for each in mail.outbox)}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM \"{table}\" t")
            texts[table] = cursor.fetchone()[0]
    for url in (django_settings.REDIS_URL, django_settings.REDIS_CACHE_URL):
        with redis.Redis.from_url(url) as client:
            texts[url] = "".join(f"{key!r}{client.dump(key)!r}" for key in client.scan_iter())
    texts["queue"] = str(queued("questions"))
    return {where for where, text in texts.items() if any(form in text for form in forms)}


def handed(school, by):
    typed.hand_over(school, by)
    Wcbs.objects.filter(school=school).update(handed_at=ago(hours=23))
    Wcbs.objects.wipe_due()
    assert Wcbs.objects.get(school=school).has_secret
    Wcbs.objects.filter(school=school).update(handed_at=ago(hours=25))
    Wcbs.objects.wipe_due()


def after(**since):
    """`wipe_due` once the secret was typed so long ago."""

    def wait(school, by):
        Wcbs.objects.filter(school=school).update(typed_at=ago(**since))
        Wcbs.objects.wipe_due()

    return wait


WAYS = {
    "handed over": (handed, "handed"),
    "fourteen days": (after(days=14, minutes=1), "age"),
    "a clock that ran ahead": (after(days=-300), "age"),
    "wiped by somebody": (typed.wipe, "asked"),
    "read": (lambda school, by: Wcbs.objects.read_from(school, "WCBS"), "read"),
    "revoked in Wonde": (lambda school, by: freezing.revoke(school), "ended"),
    "stopped here": (lambda school, by: stopping.stop(school, by, "we leave"), "ended"),
}


def test_a_client_secret_is_nowhere_but_sealed_and_whichever_way_it_ends_not_even_that(
    lead, caplog, django_capture_on_commit_callbacks
):
    planted = AuditEntry.objects.note(None, "opened", lead.school, lead.school, SECRET)
    assert places_of(SECRET, caplog) == {"schools_auditentry"}  # the search finds what is there
    planted.delete()

    for way, (end, because) in WAYS.items():
        school = LeadRightFactory(user=lead.user, school=SyncSettingsFactory(school__mis="WCBS").school).school
        with django_capture_on_commit_callbacks(execute=True):
            row = typed.keep(school, lead.user, Typed("https://localhost:1/Wcbs.API", "wonde-7", SECRET))
            queue_check(row)
        assert queued("questions")[-1].args == [row.pk]
        check_wcbs(row.pk)
        assert typed.show(school, lead.user) == SECRET
        assert places_of(SECRET, caplog) == set(), way

        end(school, lead.user)

        row.refresh_from_db()
        assert (row.secret_sealed, row.wiped_because) == (None, because), way
        assert row.wiped_at is not None
        assert places_of(SECRET, caplog) == set(), way
    erasure.erase_school(School.objects.get(pk=school.pk))
    assert not Wcbs.objects.filter(school=school).exists()


def test_a_secret_is_shown_once_and_the_school_reads_to_whom(lead):
    typed.keep(lead.school, lead.user, Typed("https://pass.school.example", "wonde-7", SECRET))

    assert typed.show(lead.school, lead.user) == SECRET
    with pytest.raises(NotDoneError, match="shown already"):
        typed.show(lead.school, lead.user)
    assert (
        AuditEntry.objects.filter(school=lead.school, verb="was shown the client secret", actor=lead.user).count() == 1
    )

    typed.keep(lead.school, lead.user, Typed("https://pass.school.example", "wonde-7", "another-secret"))
    assert typed.show(lead.school, lead.user) == "another-secret"


def test_a_secret_whose_key_is_gone_is_typed_again_and_never_handed_out_sealed(lead, settings):
    typed.keep(lead.school, lead.user, Typed("https://pass.school.example", "wonde-7", SECRET))
    settings.SEALING_KEYS = "9:" + "ab" * 32

    row = Wcbs.objects.get()
    with pytest.raises(SealError):
        _ = row.secret
    with pytest.raises(NotDoneError, match="key is gone"):
        typed.show(lead.school, lead.user)
    check_wcbs(row.pk)
    row.refresh_from_db()
    assert row.outcome == typed.NO_SECRET
    assert row.shown_at is None


def test_a_school_is_checked_five_times_an_hour_and_what_is_typed_later_is_kept(lead):
    def ask(secret):
        return typed.keep(lead.school, lead.user, Typed("https://pass.school.example", "wonde-7", secret))

    first = ask("secret-1")
    assert ask("secret-1").asked_at == first.asked_at  # pressed twice
    assert Wcbs.objects.get().tries == [first.asked_at]
    for number in range(2, 7):
        row = ask(f"secret-{number}")

    assert (row.asked_at, row.secret, len(row.tries)) == (None, "secret-6", 5)
    with pytest.raises(NotDoneError, match="five checks within an hour"):
        typed.check_again(lead.school, lead.user)

    Wcbs.objects.update(tries=[ago(minutes=61), ago(minutes=50), timezone.now() + timedelta(days=9)])
    assert typed.check_again(lead.school, lead.user).is_open


def test_a_check_that_cannot_be_queued_says_so_and_keeps_what_was_typed(
    lead, monkeypatch, django_capture_on_commit_callbacks
):
    queue_at("redis://127.0.0.1:1/0", monkeypatch)
    with django_capture_on_commit_callbacks(execute=True):
        queue_check(typed.keep(lead.school, lead.user, Typed("https://pass.school.example", "wonde-7", SECRET)))

    row = Wcbs.objects.get()
    assert (row.outcome, row.has_secret) == (typed.NO_QUEUE, True)
    assert told(row).title == "The check could not begin"
    assert typed.check_again(lead.school, lead.user).is_open


def test_a_check_says_nothing_about_what_was_typed_after_it_began(lead):
    """Two people at once: the second's values are checked too."""
    typed.keep(lead.school, lead.user, Typed("https://localhost:1/a", "wonde-7", SECRET))
    begun = Wcbs.objects.take(Wcbs.objects.get().pk)
    second = typed.keep(lead.school, lead.user, Typed("https://localhost:1/b", "wonde-8", SECRET))

    typed.answer(begun)

    row = Wcbs.objects.get()
    assert (row.base, row.client_id, row.outcome, row.is_open) == ("https://localhost:1/b", "wonde-8", "", True)
    check_wcbs(second.pk)
    check_wcbs(second.pk)  # delivered twice
    assert Wcbs.objects.get().outcome == "refused"


@pytest.mark.django_db(transaction=True)
def test_the_first_sync_from_wcbs_wipes_the_secret_and_no_later_one_wipes_a_new_one(settings):
    with living_school(settings, mis="wcbs", phase="independent", read=False) as living:
        values = Typed("https://pass.school.example", "wonde-7", SECRET)
        typed.keep(living.school, None, values)
        living.read()
        row = Wcbs.objects.get()
        assert (row.has_secret, row.wiped_because) == (False, "read")

        typed.keep(living.school, None, values)
        living.read()
        assert Wcbs.objects.get().has_secret


@pytest.mark.parametrize(
    ("mis", "expected"),
    [
        ("WCBS", True),
        ("WCBS PASS", True),
        ("PASS", True),
        ("3sys", True),
        ("Compass", False),
        ("SIMS", False),
        ("", False),
    ],
)
def test_pass_and_3sys_are_known_by_name(mis, expected):
    assert is_wcbs(mis) is expected
