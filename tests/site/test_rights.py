"""What each person in support may do: by task and by group of schools, at every URL of the admin and of a school."""

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from classes.models import ImportRequest
from parents.models import Block, MailHold, MailSettings, WeeklyMail
from schools.access import rights
from schools.models import AuditEntry, Invitation, OutgoingMail, SchoolGroup, SupportRight, Task, User
from tests.factories import (
    AcceptanceFactory,
    ApiReadFactory,
    ApiTokenFactory,
    ChangeFactory,
    ContactFactory,
    EmployeeFactory,
    EnrolmentFactory,
    ErasureFactory,
    HoldFactory,
    HookFactory,
    ImportRequestFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    UserFactory,
    WeeklyProgressFactory,
)
from tests.tools.broker import queued
from tests.tools.people import signed_in, support_client, with_second_factor

pytestmark = pytest.mark.django_db

# The admin's lists by the task that opens them. The list of schools opens to any task; groups to superusers.
LISTS = {
    Task.LOOK: {
        "schools_employee", "schools_auditentry", "students_student", "students_weeklyprogress", "classes_schoolclass",
        "classes_enrolment", "sync_syncrun", "sync_change", "sync_hold", "parents_contact", "parents_block",
        "parents_mailhold", "parents_mailsettings", "parents_weeklymail", "schools_outgoingmail", "sync_hook",
        "schools_acceptance", "schools_apiread", "schools_erasure",
    },
    Task.REQUESTS: {"classes_importrequest"},
    Task.SIGN_INS: {"schools_user", "schools_invitation"},
    Task.TOKENS: {"schools_apitoken"},
}  # fmt: skip
EVERY = set().union(*LISTS.values())
OF_TWO = {Task.EXPORT, Task.ERASE, Task.SIGN_INS}  # each opens its own part of the list of actions for two people
# A school's own pages that open to support, by task.
PAGES = {
    Task.LOOK: {
        "sync:school", "sync:read", "sync:held", "sync:held_csv", "sync:decided", "sync:decided_csv", "sync:preview",
        "sync:history", "sync:september", "sync:changing_mis", "sync:left", "sync:erasures", "sync:left_out",
        "sync:audit", "sync:why", "sync:fields", "sync:sharing", "sync:review", "sync:wcbs", "sync:copies",
        "schools:start", "parents:overview", "parents:mails", "students:wrong_tries", "students:list",
    },
    Task.DECIDE: {"sync:new_year", "sync:change_of_mis", "sync:second", "sync:somebody_else", "sync:settings"},
    Task.REQUESTS: {"sync:import", "sync:import_template"},
    Task.SIGN_INS: {"sync:staff", "schools:authorisers"},
    Task.ERASE: {"sync:stop"},
}  # fmt: skip


def of(task, *schools):
    """A browser of support that may only do `task`, for `schools` or for all, and has said why it is looking there."""
    chosen = {"rights__schools": schools} if schools else {}
    tasks = [task] if task else []
    user = SupportFactory(is_superuser=False, rights__tasks=tasks, **chosen)
    return support_client(user, looks_at=schools)


def row_at(name, school):
    """A row of `school` in the list `name` of the admin."""
    return {
        "schools_school": lambda: school,
        "schools_user": lambda: LeadRightFactory(school=school).user,
        "schools_employee": lambda: EmployeeFactory(school=school),
        "schools_invitation": lambda: Invitation.objects.create(school=school, email=f"i{school.pk}@example.org"),
        "schools_acceptance": lambda: AcceptanceFactory(school=school),
        "schools_erasure": lambda: ErasureFactory(school=school),
        "schools_auditentry": lambda: AuditEntry.objects.note(None, "opened", school, school),
        "schools_apiread": lambda: ApiReadFactory(school=school),
        "schools_apitoken": lambda: token_of(school),
        "schools_outgoingmail": lambda: OutgoingMail.objects.create(
            letter="notice", school=school, due_at=timezone.now(), until=timezone.now()
        ),
        "students_student": lambda: StudentFactory(school=school),
        "students_weeklyprogress": lambda: WeeklyProgressFactory(student__school=school),
        "classes_schoolclass": lambda: SchoolClassFactory(school=school),
        "classes_enrolment": lambda: EnrolmentFactory(school_class__school=school),
        "classes_importrequest": lambda: ImportRequestFactory(school=school),
        "sync_syncrun": lambda: SyncRunFactory(school=school),
        "sync_change": lambda: ChangeFactory(run__school=school),
        "sync_hold": lambda: HoldFactory(run__school=school),
        "sync_hook": lambda: HookFactory(school=school),
        "parents_contact": lambda: ContactFactory(school=school),
        "parents_block": lambda: Block.objects.create(
            school=school, student=StudentFactory(school=school), cause=Block.Cause.COURT_ORDER, key_number=1
        ),
        "parents_mailhold": lambda: hold_of(school),
        "parents_mailsettings": lambda: MailSettings.objects.create(school=school),
        "parents_weeklymail": lambda: WeeklyMail.objects.create(
            school=school,
            iso_year=2026,
            iso_week=40,
            key_number=1,
            contacts=[],
            students=[],
            made_at=timezone.now(),
            next_try_at=timezone.now(),
            changed_at=timezone.now(),
            until=timezone.now(),
        ),
    }[name]()


