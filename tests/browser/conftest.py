"""A school as a browser sees it: one world for every page, sign-in without the form, and what every page must be."""

import os
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from schools.models import Invitation
from students.cards import codes
from tests.factories import (
    AuditEntryFactory,
    ChangeFactory,
    ClassOutFactory,
    EmployeeFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    HoldFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentUserFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
)
from tests.parents.world import due as mail_about

AXE = Axe()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = 360
WIDTHS = (320, PHONE, 800, 1280)  # 320: a desk's 1,280 px at 400% zoom
PICTURES = os.environ.get("PICTURES", "")  # a folder: leave a picture of each page there, to look at
NAMES = """
    Adeyemi Jo; Al-Rashid Aaliyah; Baker Sam; Bevan Siân; Campbell Zofia; Chen Muhammad; Clarke Niamh; Hassan Ravi;
    Hughes Mei; Iqbal Kwame; Khan Isla; Kimura Ffion; Llewellyn Yusuf; MacLeod Chloe; Mahmood Dylan; Mensah Priya;
    Murphy Łukasz; Nguyễn Amelia; Nowak Tariq; Okoro Grace; Osei Noor; Patel Callum; Sharma Eilidh; Singh Rhys;
    Williams Maryam; Wiśniewski Ethan
"""
LONG_NAME = ("Featherstonehaugh-Cholmondeley-Abernathy-Smythe-Jones", "Anastasia-Wilhelmina")

LONG_ADDRESS = "anastasia.featherstonehaugh-cholmondeley@harbour-road-high-school.example"


@pytest.fixture
def sign_in(page, client, live_server):
    """Sign the browser in as a user, without the form."""

    def as_user(user):
        client.force_login(user, backend="schools.auth.StaffBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url, "httpOnly": True}]
        )

    return as_user


@pytest.fixture
def axe(page):
    """Every violation that axe finds on the page as it is, once it has fully loaded, as (rule, first element)."""

    def violations(rules=WCAG):
        page.wait_for_load_state()  # text can be visible before the stylesheet gives a button its size
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(AXE.axe_script)  # 570 kB, once for each page
        options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
        found = page.evaluate("options => axe.run(options).then(found => found.violations)", options)
        return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]

    return violations


@pytest.fixture
def shown_in(page):
    """Show the page light or dark, at once, or axe would read the colours in the middle of a transition."""

    def show(scheme):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("document.getAnimations().forEach(one => one.finish())")

    return show


@pytest.fixture
def well_made(page, axe, shown_in):
    """Look at the page as it is: axe finds nothing on a phone in either scheme, nothing scrolls sideways.

    Only colours differ between the schemes, and only the layout between widths, so axe reads the whole page once.
    """

    def look(name):
        page.wait_for_load_state("load")  # with its stylesheets: a click only waits for the response
        page.set_viewport_size({"width": PHONE, "height": 800})
        shown_in("dark")
        assert axe({"type": "rule", "values": ["color-contrast"]}) == [], f"{name}, dark"
        shown_in("light")
        assert axe() == [], name
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)

    return look


@pytest.fixture
def harbour(transactional_db):
    """Harbour Road High School on an ordinary morning: read at 04:14, a week of joiners and movers, something held.

    .teacher and .lead are logins; .school, .school_class (28 students), .student, .out, .run, .right (of the lead),
    .uninvited (a teacher without an address) and .married (one whose address has changed) are rows.
    """
    school = SyncSettingsFactory(school__name="Harbour Road High School", school__code="harbour-road").school
    read_at = timezone.now().astimezone(school.zone).replace(hour=4, minute=14, second=9)
    if read_at > timezone.now():
        read_at -= timedelta(days=1)
    school.sync_settings.due_at = read_at + timedelta(days=1)
    school.sync_settings.save()
    pell = TeacherFactory(
        school=school,
        title="Ms",
        forename="Ruth",
        surname="Pell",
        email="pell@example.org",
        user__email="pell@example.org",
    )
    amadi = EmployeeFactory(school=school, title="Mr", forename="Chidi", surname="Amadi", email="")
    right = LeadRightFactory(school=school, user__email="siddiqui@example.org")
    lead = right.user
    EmployeeFactory(school=school, user=lead, title="Mrs", forename="Amina", surname="Siddiqui", email=lead.email)
    married = TeacherFactory(
        school=school, surname=LONG_NAME[0], forename=LONG_NAME[1], user__last_login=read_at, email=LONG_ADDRESS
    )
    Invitation.objects.create(school=school, email="data.manager@harbourroad.example", as_lead=True, invited_by=lead)
    classes = [SchoolClassFactory(school=school, name=name) for name in ("9x/Ma1", "9x/Ma2")]
    for school_class in classes:
        TeachingFactory(school_class=school_class, employee=pell)
    TeachingFactory(school_class=classes[0], employee=amadi, main=False)
    people = [*(name.split() for name in NAMES.split(";")), LONG_NAME]
    stays = [_student(classes[0], surname, forename) for surname, forename in people]
    _student(classes[0], "Whitlock", "Sam", joined_at=read_at)
    moved = _student(classes[0], "Quist", "Ada", left_at=read_at - timedelta(days=1))
    EnrolmentFactory(school_class=classes[1], student=moved.student, joined_at=moved.left_at)
    first = stays[0].student  # asks for a card, and has another first name since last night
    codes.ask(first)
    mail_about([GuardianshipFactory(student=first)])
    out = ClassOutFactory(school=school, name="9i/Ma boost", subject="Mathematics", reason="intervention_group")
    ledger = {
        "students": {"read": 1203, "imported": 1187, "withheld": {"not_in_imported_class": 16}},
        "classes": {"read": 214, "imported": 41, "withheld": {"other_subject": 160, "intervention_group": 13}},
    }
    for days in range(40, 0, -1):
        SyncRunFactory(school=school, started_at=read_at - timedelta(days=days), ledger=ledger)
    SyncRunFactory(
        school=school,
        started_at=read_at - timedelta(days=3, hours=1),
        status="refused",
        message="Wonde did not answer for 15 minutes.",
    )
    run = SyncRunFactory(
        school=school,
        started_at=read_at,
        ledger=ledger,
        counts={"students": {"create": 1}, "enrolments": {"create": 1, "move": 1}},
        waiting=[{"kind": "students", "code": "class", "limit": "class:1", "count": 7, "of": 29, "name": "9x/Ma1"}],
    )
    ChangeFactory(run=run, row_id=first.pk, verb="update", values={"forename": ["Joanna", "Jo"]})
    for stay in stays[:7]:
        AuditEntryFactory(school=school, object_id=stay.student_id, reason="ticket 4711")
        ChangeFactory(run=run, row_id=stay.student_id)
        HoldFactory(run=run, row_id=stay.student_id, limit=f"class:{classes[0].pk}")
    return SimpleNamespace(
        teacher=pell.user,
        lead=lead,
        right=right,
        uninvited=amadi,
        married=married,
        school=school,
        school_class=classes[0],
        student=first,
        out=out,
        run=run,
    )


