"""What a school is made of."""

from collections import Counter

import pytest

from sync.sandbox.testing import running_sandbox
from sync.sandbox.world import catalogue
from tests.sync.sandbox.wire.reading import rows


@pytest.fixture(scope="module")
def demo():
    with running_sandbox(demo=True) as running:
        yield running


def full_name(row):
    return (row["forename"], row["surname"])


def maths_of(sandbox, school):
    """The school's maths classes with students and employees."""
    subject = next(row for row in rows(sandbox, school, "subjects") if (row["name"] or "").startswith("Math"))
    return rows(sandbox, school, "classes", "students,employees", class_subject=subject["id"])


# --- the demo -------------------------------------------------------------------------------------


def test_the_demo_has_three_schools_under_ids_that_never_change(demo):
    assert demo.school_ids == ["A1930450011", "A1930450022", "A1930450033"]
    known = [demo.get(f"schools/{school}")["data"] for school in demo.school_ids]
    assert [school["mis"] for school in known] == ["SIMS", "Arbor", "WCBS"]
    assert [len(rows(demo, school, "students")) for school in demo.school_ids] == [1200, 420, 600]


def test_the_demo_grants_what_a_roster_needs_and_no_more(demo):
    permissions = demo.get(f"meta/schools/{catalogue.SECONDARY}/permissions")["data"]

    granted = {row["identity"] for row in permissions if row["approved"]}
    assert {"students.read", "classes.read", "employees.read", "contacts.read", "students.upn.read"} <= granted
    assert not {"students.gender.read", "medical.read", "students.date_of_birth.read", "behaviours.read"} & granted


def test_the_secondary_has_years_7_to_11_of_240(demo):
    years = Counter(row["year"]["data"]["code"] for row in rows(demo, catalogue.SECONDARY, "students", "year"))

    assert years == dict.fromkeys(["7", "8", "9", "10", "11"], 240)


def test_maths_sets_are_of_sensible_size_and_every_student_is_in_one(demo):
    sets = [row for row in maths_of(demo, catalogue.SECONDARY) if "/Ma" in row["name"] and row["students"]["data"]]

    sizes = [len(row["students"]["data"]) for row in sets]
    taught = {student["id"] for row in sets for student in row["students"]["data"]}
    assert min(sizes) >= 15
    assert max(sizes) <= 34
    assert len(taught) == 1200


def test_intervention_groups_are_maths_classes_of_students_who_are_in_a_set_as_well(demo):
    maths = maths_of(demo, catalogue.SECONDARY)
    sets = {student["id"] for row in maths if "/Ma" in row["name"] for student in row["students"]["data"]}

    groups = [row for row in maths if "Intervention" in row["name"]]
    assert {row["name"] for row in groups} == {f"Ma Intervention Y{year}" for year in (8, 9, 10, 11)}
    assert all({student["id"] for student in row["students"]["data"]} <= sets for row in groups)


def test_a_handful_of_students_are_in_two_maths_sets(demo):
    sets = [
        row
        for row in maths_of(demo, catalogue.SECONDARY)
        if "/Ma" in row["name"] and row["academic_year"] != "2025/2026"
    ]

    places = Counter(student["id"] for row in sets for student in row["students"]["data"])
    assert 3 <= sum(count > 1 for count in places.values()) <= 8


def test_some_classes_lack_students_teachers_or_a_subject_and_some_have_two_teachers(demo):
    classes = rows(demo, catalogue.SECONDARY, "classes", "students,employees")

    assert any(not row["students"]["data"] for row in classes)
    assert any(not row["employees"]["data"] and row["students"]["data"] for row in classes)
    assert any(row["subject"] is None for row in classes)
    assert any(len(row["employees"]["data"]) == 2 for row in classes)


def test_staff_come_with_and_without_email_and_some_are_not_current(demo):
    staff = rows(demo, catalogue.SECONDARY, "employees", "employment_details,contact_details,classes")
    teachers = [row for row in staff if row["classes"]["data"]]
    addresses = [row["contact_details"]["data"]["emails"]["work"] for row in teachers]

    assert 1 <= addresses.count(None) <= len(teachers) / 5
    assert len(set(addresses)) == len(teachers) - addresses.count(None) + 1
    assert {row["employment_details"]["data"]["current"] for row in staff} == {True, False, None}


def test_the_primary_publishes_registration_groups_with_teachers_and_no_classes(demo):
    groups = rows(demo, catalogue.PRIMARY, "groups", "students,employees", type="REGISTRATION")

    assert rows(demo, catalogue.PRIMARY, "classes") == []
    assert len(groups) == 14
    assert sum(len(row["students"]["data"]) for row in groups) == 420
    assert all(row["employees"]["data"] for row in groups)


def test_only_sims_states_academic_year_and_year_group_of_a_class(demo):
    sims = rows(demo, catalogue.SECONDARY, "classes")
    wcbs = rows(demo, catalogue.INDEPENDENT, "classes")

    assert {"2026/2027", "2025/2026", None} == {row["academic_year"] for row in sims}
    assert "Year 8" in {row["year_group"] for row in sims}
    assert {(row["academic_year"], row["year_group"]) for row in wcbs} == {(None, None)}