def token_of(school):
    token = ApiTokenFactory(every_school=False)
    token.schools.add(school)
    return token


def hold_of(school):
    now = timezone.now()
    return MailHold.objects.create(school=school, cause=MailHold.Cause.OURS, since=now, refused_at=now, until=now)


def changelist(name):
    return reverse(f"admin:{name}_changelist")


def listed(client, name, **params):
    response = client.get(changelist(name), params)
    return {row.pk for row in response.context["cl"].result_list} if response.status_code == 200 else None


def names_of_admin():
    return {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}


@pytest.fixture
def schools():
    return SyncSettingsFactory().school, SyncSettingsFactory(school__name="Elsewhere School").school


# --- By task -----------------------------------------------------------------------------------------------------


def test_every_list_of_the_admin_has_the_task_that_opens_it():
    assert EVERY | {"schools_school", "schools_schoolgroup", "schools_proposal"} == names_of_admin()


@pytest.mark.parametrize("task", Task)
def test_a_task_opens_only_its_own_lists(task, schools):
    client = of(task, schools[0])

    opened = {name for name in EVERY if client.get(changelist(name)).status_code == 200}

    assert opened == LISTS.get(task, set())
    assert client.get(changelist("schools_school")).status_code == 200
    assert client.get(changelist("schools_schoolgroup")).status_code == 403
    assert client.get(changelist("schools_proposal")).status_code == (200 if task in OF_TWO else 403)


@pytest.mark.parametrize("task", Task)
def test_a_task_opens_only_its_own_pages_of_a_school(task, schools):
    client = of(task, schools[0])

    opened = {
        name
        for names in PAGES.values()
        for name in names
        if client.get(reverse(name, args=[schools[0].code])).status_code == 200
    }

    assert opened == PAGES.get(task, set())


def test_a_support_login_without_a_right_sees_nothing(schools):
    client = of(None)

    opened = {name for name in names_of_admin() if client.get(changelist(name)).status_code != 403}
    pages = {name for names in PAGES.values() for name in names}
    met = {client.get(reverse(name, args=[schools[0].code])).status_code for name in pages}

    assert opened == set()
    assert met == {404}
    assert "A superuser of support gives rights" in client.get(changelist("schools_school")).text


def test_a_superuser_without_rights_can_give_rights_but_sees_no_school(schools):
    client = support_client(SupportFactory(rights__tasks=[]))

    opened = {name for name in names_of_admin() if client.get(changelist(name)).status_code == 200}

    assert opened == {"schools_user", "schools_schoolgroup", "schools_proposal"}
    assert client.get(reverse("sync:school", args=[schools[0].code])).status_code == 404


def test_a_login_that_is_no_longer_support_cannot_use_its_rights(schools):
    user = SupportFactory()
    User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False)
    user = User.objects.get(pk=user.pk)

    assert not rights.may(user, Task.LOOK, schools[0])
    assert not rights.anywhere(user, Task.LOOK)


# --- By group of schools -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(EVERY | {"schools_school"}))
def test_support_for_a_group_lists_and_opens_only_its_schools_rows(name, schools):
    mine, other = (row_at(name, school) for school in schools)
    client = support_client(
        SupportFactory(is_superuser=False, rights__schools=schools[:1]), looks_at=[schools[0], schools[1]]
    )

    of_one_school = name not in {"schools_school", "schools_user", "schools_apitoken"}
    chosen, foreign = ({"school": school.pk} if of_one_school else {} for school in schools)
    assert mine.pk in listed(client, name, **chosen, **all_of(name))
    assert other.pk not in listed(client, name, **all_of(name))
    assert other.pk not in listed(client, name, **foreign, **all_of(name))
    assert client.get(reverse(f"admin:{name}_change", args=[mine.pk])).status_code == 200
    page = client.get(reverse(f"admin:{name}_change", args=[other.pk]), follow=True)
    assert page.status_code == 404 or page.request["PATH_INFO"] == reverse("admin:index")
    assert schools[1].name not in page.text


