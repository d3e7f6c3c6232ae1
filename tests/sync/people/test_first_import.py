"""A lead's import: nothing comes in before it is imported; what was made by hand is recognised and kept."""

import pytest
from django.urls import reverse

from classes.models import SchoolClass
from classes.own_list import handmade
from sync.engine import previews
from sync.people import first_import
from sync.tasks import prepare_import
from tests.classes.world import a_read_school
from tests.factories import EnrolmentFactory, LeadRightFactory, SchoolClassFactory, StudentFactory, TeacherFactory
from tests.tools.pages import words
from tests.tools.people import signed_in


@pytest.fixture
def waiting(db, settings):
    """A school that support has added: read, but nothing is imported before its lead says so."""
    with a_read_school(settings, asks_first=True) as school:
        school.lead = LeadRightFactory(school=school.row).user
        school.client = signed_in(school.lead)
        yield school


def url(school, name="import"):
    return reverse(f"sync:{name}", args=[school.row.code])


def chosen(school, *names):
    return list(school.row.classes.filter(name__in=names).values_list("pk", flat=True))


def by_hand(school, name, *wonde_ids, **fields):
    """A class made by hand, with the students of these Wonde ids under their names in the MIS; none is linked."""
    made = SchoolClassFactory(school=school.row, name=name, wonde_id=None)
    students = []
    for wonde_id in wonde_ids:
        remote = school.sandbox.get(f"schools/{school.wonde_id}/students/{wonde_id}", include="education_details")[
            "data"
        ]
        education = remote["education_details"]["data"]
        row = {
            "forename": remote["forename"], "surname": remote["surname"], "upn": education["upn"] or "",
            "year_group": education["current_nc_year"].lstrip("0"),
        } | fields  # fmt: skip
        student = StudentFactory(
            school=school.row, wonde_id=None, sort_name=handmade.sort_name(row["surname"], row["forename"]), **row
        )
        EnrolmentFactory(school_class=made, student=student)
        students.append(student)
    return made, students


def test_before_the_import_everything_is_listed_but_nothing_is_in(waiting):
    assert not waiting.row.students.exists()
    assert set(waiting.row.classes.values_list("status", flat=True)) == {"out"}
    assert waiting.find("7x/Ma1").reason == "asks_first"

    page = words(waiting.client.get(url(waiting)))

    assert "7x/Ma1" in page
    assert "Comes in, if you choose so" in page


def test_what_the_rule_would_take_is_ticked_and_what_it_would_not_is_not(waiting):
    page = waiting.client.get(url(waiting)).content.decode()

    assert f'value="{waiting.find("7x/Ma1").pk}" checked' in page
    assert f'value="{waiting.find("Ma Intervention Y8").pk}">' in page


def test_a_choice_survives_leaving_the_page_and_no_sync_obeys_it_before_the_import(waiting):
    waiting.client.post(url(waiting), {"class": chosen(waiting, "8x/Ma1")})

    waiting.sync()

    assert not waiting.row.students.exists()
    page = waiting.client.get(url(waiting)).content.decode()
    assert f'value="{waiting.find("8x/Ma1").pk}" checked' in page
    assert f'value="{waiting.find("7x/Ma1").pk}">' in page


def test_the_preview_says_what_the_import_would_do_and_changes_nothing(waiting):
    waiting.client.post(url(waiting), {"class": chosen(waiting, "8x/Ma1", "8x/Ma2", "Chess Club")})

    prepare_import(waiting.row.pk, "import-preview", waiting.lead.pk)
    page = words(waiting.client.get(url(waiting, "import_preview")))

    made = previews.last(waiting.row.pk, "import-preview")
    assert made["kinds"]["students"]["counts"]["create"] == len(
        waiting.members(waiting.find("8x/Ma1")) | waiting.members(waiting.find("8x/Ma2"))
        | waiting.members(waiting.find("Chess Club"))
    )  # fmt: skip
    assert "Bring in 3 classes" in page
    assert not waiting.row.classes.exclude(decision="").exists()
    assert not waiting.row.students.exists()


def test_the_import_brings_in_what_was_chosen_and_leaves_out_what_was_not(waiting):
    waiting.client.post(url(waiting), {"class": chosen(waiting, "8x/Ma1", "8x/Ma2")})

    response = waiting.client.post(url(waiting, "import_start"), {"later": "rule"}, follow=True)
    waiting.sync()
    again = waiting.sync()

    assert "Waiting for its turn" in words(response)
    assert set(waiting.row.classes.current().values_list("name", flat=True)) == {"8x/Ma1", "8x/Ma2"}
    assert waiting.find("7x/Ma1").reason == "excluded_class"
    assert waiting.find("8A/Ar").decision == ""
    assert waiting.row.sync_settings.__class__.objects.get(school=waiting.row).asks_first is False
    assert sum(again.counts["students"].values()) == 0
    done = waiting.client.get(url(waiting, "import_progress"))
    assert "Imported" in words(done)
    assert b"every 1s" not in done.content