def test_the_independent_school_has_boarders(demo):
    assert any(row["boarding"]["data"] for row in rows(demo, catalogue.INDEPENDENT, "students", "boarding"))


# --- people ---------------------------------------------------------------------------------------


def test_names_are_as_diverse_as_britains(demo):
    names = [full_name(row) for school in demo.school_ids for row in rows(demo, school, "students")]
    forenames, surnames = ({name[part] for name in names if name[part]} for part in (0, 1))

    assert {"Muhammad", "Ffion", "Xiaoyan", "Niamh"} <= forenames
    assert any(not name.isascii() for name in forenames)
    assert any("'" in name for name in surnames)
    assert any("-" in name for name in surnames)
    assert any(" " in name for name in surnames)
    for part in (forenames, surnames):
        assert min(map(len, part)) == 1
        assert max(map(len, part)) == 50
    assert len(surnames) > 120


def test_two_students_in_one_year_share_their_full_name(demo):
    for school in demo.school_ids:
        students = rows(demo, school, "students", "year")
        names = Counter((full_name(row), row["year"]["data"]["code"]) for row in students if all(full_name(row)))

        assert max(names.values()) >= 2


def test_contacts_come_as_families_do(demo):
    students = rows(demo, catalogue.SECONDARY, "students", "contacts,contacts.contact_details")

    links = [contact["relationship"] for row in students for contact in row["contacts"]["data"]]
    households = [row["contacts"]["data"] for row in students]
    shared = Counter(contact["id"] for household in households for contact in household)
    assert {link["parental_responsibility"] for link in links} == {True, False, None}
    assert {1, 2, 3, None} == {link["priority"] for link in links}
    assert {True, False} <= {link["lives_with_pupil"] for link in links}
    assert any(count > 1 for count in shared.values())

    def address(contact):
        emails = contact["contact_details"]["data"]["emails"]
        return emails["email"] or emails["primary"] or emails["home"] or emails["work"]

    def town(contact):
        return contact["contact_details"]["data"]["addresses"]["home"]

    assert any(address(contact) is None for household in households for contact in household)
    pairs = [household for household in households if len(household) == 2]
    assert any(address(one) and address(one) == address(other) for one, other in pairs)
    assert any(town(one) != town(other) for one, other in pairs)
    assert any(town(one) == town(other) for one, other in pairs)


def test_every_slot_of_an_email_is_the_one_in_use_for_somebody(demo):
    contacts = rows(demo, catalogue.SECONDARY, "contacts", "contact_details")
    emails = [row["contact_details"]["data"]["emails"] for row in contacts]

    assert any(slots["email"] and not slots["primary"] for slots in emails)
    assert any(slots["primary"] and not slots["email"] for slots in emails)
    assert any(slots["work"] and not (slots["email"] or slots["primary"] or slots["home"]) for slots in emails)


# --- countries, MISs, sizes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "years", "zone"),
    [
        ("england", {"7", "8", "9", "10", "11"}, "Europe/London"),
        ("scotland", {"S1", "S2", "S3", "S4", "S5", "S6"}, "Europe/London"),
        ("australia", {"7", "8", "9", "10", "11", "12"}, "Australia/Sydney"),
    ],
)
def test_a_country_has_its_own_years_and_numbers(country, years, zone):
    with running_sandbox(country=country) as sandbox:
        school = sandbox.school_ids[0]
        students = rows(sandbox, school, "students", "education_details,year")
        known = sandbox.get(f"schools/{school}")["data"]

    assert {row["year"]["data"]["code"] for row in students} == years
    assert known["timezone"] == zone
    assert (known["urn"] is None) == (country != "england")
    upns = {row["education_details"]["data"]["upn"] for row in students}
    assert (upns == {None}) == (country != "england")
    assert {row["id"][0] for row in students} == ({"B"} if country == "australia" else {"A"})


@pytest.mark.parametrize(
    ("mis", "maths"),
    [
        ("sims", ("Ma", "Mathematics")),
        ("arbor", (None, "Mathematics")),
        ("bromcom", ("MA", "Maths")),
        ("wcbs", ("MAT", "Maths")),
    ],
)
def test_each_mis_has_its_own_name_for_mathematics(mis, maths):
    with running_sandbox(mis=mis) as sandbox:
        subjects = rows(sandbox, sandbox.school_ids[0], "subjects")

    assert maths in {(row["code"], row["name"]) for row in subjects}


@pytest.mark.parametrize("phase", ["secondary", "primary", "independent"])
@pytest.mark.parametrize("students", [10, 59, 60, 333])
def test_a_school_of_any_size_can_be_read(phase, students):
    with running_sandbox(students=students, phase=phase) as sandbox:
        school = sandbox.school_ids[0]

        assert len(rows(sandbox, school, "students", "classes,registration,contacts")) == students
        assert sandbox.day(school)["events"]
