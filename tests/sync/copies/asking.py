"""A family of which somebody asks what is held, and the copy as it is opened."""

import io
import json
import zipfile
from types import SimpleNamespace

from django.urls import reverse

from parents.models import Block
from sync.copies import requests
from sync.models import AccessRequest
from tests.factories import (
    AccessRequestFactory,
    AuditEntryFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    LeadRightFactory,
    StudentUserFactory,
    SyncSettingsFactory,
    TeachingFactory,
)
from tests.tools.people import signed_in

SECRETS = ("Zebedina", "Quillfeather", "Ottoline", "Marchbanks", "ticket about Ottoline")


def a_family():
    """Zebedina and Ottoline share a parent, Quillfeather Marchbanks, whom a court order keeps from Zebedina. Nobody
    else at the school has one of these names."""
    school = SyncSettingsFactory(school__mis="SIMS").school
    stay = EnrolmentFactory(
        school_class__school=school, student__forename="Zebedina", student__surname="Okoro",
        student__user=StudentUserFactory(school=school),
    )  # fmt: skip
    student = stay.student
    sibling = EnrolmentFactory(school_class=stay.school_class, student__forename="Ottoline").student
    link = GuardianshipFactory(student=student, contact__forename="Quillfeather", contact__surname="Marchbanks")
    GuardianshipFactory(student=sibling, contact=link.contact)
    teaching = TeachingFactory(school_class=stay.school_class)
    lead = LeadRightFactory(school=school).user
    AuditEntryFactory(school=school, object_id=student.pk, reason="ticket about Ottoline")
    block = Block.objects.create(school=school, student=student, key_number=1, cause="court_order", made_by=lead)
    return SimpleNamespace(
        school=school, student=student, sibling=sibling, contact=link.contact, teacher=teaching.employee, lead=lead,
        block=block, browser=signed_in(lead),
    )  # fmt: skip


def asked(family, kind="students", row=None, **fields):
    """A request about one of them; by a parent about Zebedina, if nothing else is said."""
    return AccessRequestFactory(school=family.school, kind=kind, row_id=(row or family.student).pk, **fields)


def made(one, entries=(), names=""):
    """The request, with its copy made."""
    requests.decide(one, one.noted_by, dict(entries), names)
    requests.make(one.pk)
    return AccessRequest.objects.get(pk=one.pk)


def at(name, one):
    return reverse(f"sync:{name}", args=[one.school.code, one.pk])


def opened(archive):
    """{name of a file: its text} of a copy."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        return {name: files.read(name).decode() for name in files.namelist()}


def facts(archive):
    """[(part, field, value)] of a copy's data."""
    parts = json.loads(opened(archive)["data.json"])["parts"]
    return [(part["title"], fact["field"], fact["value"]) for part in parts for row in part["entries"] for fact in row]
