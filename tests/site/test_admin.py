"""The admin: who may open it, what it shows about whom, and what it refuses."""

import pytest
from django.contrib import admin
from django.urls import reverse

from schools.models import AuditEntry, LeadRight, Proposal, User
from tests.factories import (
    ChangeFactory,
    ContactFactory,
    EmployeeFactory,
    EnrolmentFactory,
    HoldFactory,
    LeadRightFactory,
    SchoolClassFactory,
    SchoolFactory,
    StudentFactory,
    StudentUserFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
    WeeklyProgressFactory,
)
from tests.tools.broker import queued
from tests.tools.pages import words
from tests.tools.people import REASON, signed_in, support_client, with_second_factor

pytestmark = pytest.mark.django_db


def changelist(name, **params):
    url = reverse(f"admin:{name}_changelist")
    return f"{url}?{'&'.join(f'{key}={value}' for key, value in params.items())}" if params else url


def change(obj):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


# --- Who may open it ---------------------------------------------------------------------------------------------


def test_a_visitor_is_sent_to_the_sign_in_and_back(client):
    response = client.get(reverse("admin:index"), follow=True)

    assert response.redirect_chain[-1][0] == f"{reverse('account_login')}?next=%2Fadmin%2F"


def test_support_without_a_second_factor_is_led_to_set_it_up():
    response = signed_in(SupportFactory()).get(changelist("schools_school"), follow=True)

    assert any(url.startswith(reverse("mfa_activate_totp")) for url, _ in response.redirect_chain)
    assert b"Harbour" not in response.content


def test_support_is_asked_for_a_second_factor_not_given_in_this_session():
    support = SupportFactory()
    with_second_factor(support)

    response = signed_in(support).get(changelist("schools_school"), follow=True)

    assert response.redirect_chain[-1][0].startswith(reverse("mfa_reauthenticate"))


@pytest.mark.parametrize("make", [lambda: TeacherFactory().user, lambda: LeadRightFactory().user])
def test_the_admin_does_not_exist_for_school_staff_even_with_a_second_factor(make):
    response = support_client(make()).get(reverse("admin:index"), follow=True)

    assert response.status_code == 404


def test_support_with_a_second_factor_gets_in():
    assert support_client().get(reverse("admin:index")).status_code == 200


def test_the_admin_has_no_sign_in_form_of_its_own(client):
    response = client.post(reverse("admin:login"), {"username": "a@example.org", "password": "x"})

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


# --- One school at a time ----------------------------------------------------------------------------------------

OF_ONE_SCHOOL = [
    ("students_student", StudentFactory),
    ("schools_employee", EmployeeFactory),
    ("classes_schoolclass", SchoolClassFactory),
    ("classes_enrolment", EnrolmentFactory),
    ("sync_change", ChangeFactory),
    ("sync_hold", HoldFactory),
    ("parents_contact", ContactFactory),
    ("students_weeklyprogress", WeeklyProgressFactory),
]


@pytest.mark.parametrize(("name", "factory"), OF_ONE_SCHOOL)
def test_a_list_of_people_is_empty_until_a_school_is_chosen(name, factory):
    row = factory()

    response = support_client(looks_at=[row.school]).get(changelist(name))

    assert response.status_code == 200
    assert "Choose a school first" in response.text
    assert response.context["cl"].result_count == 0


@pytest.mark.parametrize(("name", "factory"), OF_ONE_SCHOOL)
def test_a_list_shows_only_the_chosen_school(name, factory):
    row, _other = factory(), factory()

    response = support_client(looks_at=[row.school]).get(changelist(name, school=row.school_id))

    assert [found.pk for found in response.context["cl"].result_list] == [row.pk]


@pytest.mark.parametrize("asked", ["0", "999999", "x", ""])
def test_an_unknown_school_shows_nobody(asked):
    StudentFactory()

    response = support_client().get(changelist("students_student", school=asked))

    assert response.context["cl"].result_count == 0


