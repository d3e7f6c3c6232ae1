"""Reading class lists: what is there, what never leaves, pages, filters, ETags."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.api import router
from students.models import Student
from sync.facts.kinds import IN_API, KINDS
from sync.models import Change
from tests.api.asking import Product, fields, refusal
from tests.factories import (
    ApiTokenFactory,
    ChangeFactory,
    ClassOutFactory,
    EmployeeFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    SchoolClassFactory,
    SchoolFactory,
    StudentFactory,
    TeachingFactory,
    ago,
)

LISTS = ["schools/", "classes/", "students/", "employees/", "enrolments/", "teachings/"]

pytestmark = pytest.mark.django_db

NEVER = ["upn", "upi", "email", "username", "contacts", "sort_name", "frozen", "member_ids", "decided_by"]


@pytest.fixture
def world(school):
    """One class with a student, a teacher and a parent."""
    enrolment = EnrolmentFactory(school_class__school=school, student__upn="H801200001001", student__upi="a" * 32)
    GuardianshipFactory(student=enrolment.student)
    teaching = TeachingFactory(school_class=enrolment.school_class)
    return {
        "schools/": school.pk,
        "classes/": enrolment.school_class_id,
        "students/": enrolment.student_id,
        "employees/": teaching.employee_id,
        "enrolments/": enrolment.pk,
        "teachings/": teaching.pk,
    }


@pytest.mark.parametrize("path", LISTS)
def test_every_row_that_is_in_is_listed_and_has_a_url(product, world, path):
    assert product.ids(path) == [world[path]]
    assert product.get(f"{path}{world[path]}/").json() == product.rows(path)[0]


def test_there_is_a_list_for_every_kind_that_is_declared_for_the_api_and_for_schools():
    lists = {prefix: view.kind for prefix, view, _ in router.registry}

    assert lists == {kind: kind for kind in ("schools", *IN_API)}
    assert all(view.model._meta.db_table == IN_API[kind].table for kind, view, _ in router.registry if kind in IN_API)


@pytest.mark.parametrize("path", LISTS[1:])
def test_a_row_shows_the_columns_declared_for_the_api_and_beside_them_only_its_ids_and_times(product, world, path):
    kind, row = KINDS[path.strip("/")], product.rows(path)[0]
    told = {name: name for name in kind.columns} | {name: f"{name}_id" for name in kind.parents}
    told["school_class"] = "class_id"

    shown = {name for name, as_told in told.items() if name in kind.columns and as_told in row}

    assert shown == set(kind.in_api)
    assert row.keys() - {told[name] for name in shown} == {"id", "school_id", "left_at"} | (
        {"joined_at"} if kind.key else set()
    )


@pytest.mark.parametrize("path", LISTS)
def test_upns_contacts_and_addresses_never_leave(product, world, path):
    student = Student.objects.get()

    row, text = product.rows(path)[0], product.get(path).content.decode()

    assert not set(NEVER) & set(row)
    for secret in (student.upn, student.upi, "@"):
        assert secret not in text


def test_contacts_have_no_list(product, world):
    assert refusal(product.get("contacts/")) == "not-found"
    assert refusal(product.get("guardianships/")) == "not-found"


def test_a_student_has_our_id_and_wondes(product, school):
    student = StudentFactory(school=school)

    assert product.rows("students/") == [
        {
            "id": student.pk,
            "wonde_id": student.wonde_id,
            "school_id": school.pk,
            "forename": student.forename,
            "surname": student.surname,
            "year_group": "9",
            "left_at": None,
        }
    ]


def test_neither_a_class_that_is_out_nor_its_students_are_listed(product, school):
    out = ClassOutFactory(school=school)
    EnrolmentFactory(school_class=out, left_at=ago(days=2))
    TeachingFactory(school_class=out, left_at=ago(days=2))

    for path in ("classes/", "enrolments/", "teachings/"):
        assert product.ids(path, left=True) == []


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("students/", lambda school, **left: StudentFactory(school=school, **left)),
        ("employees/", lambda school, **left: EmployeeFactory(school=school, **left)),
        ("classes/", lambda school, **left: SchoolClassFactory(school=school, **left)),
        ("enrolments/", lambda school, **left: EnrolmentFactory(school_class__school=school, **left)),
        ("teachings/", lambda school, **left: TeachingFactory(school_class__school=school, **left)),
    ],
)
def test_leavers_are_listed_only_on_request(product, school, path, make):
    stays, left = make(school), make(school, left_at=ago(days=3))

    assert product.ids(path) == [stays.pk]
    assert product.ids(path, left=True) == [stays.pk, left.pk]
    assert refusal(product.get(f"{path}{left.pk}/")) == "not-found"
    assert product.get(f"{path}{left.pk}/", left=True).json()["left_at"] is not None


def test_erased_people_are_not_listed_even_on_request(product, school):
    enrolment = EnrolmentFactory(school_class__school=school, left_at=ago(days=20))
    Student.objects.filter(pk=enrolment.student_id).update(
        wonde_id=None, forename="", surname="", sort_name="", year_group="", left_at=ago(days=100)
    )
    gone = EmployeeFactory(school=school, wonde_id=None, forename="", surname="", left_at=ago(days=100))

    assert product.ids("students/", left=True) == []
    assert product.ids("enrolments/", left=True) == []
    assert gone.pk not in product.ids("employees/", left=True)


# --- Whose -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LISTS)
def test_another_schools_rows_cannot_be_read(world, path):
    other = Product(ApiTokenFactory(schools=[SchoolFactory()]))

    assert world[path] not in other.ids(path)
    assert refusal(other.get(f"{path}{world[path]}/")) == "not-found"
    if path != "schools/":
        assert refusal(other.get(path, school_id=world["schools/"])) == "not-found"


@pytest.mark.parametrize("path", LISTS)
def test_a_token_for_no_school_reads_nothing_and_one_for_every_school_everything(world, path):
    assert Product(ApiTokenFactory()).ids(path) == []
    assert Product(ApiTokenFactory(every_school=True)).ids(path) == [world[path]]


@pytest.mark.parametrize("path", LISTS)
def test_a_school_that_revoked_our_access_cannot_be_read(product, world, school, path):
    school.revoked_at = timezone.now()
    school.save()

    assert product.ids(path) == []
    assert (
        refusal(product.get(f"{path}{world[path]}/", **({} if path == "schools/" else {"left": True}))) == "not-found"
    )


@pytest.mark.parametrize(
    ("kind", "hidden"),
    [
        ("students", {"students/", "enrolments/"}),
        ("employees", {"employees/", "teachings/"}),
        ("classes", {"classes/", "enrolments/", "teachings/"}),
        ("contacts", set()),
    ],
)
def test_a_kind_whose_permission_is_withdrawn_is_frozen_with_what_depends_on_it(product, world, school, kind, hidden):
    school.frozen = {kind: {"since": "2026-10-05T04:00:00+00:00", "erase_on": "2026-10-19"}}
    school.save()

    assert {path for path in LISTS if product.ids(path) == []} == hidden
    assert product.rows("schools/")[0]["withheld"] == ([kind] if hidden else [])


# --- Filters -----------------------------------------------------------------------------------------------------


def test_lists_are_filtered_by_school_class_year_person_and_id(product, school):
    one, other = (EnrolmentFactory(school_class__school=school) for _ in range(2))
    other.student.year_group = other.school_class.year_group = "10"
    other.student.save()
    other.school_class.save()
    taught = TeachingFactory(school_class=other.school_class)

    assert product.ids("students/", year_group="10") == [other.student_id]
    assert product.ids("students/", class_id=one.school_class_id) == [one.student_id]
    assert product.ids("students/", wonde_id=one.student.wonde_id) == [one.student_id]
    assert product.ids("students/", id=f"{one.student_id},{other.student_id}") == [one.student_id, other.student_id]
    assert product.ids("classes/", year_group="10") == [other.school_class_id]
    assert product.ids("enrolments/", class_id=one.school_class_id) == [one.pk]
    assert product.ids("enrolments/", student_id=other.student_id) == [other.pk]
    assert product.ids("employees/", class_id=other.school_class_id) == [taught.employee_id]
    assert product.ids("employees/", class_id=one.school_class_id) == []
    assert product.ids("teachings/", employee_id=taught.employee_id) == [taught.pk]


def test_a_token_with_several_schools_can_ask_for_one_schools_students():
    one, other = StudentFactory(), StudentFactory()
    both = Product(ApiTokenFactory(schools=[one.school, other.school]))

    assert both.ids("students/", school_id=other.school_id) == [other.pk]


def test_changed_since_lists_what_a_run_or_a_person_changed(product, school):
    past = ago(days=5)
    changed, untouched, new, renamed = (StudentFactory(school=school) for _ in range(4))
    Change.objects.filter(kind="students").exclude(row_id=new.pk).update(at=past)
    ChangeFactory(run__school=school, row_id=changed.pk, verb=Change.Verb.UPDATE)
    renamed.year_group = "10"
    renamed.save()

    assert product.ids("students/", changed_since=ago(hours=1).isoformat()) == [changed.pk, new.pk, renamed.pk]
    assert untouched.pk in product.ids("students/", changed_since=(past - timedelta(days=1)).isoformat())


def test_changed_since_works_on_every_list(product, world):
    for path in LISTS:
        assert product.get(path, changed_since="2026-01-01T00:00:00Z").status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"limit": 1001}, "limit"),
        ({"limit": 0}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "abc"}, "cursor"),
        ({"school_id": "x"}, "school_id"),
        ({"changed_since": "yesterday"}, "changed_since"),
        ({"left": "perhaps"}, "left"),
        ({"id": "1;2"}, "id"),
        ({"wonde_id": "x" * 33}, "wonde_id"),
        ({"wonde_id": "a\x00"}, "wonde_id"),
        ({"cursor": "12\n"}, "cursor"),
        ({"year_group": ""}, "year_group"),
        ({"class_id": "-1"}, "class_id"),
    ],
)
def test_a_filter_that_is_unknown_or_wrong_is_refused_by_name(product, query, field):
    response = product.get("students/", **query)

    assert (response.status_code, refusal(response), fields(response)) == (400, "bad-input", {field})


def test_a_filter_given_twice_is_refused_rather_than_guessed(product):
    response = product.client.get("/api/v1/students/?year_group=9&year_group=10")

    assert fields(response) == {"year_group"}


# --- Pages -------------------------------------------------------------------------------------------------------


def test_pages_neither_repeat_nor_hide_rows_while_others_come_and_go(product, school):
    students = [StudentFactory(school=school) for _ in range(5)]
    first = product.get("students/", limit=2).json()
    Student.objects.filter(pk=students[0].pk).update(left_at=timezone.now())
    late = StudentFactory(school=school)

    second = product.client.get(first["next"]).json()
    third = product.client.get(second["next"]).json()

    assert [row["id"] for page in (first, second, third) for row in page["results"]] == [
        *(student.pk for student in students),
        late.pk,
    ]
    assert third["next"] is None


def test_the_next_page_keeps_the_filters(product, school):
    for year in ("9", "9", "10", "9"):
        StudentFactory(school=school, year_group=year)

    page = product.client.get(product.get("students/", limit=2, year_group="9").json()["next"]).json()

    assert [row["year_group"] for row in page["results"]] == ["9"]


@pytest.mark.parametrize("path", LISTS)
def test_a_page_takes_at_most_six_queries_however_long_it_is(
    product, world, school, path, django_assert_max_num_queries
):
    for _ in range(20):
        TeachingFactory(school_class=EnrolmentFactory(school_class__school=school).school_class)

    with django_assert_max_num_queries(6) as asked:
        page = product.get(path, limit=1000, changed_since="2026-01-01T00:00:00Z")
    with django_assert_max_num_queries(len(asked)):
        product.get(path, limit=1)

    assert page.status_code == 200


# --- ETags -------------------------------------------------------------------------------------------------------


def test_an_unchanged_page_is_answered_without_its_content(product, school):
    student = StudentFactory(school=school)
    tag = product.get("students/")["ETag"]

    again = product.get("students/", headers={"if-none-match": tag})
    student.forename = "Renamed"
    student.save()
    after = product.get("students/", headers={"if-none-match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert after.status_code == 200
    assert after["ETag"] != tag
    assert "private" in after["Cache-Control"]