def all_of(name):
    """The query that shows all states in a list that hides some."""
    return {"state": "all"} if name == "classes_importrequest" else {}


@pytest.mark.parametrize("name", sorted(EVERY | {"schools_school"}))
def test_no_action_reaches_rows_of_schools_beyond_somebodys_rights(name, schools, django_capture_on_commit_callbacks):
    other = row_at(name, schools[1])
    client = support_client(SupportFactory(is_superuser=False, rights__schools=schools[:1]))
    model_admin = next(one for model, one in admin.site._registry.items() if model is type(other))
    before = type(other).objects.filter(pk=other.pk).values().get()
    for action in model_admin.actions or ():
        for address in (changelist(name), f"{changelist(name)}?school={schools[1].pk}"):
            with django_capture_on_commit_callbacks() as started:
                client.post(address, {"action": action, "_selected_action": [other.pk]})
            assert not started

    assert type(other).objects.filter(pk=other.pk).values().get() == before
    assert not AuditEntry.objects.filter(school=schools[1]).exclude(verb="opened").exists()


def test_an_action_applies_only_where_its_own_task_is_held(schools, django_capture_on_commit_callbacks):
    user = SupportFactory(rights__tasks=[Task.LOOK])
    group = SchoolGroup.objects.create(name="Coast Trust")
    group.schools.add(schools[0])
    rights.grant(user, [Task.DECIDE], group)
    both = {"action": "sync_now", "_selected_action": [school.pk for school in schools]}

    with django_capture_on_commit_callbacks(execute=True):
        support_client(user).post(changelist("schools_school"), both)

    assert [task.args for task in queued()] == [[schools[0].pk]]


@pytest.mark.parametrize("page", ["mail", "mail_html", "reveal", "switch", "block"])
def test_a_contacts_pages_open_only_to_support_for_their_school(page, schools):
    theirs = ContactFactory(school=schools[1])
    client = support_client(SupportFactory(rights__schools=schools[:1]), looks_at=schools)

    assert client.get(reverse(f"admin:parents_contact_{page}", args=[theirs.pk])).status_code == 404


@pytest.mark.parametrize(
    ("page", "task"),
    [("mail", Task.LOOK), ("reveal", Task.REVEAL), ("switch", Task.DECIDE), ("block", Task.DECIDE)],
)
def test_each_page_of_a_contact_needs_its_task_and_is_offered_only_with_it(page, task, schools):
    contact = ContactFactory(school=schools[0])
    address = reverse(f"admin:parents_contact_{page}", args=[contact.pk])
    looks = [Task.LOOK] if task != Task.LOOK else [Task.REVEAL]
    with_it = support_client(SupportFactory(rights__tasks={Task.LOOK, task}), looks_at=schools)
    without = support_client(SupportFactory(rights__tasks=looks), looks_at=schools)

    assert with_it.get(address).status_code == 200
    assert without.get(address).status_code in {403, 404}
    record = reverse("admin:parents_contact_change", args=[contact.pk])
    assert address in with_it.get(record).text
    assert address not in without.get(record).text


def test_a_hold_on_all_mail_is_for_support_for_every_school(schools):
    hold = hold_of(None)
    client = support_client(SupportFactory(rights__schools=schools))

    assert listed(client, "parents_mailhold") == set()
    assert client.get(reverse("admin:parents_mailhold_end", args=[hold.pk])).status_code == 404


def test_support_that_may_look_but_not_decide_is_offered_no_decision(schools):
    looks = support_client(SupportFactory(rights__tasks=[Task.LOOK]), looks_at=schools)
    hold = hold_of(schools[0])
    end = reverse("admin:parents_mailhold_end", args=[hold.pk])

    assert end not in looks.get(reverse("admin:parents_mailhold_change", args=[hold.pk])).text
    assert looks.get(end).status_code == 404
    assert "sync_now" not in looks.get(changelist("schools_school")).text
    assert (
        reverse("sync:read", args=[schools[0].code])
        not in looks.get(reverse("sync:school", args=[schools[0].code])).text
    )
    assert looks.post(reverse("sync:read", args=[schools[0].code])).status_code == 404
    assert looks.post(reverse("sync:preview", args=[schools[0].code]), {"fingerprint": "x"}).status_code == 404
    assert looks.get(reverse("admin:schools_school_change", args=[schools[0].pk])).status_code == 200
    assert looks.post(reverse("admin:schools_school_settings", args=[schools[0].pk]), {"code": "x"}).status_code == 403
    assert looks.post(reverse("admin:schools_school_leads", args=[schools[0].pk]), {}).status_code == 403