def test_no_list_can_be_filtered_by_a_name_in_the_url():
    student = StudentFactory()

    response = support_client(looks_at=[student.school]).get(
        changelist("students_student", school=student.school_id, surname__startswith="Oko")
    )

    assert response.status_code == 400


@pytest.mark.parametrize("name", ["students_student", "classes_schoolclass"])
def test_a_filter_offers_only_the_chosen_schools_values(name):
    make = {"students_student": StudentFactory, "classes_schoolclass": SchoolClassFactory}[name]
    ours, other = make(year_group="8"), make(year_group="13")
    another = make(school=ours.school, year_group="7")
    client = support_client(looks_at=[ours.school, other.school])

    offered = client.get(changelist(name, school=ours.school_id))
    chosen = client.get(changelist(name, school=ours.school_id, year_group="7"))

    (years,) = [spec.lookup_choices for spec in offered.context["cl"].filter_specs if spec.title == "year group"]
    assert list(years) == ["7", "8"]
    assert [row.pk for row in chosen.context["cl"].result_list] == [another.pk]


# --- Searching ---------------------------------------------------------------------------------------------------


def search(client, url, term):
    return client.post(url, {"search_for": term}, follow=True)


def test_what_is_searched_for_stays_out_of_every_url():
    asha = StudentFactory(surname="Patel-Quine", forename="Asha", sort_name="patel-quine asha")
    StudentFactory(school=asha.school)
    client = support_client(looks_at=[asha.school])

    response = search(client, changelist("students_student", school=asha.school_id), "Patel-Quine")

    assert [row.pk for row in response.context["cl"].result_list] == [asha.pk]
    assert "atel" not in response.redirect_chain[-1][0]
    assert not [line for line in response.text.split('href="')[1:] if "atel" in line.split('"')[0]]


@pytest.mark.parametrize("term", ["o briain", "Briain Sean", "S0000000777", "A12345678901"])
def test_students_are_found_by_folded_name_by_wonde_id_and_by_upn(term):
    sean = StudentFactory(
        surname="Ó Briain", forename="Seán", sort_name="o briain sean", wonde_id="S0000000777", upn="A12345678901"
    )
    StudentFactory(school=sean.school)
    client = support_client(looks_at=[sean.school])

    response = search(client, changelist("students_student", school=sean.school_id), term)

    assert [row.pk for row in response.context["cl"].result_list] == [sean.pk]


@pytest.mark.parametrize("term", ["ONeill", "o’neill Sean", "Neill", "Sean O Neill"])
def test_students_and_staff_are_found_with_or_without_their_apostrophe(term):
    school = SchoolFactory()
    rows = [
        (StudentFactory(school=school, surname="O'Neill", forename="Seán"), "students_student"),
        (EmployeeFactory(school=school, surname="O’Neill", forename="Seán"), "schools_employee"),
    ]
    client = support_client(looks_at=[school])

    for row, model in rows:
        response = search(client, changelist(model, school=school.pk), term)
        assert [found.pk for found in response.context["cl"].result_list] == [row.pk]


@pytest.mark.parametrize("term", ["st aldhelms", "ALDHELM’S", "st. aldhelm's", "aldhelmsschool"])
def test_a_school_is_found_with_or_without_its_apostrophe(term):
    SyncSettingsFactory()
    school = SyncSettingsFactory(school__name="St. Aldhelm's School").school

    response = search(support_client(), changelist("schools_school"), term)

    assert response.redirect_chain[-1][0] == change(school)


def test_a_search_belongs_to_the_person_who_typed_it():
    student = StudentFactory()
    url = changelist("students_student", school=student.school_id)
    found = search(support_client(looks_at=[student.school]), url, student.surname).redirect_chain[-1][0]

    response = support_client(looks_at=[student.school]).get(found)

    assert response.context["cl"].result_count == 0
    assert "Type it again" in response.text


def test_a_word_typed_into_the_url_finds_nothing():
    student = StudentFactory()

    response = support_client(looks_at=[student.school]).get(
        changelist("students_student", school=student.school_id, q=student.surname)
    )

    assert response.context["cl"].result_count == 0