def test_importing_again_adds_classes_and_keeps_those_already_in(waiting):
    waiting.client.post(url(waiting), {"class": chosen(waiting, "8x/Ma1")})
    waiting.client.post(url(waiting, "import_start"), {"later": "ask"})
    waiting.sync()

    waiting.client.post(url(waiting), {"class": chosen(waiting, "9x/Ma1")})
    waiting.client.post(url(waiting, "import_start"), {"later": "ask"})
    waiting.sync()

    assert set(waiting.row.classes.current().values_list("name", flat=True)) == {"8x/Ma1", "9x/Ma1"}
    draft = first_import.draft_of(waiting.row)
    assert draft.first_import_at < draft.imported_at


def test_a_class_that_would_be_empty_is_imported_only_if_that_is_meant(waiting):
    waiting.client.post(url(waiting), {"class": chosen(waiting, "8x/Ma1", "8x/Ma2", "Ma Intervention Y8")})
    prepare_import(waiting.row.pk, "import-preview", waiting.lead.pk)
    assert "Nobody would be in Ma Intervention Y8" in words(waiting.client.get(url(waiting, "import_preview")))

    refused = waiting.client.post(url(waiting, "import_start"), {"later": "rule"}, follow=True)
    assert "Nobody would be in Ma Intervention Y8. Nothing was changed." in words(refused)
    assert not waiting.row.classes.exclude(decision="").exists()
    waiting.client.post(url(waiting, "import_start"), {"later": "rule", "empty": "yes"})
    waiting.sync()

    assert waiting.find("Ma Intervention Y8").status == "in"
    assert waiting.find("Ma Intervention Y8").enrolments.count() == 0


def test_the_import_says_who_would_be_in_two_classes_and_where_they_stay(waiting):
    waiting.client.post(
        url(waiting), {"class": chosen(waiting, "8x/Ma1", "8x/Ma2", "Ma Intervention Y8", "Chess Club")}
    )
    last_sync = first_import.foreseen(waiting.row, first_import.draft_of(waiting.row))
    prepare_import(waiting.row.pk, "import-preview", waiting.lead.pk)

    page = words(waiting.client.get(url(waiting, "import_preview")))

    found = first_import.foreseen(waiting.row, first_import.draft_of(waiting.row))
    assert [one.called for one in last_sync.unknown] == ["Chess Club"]  # of other subjects only the preview asks
    assert found.unknown == []
    assert found.doubles >= len(waiting.members(waiting.find("Ma Intervention Y8")))
    assert found.headline in page
    assert f"{found.doubles} students would be in two classes: " in page
    assert f"Bring in 4 classes; {found.doubles} students stay in one" in page
    waiting.client.post(url(waiting, "import_start"), {"later": "rule", "empty": "yes"})
    waiting.sync()
    here = {row.name: row.enrolments.filter(left_at=None).count() for row in waiting.row.classes.current()}
    assert here == {effect.group.name: effect.then for effect in found.effects}


def test_an_import_without_an_empty_class_does_not_ask_about_one(waiting):
    waiting.client.post(url(waiting), {"class": chosen(waiting, "8x/Ma1", "Chess Club")})
    prepare_import(waiting.row.pk, "import-preview", waiting.lead.pk)

    assert "Nobody would be in" not in words(waiting.client.get(url(waiting, "import_preview")))


def test_cancelling_before_the_import_leaves_nothing_behind(waiting):
    waiting.client.post(url(waiting), {"class": chosen(waiting, "8x/Ma1")})

    waiting.client.post(url(waiting, "import_cancel"))
    response = waiting.client.post(url(waiting, "import_start"), {"later": "rule"}, follow=True)

    assert "There is nothing to import" in words(response)
    assert not waiting.row.classes.exclude(decision="").exists()


def test_two_leads_importing_at_once_import_once(waiting):
    waiting.client.post(url(waiting), {"class": chosen(waiting, "8x/Ma1")})
    waiting.client.post(url(waiting, "import_start"), {"later": "rule"})

    response = waiting.client.post(url(waiting, "import_start"), {"later": "rule"}, follow=True)

    assert "somebody has imported it already" in words(response)