def test_only_support_for_every_school_can_add_a_school(schools):
    add = reverse("admin:schools_school_add")

    assert support_client(SupportFactory(rights__schools=schools)).get(add).status_code == 403
    assert support_client(SupportFactory(rights__tasks=[Task.SIGN_INS])).get(add).status_code == 200


def test_a_login_at_two_schools_shows_only_the_viewers_own_and_cannot_be_changed(schools):
    user = LeadRightFactory(school=schools[0]).user
    LeadRightFactory(school=schools[1], user=user)
    client = support_client(SupportFactory(is_superuser=False, rights__schools=schools[:1]))
    address = reverse("admin:schools_user_change", args=[user.pk])

    page = client.get(address)
    refused = client.post(address, {})

    assert schools[0].name in page.text
    assert schools[1].name not in page.text
    assert refused.status_code == 403
    assert User.objects.get(pk=user.pk).is_active


def test_support_for_one_group_cannot_answer_a_request_to_another(schools):
    asked = ImportRequestFactory(school=schools[1])
    client = support_client(SupportFactory(rights__schools=schools[:1]))

    answered = client.post(
        reverse("admin:classes_importrequest_change", args=[asked.pk]), {"do": "decline", "answer": "no"}
    )

    assert answered.status_code == 404
    assert ImportRequest.objects.get(pk=asked.pk).state == ImportRequest.State.WAITING


# --- Giving and taking -------------------------------------------------------------------------------------------


def right_forms(user, *new, gone=()):
    """What the browser posts from the rights beside a login."""
    kept = list(user.support_rights.order_by("group__name", "task"))
    data = {
        "is_active": "on",
        "is_staff": "on",
        "support_rights-TOTAL_FORMS": len(kept) + len(new),
        "support_rights-INITIAL_FORMS": len(kept),
    }
    for number, right in enumerate(kept):
        data |= {f"support_rights-{number}-id": right.pk, f"support_rights-{number}-user": user.pk}
        if right.task in gone:
            data[f"support_rights-{number}-DELETE"] = "on"
    for number, (task, group) in enumerate(new, len(kept)):
        data |= {
            f"support_rights-{number}-user": user.pk,
            f"support_rights-{number}-task": task,
            f"support_rights-{number}-group": group.pk if group else "",
        }
    return data


def test_a_superuser_gives_and_takes_rights_with_a_note(schools):
    group = SchoolGroup.objects.create(name="Coast Trust")
    group.schools.add(schools[0])
    helper, client = SupportFactory(is_superuser=False, rights__tasks=[Task.ERASE]), support_client()
    address = reverse("admin:schools_user_change", args=[helper.pk])

    assert client.post(address, right_forms(helper, (Task.LOOK, group), gone=[Task.ERASE])).status_code == 302

    right = SupportRight.objects.get(user=helper)
    assert (right.task, right.group, right.granted_by) == (Task.LOOK, group, client.user)
    given = AuditEntry.objects.filter(verb="gave the support right", actor=client.user, object_id=helper.pk)
    assert {entry.school for entry in given} == {None, schools[0]}
    assert AuditEntry.objects.filter(verb="took the support right", school=None, object_id=helper.pk).exists()


def test_superusers_cannot_give_themselves_a_right():
    client = support_client(SupportFactory(rights__tasks=[Task.SIGN_INS]))

    posted = client.post(
        reverse("admin:schools_user_change", args=[client.user.pk]), right_forms(client.user, (Task.EXPORT, None))
    )

    assert posted.status_code == 403
    assert not SupportRight.objects.filter(task=Task.EXPORT).exists()


def test_only_a_superuser_gives_rights():
    helper, client = SupportFactory(rights__tasks=[]), support_client(SupportFactory(is_superuser=False))

    posted = client.post(reverse("admin:schools_user_change", args=[helper.pk]), right_forms(helper, (Task.LOOK, None)))

    assert posted.status_code == 403
    assert not helper.support_rights.exists()