# --- Children ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["students_student", "classes_enrolment", "sync_change", "sync_hold"])
def test_children_are_shown_only_after_a_reason(name):
    stay = EnrolmentFactory()
    ChangeFactory(school=stay.school, row_id=stay.student_id)
    HoldFactory(school=stay.school, row_id=stay.student_id)
    client = support_client()
    url = changelist(name, school=stay.school_id)

    before = client.get(url)
    after = client.post(url, {"looking": REASON}, follow=True)

    assert stay.student.surname not in before.text
    assert stay.student.surname in after.text
    assert AuditEntry.objects.filter(school=stay.school, actor=client.user, reason=REASON).count() == 1


def test_every_opening_of_a_childs_record_is_noted_with_the_reason():
    student = StudentFactory()
    client = support_client(looks_at=[student.school])

    client.get(change(student))

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.verb, entry.kind, entry.object_id, entry.school, entry.reason) == (
        client.user, "opened", "student", student.pk, student.school, REASON,
    )  # fmt: skip


def test_a_childs_record_is_not_opened_without_a_reason():
    student = StudentFactory()

    response = support_client().get(change(student))

    assert student.surname not in response.text
    assert not AuditEntry.objects.exists()


def test_upn_and_upi_are_not_on_any_page():
    student = StudentFactory(upn="Z98765432100", upi="f00ba4f00ba4")
    EnrolmentFactory(student=student, school=student.school, school_class__school=student.school)
    client = support_client(looks_at=[student.school])

    pages = [client.get(change(student)), client.get(changelist("students_student", school=student.school_id))]

    for page in pages:
        assert page.status_code == 200
        assert "Z98765432100" not in page.text
        assert "f00ba4" not in page.text


# --- Read-only ---------------------------------------------------------------------------------------------------

MIRRORED = [
    "students_student", "schools_employee", "classes_schoolclass", "classes_enrolment", "sync_syncrun", "sync_change",
    "sync_hold", "schools_auditentry", "parents_contact", "parents_block", "parents_weeklymail",
    "parents_mailhold",
    "students_weeklyprogress",
]  # fmt: skip


@pytest.mark.parametrize("name", MIRRORED)
def test_what_is_synced_cannot_be_added_changed_or_deleted(name, rf):
    app, model = name.split("_")
    model_admin = next(a for m, a in admin.site._registry.items() if m._meta.label_lower == f"{app}.{model}")
    request = rf.get("/")
    request.user = SupportFactory()

    assert not model_admin.has_add_permission(request)
    assert not model_admin.has_change_permission(request)
    assert not model_admin.has_delete_permission(request)
    assert "delete_selected" not in model_admin.get_actions(request)


def test_a_post_to_a_students_record_changes_nothing():
    student = StudentFactory()

    response = support_client(looks_at=[student.school]).post(change(student), {"surname": "Changed"})

    student.refresh_from_db()
    assert response.status_code == 403
    assert student.surname != "Changed"


def test_only_what_is_meant_for_it_is_in_the_admin():
    assert {model._meta.label for model in admin.site._registry} == {
        "schools.ApiToken", "schools.ApiRead", "schools.School", "schools.User", "schools.Employee",
        "schools.Invitation", "schools.Erasure",
        "schools.AuditEntry", "schools.OutgoingMail", "schools.SchoolGroup", "schools.Proposal", "schools.Acceptance",
        "students.Student", "classes.SchoolClass", "classes.Enrolment", "classes.ImportRequest",
        "sync.SyncRun", "sync.Change", "sync.Hold", "sync.Hook", "students.WeeklyProgress",
        "parents.Contact", "parents.Block", "parents.MailHold", "parents.MailSettings",
        "parents.WeeklyMail",
    }  # fmt: skip


def test_every_list_says_how_it_searches_orders_and_joins():
    for model, model_admin in admin.site._registry.items():
        assert model_admin.search_fields, model
        assert model_admin.ordering, model
        assert model_admin.list_select_related, model


# --- Counting queries --------------------------------------------------------------------------------------------