def test_only_leads_can_import(waiting):
    teacher = signed_in(TeacherFactory(school=waiting.row).user)

    for name in ("import", "import_match", "import_preview", "import_progress", "import_template"):
        assert teacher.get(url(waiting, name)).status_code == 404
    assert teacher.post(url(waiting, "import_start")).status_code == 404


def test_matched_students_keep_login_username_and_class(waiting):
    mis = waiting.find("8x/Ma1")
    members = sorted(waiting.members(mis))
    made, students = by_hand(waiting, "Year 8 top set", *members[:10])
    StudentFactory._meta.model.objects.filter(pk__in=[row.pk for row in students[:5]]).update(upn="")
    usernames = {row.pk: row.user_id for row in students}
    waiting.client.post(url(waiting), {"class": [mis.pk]})
    prepare_import(waiting.row.pk, "import-match", waiting.lead.pk)
    found = previews.last(waiting.row.pk, "import-match")
    assert set(found["how"].values()) == {"UPN", "name and year group"}
    assert found["classes"] == {str(mis.pk): made.pk}
    page = waiting.client.get(url(waiting, "import_match"))
    assert "10 students were found" in words(page)

    form = {f"student-{key}": wonde_id for key, wonde_id in found["pairs"].items()} | {f"class-{mis.pk}": made.pk}
    waiting.client.post(url(waiting, "import_match"), form)
    waiting.client.post(url(waiting, "import_start"), {"later": "rule"})
    waiting.sync()
    again = waiting.sync()

    made.refresh_from_db()
    assert (made.name, made.wonde_id, made.status) == ("8x/Ma1", mis.wonde_id, "in")
    assert not SchoolClass.objects.filter(pk=mis.pk).exists()
    for row in students:
        row.refresh_from_db()
        assert (row.user_id, row.left_at) == (usernames[row.pk], None)
        assert row.enrolments.count() == 1
    assert made.enrolments.filter(left_at=None).count() == len(members)
    assert sum(again.counts["students"].values()) == 0


def test_what_was_made_by_hand_and_is_unmatched_is_outside_every_sync(waiting):
    made, _ = by_hand(waiting, "Chess", *sorted(waiting.members(waiting.find("9x/Ma1")))[:7])
    waiting.client.post(url(waiting), {"class": chosen(waiting, "8x/Ma1")})
    waiting.client.post(url(waiting, "import_start"), {"later": "rule"})

    run = waiting.sync()

    assert run.counts["students"]["remove"] == run.counts["enrolments"]["remove"] == 0
    assert not waiting.row.holds.exists()
    assert made.enrolments.filter(left_at=None).count() == 7
    assert "not from the MIS" in words(waiting.client.get(reverse("classes:all", args=[waiting.row.code])))


def test_a_matched_student_leaves_a_class_made_by_hand_that_is_not(waiting):
    mis = waiting.find("8x/Ma1")
    made, (student,) = by_hand(waiting, "Odd group", sorted(waiting.members(mis))[0])
    waiting.client.post(url(waiting), {"class": [mis.pk]})
    waiting.client.post(url(waiting, "import_match"), {f"student-{student.pk}": sorted(waiting.members(mis))[0]})
    waiting.client.post(url(waiting, "import_start"), {"later": "rule"})

    waiting.sync()

    student.refresh_from_db()
    assert student.enrolments.get(left_at=None).school_class == mis
    assert not made.enrolments.filter(left_at=None).exists()


def test_a_student_without_a_match_is_settled_by_hand(waiting):
    mis = waiting.find("8x/Ma1")
    _, (student,) = by_hand(waiting, "Group", sorted(waiting.members(mis))[0], upn="", year_group="")
    waiting.client.post(url(waiting), {"class": [mis.pk]})
    prepare_import(waiting.row.pk, "import-match", waiting.lead.pk)

    page = waiting.client.get(url(waiting, "import_match"))

    assert "1 student to settle by hand" in words(page)
    assert f'name="student-{student.pk}"' in page.content.decode()
    assert sorted(waiting.members(mis))[0] in page.content.decode()


def test_two_students_are_never_matched_with_the_same_one(waiting):
    mis = waiting.find("8x/Ma1")
    _, students = by_hand(waiting, "Group", *sorted(waiting.members(mis))[:2])
    waiting.client.post(url(waiting), {"class": [mis.pk]})

    data = {f"student-{row.pk}": sorted(waiting.members(mis))[0] for row in students}
    response = waiting.client.post(url(waiting, "import_match"), data, follow=True)

    assert "Two are matched with the same student" in words(response)
    assert first_import.draft_of(waiting.row).matches.get("students", {}) == {}