def test_a_right_given_twice_is_one_right():
    helper, client = SupportFactory(is_superuser=False, rights__tasks=[Task.LOOK]), support_client()

    client.post(reverse("admin:schools_user_change", args=[helper.pk]), right_forms(helper, (Task.LOOK, None)))

    assert helper.support_rights.count() == 1


def test_a_group_is_its_schools_and_each_can_read_when_it_was_added_or_taken_out(schools):
    client = support_client()
    client.post(reverse("admin:schools_schoolgroup_add"), {"name": "Coast Trust", "codes": schools[0].code.upper()})
    group = SchoolGroup.objects.get()
    assert list(group.schools.all()) == [schools[0]]

    address = reverse("admin:schools_schoolgroup_change", args=[group.pk])
    assert schools[0].code in client.get(address).text
    client.post(address, {"name": "Coast Trust", "codes": schools[1].code})

    assert list(group.schools.all()) == [schools[1]]
    noted = AuditEntry.objects.filter(actor=client.user, school__in=schools).values_list("school", "verb")
    came, went = "put into a group", "took out of a group"
    assert set(noted) == {(schools[0].pk, came), (schools[0].pk, went), (schools[1].pk, came)}


def test_a_group_can_be_deleted_only_if_no_right_depends_on_it():
    group, client = SchoolGroup.objects.create(name="Coast Trust"), support_client()
    rights.grant(SupportFactory(), [Task.LOOK], group)
    delete = reverse("admin:schools_schoolgroup_delete", args=[group.pk])

    assert client.post(delete, {"post": "yes"}).status_code == 403
    SupportRight.objects.filter(group=group).delete()
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not SchoolGroup.objects.exists()


def test_a_right_is_given_only_to_support():
    with pytest.raises(rights.RightRefusedError, match="is not support"):
        rights.grant(UserFactory(), [Task.LOOK])


def test_the_first_support_login_may_do_everything_through_rights_that_can_be_taken_away():
    user = User.objects.create_superuser("first@example.org", "x")
    assert set(user.support_rights.values_list("task", flat=True)) == set(Task)

    rights.take(user, [Task.REVEAL])

    assert not rights.anywhere(User.objects.get(pk=user.pk), Task.REVEAL)


def test_a_teacher_or_lead_is_not_support_whatever_rows_there_are(schools):
    lead = LeadRightFactory(school=schools[0]).user
    SupportRight.objects.create(user=lead, task=Task.LOOK)

    assert signed_in(lead).get(reverse("sync:school", args=[schools[1].code])).status_code == 404


# --- From the server ---------------------------------------------------------------------------------------------


def test_the_operator_gives_shows_and_takes_rights_on_the_server(capsys, schools):
    helper = SupportFactory(rights__tasks=[])
    SchoolGroup.objects.create(name="Coast Trust").schools.add(schools[0])

    call_command("support_rights", helper.email, "give", "look", "reveal", "--group", "Coast Trust")
    call_command("support_rights", helper.email.upper(), "take", "reveal", "--group", "Coast Trust")

    assert capsys.readouterr().out.splitlines()[-1].split() == ["look", "Coast", "Trust"]
    assert [right.task for right in helper.support_rights.all()] == [Task.LOOK]
    assert AuditEntry.objects.filter(actor=None, school=schools[0], object_id=helper.pk).count() == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody@example.org"], "No support login"),
        (["{}", "give", "everything"], "No task is called everything"),
        (["{}", "give"], "Name tasks"),
        (["{}", "give", "look", "--group", "X"], "No group of schools is called X"),
    ],
)
def test_what_the_operator_mistypes_changes_nothing_and_is_pointed_out(words, said):
    helper = SupportFactory(rights__tasks=[])

    with pytest.raises(CommandError, match=said):
        call_command("support_rights", *[word.format(helper.email) for word in words])

    assert not helper.support_rights.exists()


def test_the_operator_removes_a_second_factor_with_a_note_and_ends_the_sessions(schools):
    lead = LeadRightFactory(school=schools[0]).user
    with_second_factor(lead)
    client = signed_in(lead)

    call_command("remove_second_factor", lead.email, "--reason", "phone stolen")

    assert not lead.authenticator_set.exists()
    assert client.get(reverse("sync:school", args=[schools[0].code])).status_code == 302
    entry = AuditEntry.objects.get(verb="removed the second factor of")
    assert (entry.actor, entry.school, entry.reason) == (None, schools[0], "phone stolen")
    for email in (lead.email, "nobody@example.org"):
        with pytest.raises(CommandError):
            call_command("remove_second_factor", email, "--reason", "again")