def rows_of(name, school, number):
    make = {
        "schools_school": lambda: SyncSettingsFactory(),
        "schools_user": lambda: LeadRightFactory(),
        "schools_employee": lambda: TeacherFactory(school=school),
        "schools_invitation": lambda: EmployeeFactory(school=school).invitations.create(
            school=school, email=f"p{number}@example.org", invited_by=SupportFactory()
        ),
        "schools_auditentry": lambda: AuditEntry.objects.note(SupportFactory(), "opened", school, school),
        "students_student": lambda: EnrolmentFactory(
            school_class=SchoolClassFactory(school=school),
            student=StudentFactory(school=school, user=StudentUserFactory(school=school)),
        ),
        "classes_schoolclass": lambda: TeachingFactory(school_class__school=school),
        "classes_enrolment": lambda: EnrolmentFactory(school_class__school=school),
        "sync_syncrun": lambda: SyncRunFactory(school=school, counts={"students": {"create": 3}}),
        "sync_change": lambda: ChangeFactory(run__school=school),
        "sync_hold": lambda: HoldFactory(run__school=school),
        "parents_contact": lambda: ContactFactory(school=school),
        "students_weeklyprogress": lambda: WeeklyProgressFactory(student__school=school),
    }[name]
    return make()


@pytest.mark.parametrize(
    "name",
    ["schools_school", "schools_user", "schools_invitation", "schools_employee", "schools_auditentry",
     "students_student", "classes_schoolclass", "classes_enrolment", "sync_syncrun", "sync_change", "sync_hold",
     "parents_contact", "students_weeklyprogress"],
)  # fmt: skip
def test_a_list_takes_the_same_number_of_queries_for_one_row_and_twenty(name, django_assert_num_queries):
    school = SyncSettingsFactory().school
    client = support_client(looks_at=[school])
    url = changelist(name) if name in {"schools_school", "schools_user"} else changelist(name, school=school.pk)
    rows_of(name, school, 0)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as one:
        assert client.get(url).status_code == 200
    for number in range(1, 20):
        rows_of(name, school, number)

    with django_assert_num_queries(len(one)):
        response = client.get(url)

    assert response.context["cl"].result_count >= 20
    assert len(one) <= 13


# --- Actions -----------------------------------------------------------------------------------------------------


def act(client, name, action, *rows, **params):
    return client.post(changelist(name, **params), {"action": action, "_selected_action": [row.pk for row in rows]})


def everything_in(page):
    """What a browser would post from an untouched change form."""
    data = {}
    for formset in page.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        data |= {management.add_prefix(key): value for key, value in management.initial.items()}
        for form in formset.formset.initial_forms:
            data |= {form.add_prefix(key): form[key].value() for key in form.fields}
    form = page.context["adminform"].form
    data |= {key: form[key].value() for key in form.fields}
    as_text = {key: "\n".join(value) if isinstance(value, list) else value for key, value in data.items()}
    return {key: value for key, value in as_text.items() if value not in (None, False)}


@pytest.fixture
def school():
    return SyncSettingsFactory(school=LeadRightFactory().school).school


def page_of(school, tab):
    return reverse(f"admin:schools_school_{tab}", args=[school.pk])


def test_a_lead_right_is_withdrawn_with_a_note(school):
    client, right = support_client(), LeadRight.objects.get()
    stays = LeadRightFactory(school=school)
    entered = everything_in(client.get(page_of(school, "leads"))) | {"lead_rights-0-DELETE": "on"}

    client.post(page_of(school, "leads"), entered)

    assert LeadRight.objects.get() == stays
    assert AuditEntry.objects.filter(verb="withdrew the lead right of", object_id=right.user_id, school=school).exists()


@pytest.mark.parametrize("other", [None, {"user__is_active": False}])
def test_a_schools_last_lead_stays_until_there_is_another(school, other):
    client = support_client()
    if other:
        LeadRightFactory(school=school, **other)
    entered = everything_in(client.get(page_of(school, "leads"))) | {"lead_rights-0-DELETE": "on"}

    page = client.post(page_of(school, "leads"), entered)

    assert "A school keeps at least one lead. Make somebody else a school lead first" in words(page)
    assert "Invite a school lead" in words(page)
    assert LeadRight.objects.filter(user__is_active=True).exists()
    assert not AuditEntry.objects.filter(verb="withdrew the lead right of").exists()