@pytest.fixture
def pages(harbour):
    """Every page by name: (who opens it, address)."""
    code = [harbour.school.code]
    return {
        "my classes": (harbour.teacher, reverse("classes:mine", args=code)),
        "class": (harbour.teacher, reverse("classes:detail", args=[harbour.school_class.pk])),
        "class left out": (harbour.teacher, reverse("classes:detail", args=[harbour.out.pk])),
        "class on a date": (
            harbour.teacher,
            reverse("classes:detail", args=[harbour.school_class.pk]) + "?on=2025-11-03",
        ),
        "student": (harbour.teacher, reverse("students:detail", args=[harbour.student.pk])),
        "username": (harbour.teacher, reverse("students:username", args=[harbour.student.pk]) + "?follow"),
        "class sign-in": (harbour.teacher, reverse("classes:signin", args=[harbour.school_class.pk])),
        "find": (harbour.teacher, reverse("classes:find", args=code)),
        "students": (harbour.lead, reverse("students:list", args=code)),
        "students asking for a card": (harbour.lead, reverse("students:list", args=code) + "?state=asks"),
        "nobody like that": (harbour.lead, reverse("students:list", args=code) + "?state=left"),
        "whole student": (harbour.lead, reverse("students:detail", args=[harbour.student.pk])),
        "parents of a class": (harbour.lead, reverse("parents:of_class", args=[*code, harbour.school_class.pk])),
        "weekly mails": (harbour.lead, reverse("parents:mails", args=code)),
        "teacher of classes": (
            harbour.lead,
            reverse("sync:staff_member", args=[*code, harbour.teacher.employees.get().pk]),
        ),
        "all classes": (harbour.lead, reverse("classes:all", args=code) + "?standing=all"),
        "school sign-in": (harbour.lead, reverse("classes:school_signin", args=code)),
        "school": (harbour.lead, reverse("sync:school", args=code)),
        "waiting": (harbour.lead, reverse("sync:held", args=code)),
        "history": (harbour.lead, reverse("sync:history", args=code)),
        "run": (harbour.lead, reverse("sync:run", args=[*code, harbour.run.pk])),
        "september": (harbour.lead, reverse("sync:september", args=code)),
        "changing mis": (harbour.lead, reverse("sync:changing_mis", args=code)),
        "undo": (harbour.lead, reverse("sync:undo", args=[*code, harbour.run.pk]) + "?what=all"),
        "staff": (harbour.lead, reverse("sync:staff", args=code)),
        "member of staff": (harbour.lead, reverse("sync:staff_member", args=[*code, harbour.uninvited.pk])),
        "changed address": (harbour.lead, reverse("sync:staff_member", args=[*code, harbour.married.pk])),
        "withdraw a right": (harbour.lead, reverse("sync:staff_lead", args=[*code, harbour.right.pk])),
        "who looked": (harbour.lead, reverse("sync:audit", args=code) + "?whose=all"),
        "read again": (harbour.lead, reverse("sync:read", args=code)),
        "settings": (harbour.lead, reverse("sync:settings", args=code)),
        "what we hold": (harbour.lead, reverse("sync:fields", args=code)),
        "choose a school": (harbour.lead, reverse("schools:choose")),
        "who am i": (harbour.teacher, reverse("schools:who_am_i")),
        "change password": (harbour.teacher, reverse("account_change_password")),
        "two-step sign-in": (harbour.teacher, reverse("mfa_index")),
    }


def _student(school_class, surname, forename, **stay):
    return EnrolmentFactory(
        school_class=school_class,
        student__surname=surname,
        student__forename=forename,
        student__user=StudentUserFactory(school=school_class.school),
        **stay,
    )