def test_the_policy_of_a_school_is_changed_line_by_line_with_a_note(school):
    client = support_client()
    entered = everything_in(client.get(page_of(school, "settings"))) | {
        "sync_settings-0-subjects": "Ma\r\n Maths, further \r\n\r\n",
        "sync_settings-0-year_groups": "",
        "sync_settings-0-year_ends": "07-20",
        "invites_teachers": "on",
    }

    client.post(page_of(school, "settings"), entered)

    school.refresh_from_db()
    assert school.sync_settings.subjects == ["Ma", "Maths, further"]
    assert school.sync_settings.year_groups == []
    assert school.sync_settings.year_ends == "07-20"
    assert school.invites_teachers
    entry = AuditEntry.objects.get(verb="changed")
    assert (entry.actor, entry.school) == (client.user, school)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timezone", "Europe/Nowhere"),
        ("sync_settings-0-year_starts", "31-12"),
        ("sync_settings-0-year_ends", "July"),
        ("sync_settings-0-kind_share", "101"),
    ],
)
def test_settings_that_would_break_a_night_are_refused(school, field, value):
    client = support_client()
    entered = everything_in(client.get(page_of(school, "settings"))) | {field: value}

    response = client.post(page_of(school, "settings"), entered)

    assert response.status_code == 200
    assert response.context["errors"]


def test_preview_and_sync_now_are_queued_after_commit_with_who_asked(school, django_capture_on_commit_callbacks):
    client = support_client()

    for action in ("preview", "sync_now"):
        with django_capture_on_commit_callbacks(execute=True):
            act(client, "schools_school", action, school)

    assert [each[1:] for each in queued()] == [
        ("sync.tasks.preview_school", [school.pk, client.user.pk, False], {}),
        ("sync.tasks.sync_school", [school.pk], {"asked_by_id": client.user.pk, "trigger": "person"}),
    ]


def test_users_lists_email_logins_and_no_students():
    student = StudentUserFactory()
    teacher = TeacherFactory().user

    response = support_client().get(changelist("schools_user"))

    listed = {row.pk for row in response.context["cl"].result_list}
    assert teacher.pk in listed
    assert student.pk not in listed


def test_only_a_superuser_can_make_support():
    helper, teacher = SupportFactory(is_superuser=False), TeacherFactory().user

    support_client(helper).post(change(teacher), {"is_staff": "on", "is_active": "on"})

    assert not User.objects.get(pk=teacher.pk).is_staff


def test_people_cannot_change_their_own_login_in_the_admin():
    client = support_client()

    response = client.post(change(client.user), {"is_active": "on"})

    assert response.status_code == 403


def test_removing_a_second_factor_is_asked_for_on_its_logins_page_and_needs_a_second_person():
    teacher, client, second = TeacherFactory().user, support_client(), support_client()
    with_second_factor(teacher)
    ask = reverse("admin:schools_user_factor", args=[teacher.pk])

    assert ask in client.get(change(teacher)).text
    client.post(ask, {"why": "lost the phone, rang from the school"})
    assert teacher.authenticator_set.exists()
    second.post(change(Proposal.objects.get()), {"do": "confirm"})

    assert not teacher.authenticator_set.exists()
    assert AuditEntry.objects.filter(object_id=teacher.pk, verb="removed the second factor of").exists()


def test_people_cannot_ask_to_remove_their_own_second_factor_or_one_beyond_their_rights():
    helper, chief = SupportFactory(is_superuser=False), SupportFactory()
    with_second_factor(chief)

    for user, whose in ((helper, chief), (helper, helper), (chief, chief)):
        address = reverse("admin:schools_user_factor", args=[whose.pk])
        assert support_client(user).post(address, {"why": "lost it"}).status_code == 404
    assert not Proposal.objects.exists()
