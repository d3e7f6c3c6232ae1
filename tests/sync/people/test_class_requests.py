"""Support's answer: what passes, what is refused, and that two at once cannot put a student into two classes."""

import threading

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse

from classes import requests
from classes.models import Choice, ImportRequest, SchoolClass
from schools.mail import outgoing
from sync.needs import noting
from sync.people import class_requests
from sync.people.class_requests import ApprovalRefusedError, Settlement
from tests.factories import (
    ClassOutFactory,
    EnrolmentFactory,
    ImportRequestFactory,
    SchoolClassFactory,
    SupportFactory,
    SyncSettingsFactory,
)
from tests.tools.answering import answered, looked_at
from tests.tools.pages import words
from tests.tools.people import support_client


def request_for(read_school, *names, wish="in"):
    classes = [read_school.find(name) for name in names]
    return ImportRequestFactory(school=read_school.row, classes=classes, wish=wish)


def look(request):
    return class_requests.look(request, class_requests.read(request) if request.wish == "in" else class_requests.Read())


def approve(request, settlement=Settlement(), looked=None):  # noqa: B008
    looked = looked or look(request)
    class_requests.approve(request, SupportFactory(), looked.check.fingerprint, settlement, looked)


def everybody_left_out(check, school_class):
    return frozenset((double.student, school_class.pk) for double in check.doubles)


def test_a_class_whose_students_are_in_others_is_not_approved_as_it_is(read_school):
    request = request_for(read_school, "Ma Intervention Y8")

    with pytest.raises(ApprovalRefusedError, match="would be in two classes"):
        approve(request)

    request.refresh_from_db()
    assert request.state == "waiting"
    assert read_school.find("Ma Intervention Y8").decision == ""


def test_approved_with_named_students_left_out_the_class_comes_in_and_the_next_night_changes_nothing(read_school):
    group = read_school.find("Ma Intervention Y8")
    extra = read_school.row.students.exclude(wonde_id__in=group.member_ids).first()
    read_school.put_members(group, {*group.member_ids, extra.wonde_id})
    request = request_for(read_school, "Ma Intervention Y8")
    looked = look(request)
    stay = frozenset(pair for pair in everybody_left_out(looked.check, group) if pair[0] != extra.wonde_id)
    stay |= {
        (extra.wonde_id, key) for d in looked.check.doubles if d.student == extra.wonde_id for key in d.classes[:1]
    }

    approve(request, Settlement("Extra lessons", stay), looked)
    first = read_school.sync()
    second = read_school.sync()

    group.refresh_from_db()
    request.refresh_from_db()
    assert (group.status, request.state) == ("in", "approved")
    assert group.decided_by == request.settled_by
    assert [stay.student for stay in group.enrolments.filter(left_at=None)] == [extra]
    assert first.counts["enrolments"]["remove"] == 0
    assert sum(second.counts["enrolments"].values()) == 0
    assert Choice.objects.filter(school=read_school.row).count() == len(looked.check.doubles)


def test_approve_and_swap_lets_the_other_class_leave(read_school):
    group = read_school.find("Ma Intervention Y8")
    sets = SchoolClass.objects.filter(school=read_school.row, name__in=["8x/Ma1", "8x/Ma2"])
    request = request_for(read_school, "Ma Intervention Y8")

    approve(request, Settlement("Swap", swaps=frozenset(row.pk for row in sets)))
    read_school.sync()

    assert {row.status for row in sets.all()} == {"out"}
    assert {row.reason for row in sets.all()} == {"excluded_class"}
    group.refresh_from_db()
    assert group.enrolments.filter(left_at=None).count() == len(read_school.members(group))


def test_leaving_out_on_request_ends_the_class(read_school):
    request = request_for(read_school, "8x/Ma1", wish="out")

    approve(request)
    read_school.sync()

    assert read_school.find("8x/Ma1").reason == "excluded_class"
    assert not read_school.row.holds.exists()


def test_changes_since_the_page_was_opened_are_shown_instead_of_applied(read_school):
    group = read_school.find("Ma Intervention Y8")
    request = request_for(read_school, "Ma Intervention Y8")
    seen = look(request).check
    one_more = read_school.row.students.exclude(wonde_id__in=group.member_ids).first()
    read_school.put_members(group, {*group.member_ids, one_more.wonde_id})

    with pytest.raises(ApprovalRefusedError, match="has changed since you opened this page"):
        class_requests.approve(
            request,
            SupportFactory(),
            seen.fingerprint,
            Settlement("", everybody_left_out(seen, group)),
            look(request),
        )

    assert not Choice.objects.exists()


def test_a_class_with_unknown_members_is_not_approved(read_school, settings):
    request = request_for(read_school, "Chess Club")
    settings.WONDE_BASE_URL = "http://127.0.0.1:9"
    settings.SYNC_READ_LIMIT_S = 1

    with pytest.raises(ApprovalRefusedError, match="We do not know who is in these classes"):
        approve(request, looked=class_requests.look(request, class_requests.Read(problem="x")))


def test_a_second_answer_is_told_who_answered(read_school):
    request = request_for(read_school, "8x/Ma1", wish="out")
    approve(request)

    with pytest.raises(ApprovalRefusedError, match="approved already, by support"):
        class_requests.decline(request, SupportFactory(), "No")


def test_the_asker_is_mailed_the_answer_unless_they_have_lost_access(db):
    request = ImportRequestFactory(state="declined", answer="It is a club.")

    answered = {"school": request.school, "to": request.asked_by, "about": request.pk}
    outgoing.put("answer", **answered)
    outgoing.send_due()
    request.asked_by.employees.update(left_at=request.asked_at)
    outgoing.put("answer", **answered)
    outgoing.send_due()

    (sent,) = mail.outbox
    assert sent.to == [request.asked_by.email]
    assert "It is a club." in sent.body
    assert "The answer is no." in sent.body


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_the_same_moment_cannot_put_a_student_into_two_classes():
    school = SyncSettingsFactory().school
    one = ClassOutFactory(school=school, name="9 Booster", member_ids=["S1", "S2"], reason="intervention_group")
    other = ClassOutFactory(school=school, name="9 Extra", member_ids=["S2", "S3"], reason="intervention_group")
    made = [ImportRequestFactory(school=school, classes=[row]) for row in (one, other)]
    seen = [class_requests.look(row, class_requests.Read(problem="x")) for row in made]
    assert [looked.check.doubles for looked in seen] == [[], []]
    together, told = threading.Barrier(2), []
    support = [SupportFactory(), SupportFactory()]

    def answer(number):
        together.wait(timeout=10)
        try:
            class_requests.approve(
                made[number], support[number], seen[number].check.fingerprint, Settlement(), seen[number]
            )
            told.append("approved")
        except ApprovalRefusedError as refused:
            told.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=[number]) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert len(told) == 2
    assert told.count("approved") == 1
    assert "somebody approved another class" in " ".join(told)
    assert SchoolClass.objects.filter(school=school, decision="in").count() == 1
    assert sorted(ImportRequest.objects.values_list("state", flat=True)) == ["approved", "waiting"]


# The admin page


@pytest.fixture
def overlap(db, settings):
    """A request for a group of two, one of whom is in 9x/Ma1; Wonde does not answer."""
    settings.ASKING_LIMIT_S = 0.1
    core = SchoolClassFactory(name="9x/Ma1")
    SyncSettingsFactory(school=core.school)
    student = EnrolmentFactory(school_class=core, student__forename="Tobi", student__surname="Okoro").student
    group = ClassOutFactory(
        school=core.school, name="Booster", member_ids=[student.wonde_id, "X1"], reason="intervention_group"
    )
    return ImportRequestFactory(school=core.school, classes=[group], note="For year 9"), core, group, student


def request_page(request):
    return reverse("admin:classes_importrequest_change", args=[request.pk])


def posted(page, do, **data):
    shown, read = (page.content.decode().split(f'name="{name}" value="')[1].split('"')[0] for name in ("shown", "read"))
    return {"shown": shown, "read": read, "do": do, "answer": "", **data}


def test_the_page_names_who_would_be_in_two_and_in_which(overlap, settings):
    request, *_ = overlap

    page = looked_at(support_client(), request_page(request))

    said = words(page)
    assert "1 student would be in two classes" in said
    assert "Okoro, Tobi" in said
    assert "“For year 9”" in said
    assert "Wonde could not be asked now" in said
    assert request.school.audit_entries.filter(verb="looked at who would be in two classes").count() == 1


def test_support_approves_with_the_student_left_out(overlap, django_capture_on_commit_callbacks):
    request, core, group, student = overlap
    client = support_client()
    who = student.wonde_id
    form = {"student": [who], f"in-{who}": [core.pk, group.pk], f"stays-{who}": core.pk}
    data = posted(looked_at(client, request_page(request)), "approve", **form)

    with django_capture_on_commit_callbacks() as callbacks:
        response = client.post(request_page(request), data, follow=True)

    assert "Approved. A sync is queued" in words(response)
    choice = Choice.objects.get()
    assert (choice.student, choice.school_class, choice.verdict) == (student, group, "left_out")
    assert len(callbacks) == 2


def test_a_request_can_be_answered_however_many_students_are_in_two_classes(overlap):
    request, core, group, _ = overlap
    client, many = support_client(), [f"A{number}" for number in range(2_000)]
    ticks = {f"in-{who}": [core.pk, group.pk] for who in many} | {f"stays-{who}": core.pk for who in many}

    page = client.post(
        request_page(request), posted(looked_at(client, request_page(request)), "outcome", student=many, **ticks)
    )

    assert "nobody is in two" in words(page)


def test_the_page_says_first_what_comes_of_it_and_again_for_what_is_chosen(overlap):
    request, core, group, student = overlap
    client = support_client()
    page = looked_at(client, request_page(request))
    ticks = as_they_came(page) | {f"stays-{student.wonde_id}": group.pk}

    again = client.post(request_page(request), posted(page, "outcome", swap=[core.pk], empty=[core.pk], **ticks))

    assert "If you approve Booster gains 1; nobody is in two." in words(page)
    assert "If support says yes" in words(page)  # what the asker's page says stands beside it
    assert "Booster gains 2, 9x/Ma1 loses 1; nobody is in two." in words(again)
    assert "Booster gains 2, 9x/Ma1 leaves; nobody is in two." in words(again)
    assert "Swap: 9x/Ma1 leaves, Booster comes in" in words(again)
    assert (page.context["may_press"], again.context["may_press"], again.context["may_swap"]) == (True, True, True)
    request.refresh_from_db()
    assert request.state == "waiting"
    assert request.school.audit_entries.filter(verb="looked at who would be in two classes").count() == 1


def test_a_button_of_the_form_that_is_none_of_the_answers_answers_nothing(overlap):
    request, *_ = overlap
    client = support_client()
    page = looked_at(client, request_page(request))

    client.post(request_page(request), posted(page, "named", **as_they_came(page)))

    request.refresh_from_db()
    assert request.state == "waiting"


def test_declining_takes_a_reason(overlap):
    request, *_ = overlap
    client = support_client()
    page = looked_at(client, request_page(request))

    noting.note(request.school)
    assert "1 request" in words(client.get(reverse("admin:index")))

    refused = client.post(request_page(request), posted(page, "decline"))
    assert "Say why" in words(refused)
    client.post(request_page(request), posted(page, "decline", answer="It is a club."))

    request.refresh_from_db()
    assert (request.state, request.answer) == ("declined", "It is a club.")
    assert "1 request" not in words(client.get(reverse("admin:index")))


def test_an_overtaken_approval_shows_the_new_check(overlap):
    request, core, *_ = overlap
    client = support_client()
    page = looked_at(client, request_page(request))
    EnrolmentFactory(school_class=core, student__wonde_id="X1")

    response = client.post(request_page(request), posted(page, "approve"))

    assert response.status_code == 409
    assert "has changed since you opened this page" in words(response)
    assert "2 students would be in two classes" in words(response)


def test_what_was_chosen_stays_chosen_when_the_page_comes_back(overlap):
    request, core, group, student = overlap
    client = support_client()
    page = looked_at(client, request_page(request))
    EnrolmentFactory(school_class=core, student__wonde_id="X1")
    form = {"student": [student.wonde_id], f"stays-{student.wonde_id}": group.pk, "swap": [core.pk]}

    response = client.post(request_page(request), posted(page, "approve", answer="Sets first", **form))

    doubles = {double["student"]: double["stays"] for double in response.context["doubles"]}
    assert doubles == {student.wonde_id: group.pk, "X1": core.pk}
    assert response.context["swaps"] == {core.pk}
    assert "Sets first" in words(response)


@pytest.fixture
def of_two(overlap):
    """The same request, for a second class as well, with members no other class has."""
    request, _, group, _ = overlap
    club = ClassOutFactory(school=request.school, name="Club", member_ids=["X9"], reason="other_subject")
    request.items.create(school_class=club)
    return request, group, club


def test_support_approves_some_classes_of_a_request_and_declines_the_rest_with_a_reason(of_two):
    request, group, club = of_two
    client = support_client()
    page = looked_at(client, request_page(request))

    parted = answered(client, client.post(request_page(request), posted(page, "part", part=[group.pk]), follow=True))
    (rest,) = ImportRequest.objects.exclude(pk=request.pk)
    client.post(request_page(rest), posted(parted, "decline", answer="An intervention group."))
    client.post(
        request_page(request), posted(looked_at(client, request_page(request)), "approve", answer="Here it is.")
    )

    request.refresh_from_db()
    rest.refresh_from_db()
    club.refresh_from_db()
    group.refresh_from_db()
    assert (rest.state, rest.answer, group.decision) == ("declined", "An intervention group.", "")
    assert (request.state, request.answer, club.decision) == ("approved", "Here it is.", "in")
    assert (rest.asked_by, rest.asked_at, rest.note) == (request.asked_by, request.asked_at, request.note)
    assert f"1 class moved to request {rest.pk} by" in words(looked_at(client, request_page(request)))
    assert f"moved here from request {request.pk} by" in words(looked_at(client, request_page(rest)))


@pytest.mark.parametrize("ticked", ["none", "all", "another request's"])
def test_only_some_classes_of_the_request_itself_can_be_answered_separately(of_two, ticked):
    request, group, club = of_two
    other = ImportRequestFactory(school=request.school).items.get().school_class_id
    keys = {"none": [], "all": [group.pk, club.pk], "another request's": [other]}[ticked]
    client = support_client()

    response = client.post(request_page(request), posted(looked_at(client, request_page(request)), "part", part=keys))

    assert "Tick some of the classes, but not all" in words(response)
    assert ImportRequest.objects.count() == 2


def test_an_answered_request_is_not_split(of_two):
    request, group, _ = of_two
    client = support_client()
    page = looked_at(client, request_page(request))
    class_requests.decline(request, SupportFactory(), "No")

    response = client.post(request_page(request), posted(page, "part", part=[group.pk]))

    assert "declined already" in words(response)
    assert ImportRequest.objects.count() == 1


def test_approving_a_request_split_meanwhile_shows_it_as_it_is_now(of_two):
    request, group, club = of_two
    client = support_client()
    page = looked_at(client, request_page(request))
    requests.part(request.pk, [group.pk], SupportFactory())

    response = client.post(request_page(request), posted(page, "approve"))

    assert response.status_code == 409
    assert "took one out of this request" in words(response)
    club.refresh_from_db()
    assert club.decision == ""


def test_only_support_with_a_second_factor_answers(overlap, client):
    request, *_ = overlap
    client.force_login(request.asked_by)

    assert client.post(request_page(request), {"do": "decline", "answer": "No"}).status_code in {302, 404}

    request.refresh_from_db()
    assert request.state == "waiting"


def test_the_queue_shows_what_waits_oldest_first_and_costs_the_same_for_1_and_20(
    overlap, django_assert_max_num_queries
):
    request, *_ = overlap
    ImportRequestFactory(school=request.school, state="declined")
    client = support_client()
    queue = reverse("admin:classes_importrequest_changelist")
    assert "1 import request" in words(client.get(queue)).lower()
    ImportRequestFactory.create_batch(19)

    with django_assert_max_num_queries(12):
        assert "Booster" in words(client.get(queue))


# Nobody in it


@pytest.fixture
def all_elsewhere(overlap):
    """The same request, but everybody in the group is in 9x/Ma1 too."""
    request, core, group, student = overlap
    group.member_ids = [student.wonde_id]
    group.save()
    return request, core, group, student


def as_they_came(page):
    """The page's ticks, untouched."""
    ticks = {}
    for double in page.context["doubles"]:
        who = double["student"]
        ticks |= {f"in-{who}": [one.key for one in double["classes"]], f"stays-{who}": double["stays"]}
    return {"student": [double["student"] for double in page.context["doubles"]], **ticks}


def test_with_the_ticks_untouched_no_class_comes_in_empty(all_elsewhere):
    request, _, group, _ = all_elsewhere
    client = support_client()
    page = looked_at(client, request_page(request))
    assert "every student of it is in another class" in words(page)
    assert 'value="approve" class="button button-main" disabled' in page.text

    refused = client.post(request_page(request), posted(page, "approve", **as_they_came(page)))

    assert refused.status_code == 409
    assert "Nobody would be in Booster. Nothing was changed." in words(refused)
    request.refresh_from_db()
    assert (request.state, SchoolClass.objects.get(pk=group.pk).decision) == ("waiting", "")


def test_an_empty_class_comes_in_when_support_says_it_is_meant(all_elsewhere):
    request, _, group, _ = all_elsewhere
    client = support_client()
    page = looked_at(client, request_page(request))
    meant = posted(page, "outcome", empty=[group.pk], **as_they_came(page))
    assert client.post(request_page(request), meant).context["may_press"]

    client.post(request_page(request), posted(page, "approve", empty=[group.pk], **as_they_came(page)))

    assert SchoolClass.objects.get(pk=group.pk).decision == "in"


def test_support_is_asked_by_name_about_a_class_that_would_lose_all_its_students(all_elsewhere):
    request, core, group, student = all_elsewhere
    client = support_client()
    page = looked_at(client, request_page(request))
    ticks = as_they_came(page) | {f"stays-{student.wonde_id}": group.pk}

    refused = client.post(request_page(request), posted(page, "approve", empty=[group.pk], **ticks))
    assert "Nobody would be in 9x/Ma1." in words(refused)
    assert "9x/Ma1 is meant to be kept with nobody in it" in words(refused)
    client.post(request_page(request), posted(refused, "approve", empty=[core.pk], **ticks))

    request.refresh_from_db()
    assert request.state == "approved"


def test_a_swap_with_the_ticks_untouched_takes_the_students_along(all_elsewhere):
    request, core, group, _ = all_elsewhere
    client = support_client()
    page = looked_at(client, request_page(request))

    client.post(request_page(request), posted(page, "swap", swap=[core.pk], **as_they_came(page)))

    core.refresh_from_db()
    group.refresh_from_db()
    assert (core.decision, group.decision) == ("out", "in")
    assert not Choice.objects.exists()


@pytest.mark.parametrize("why", ["the MIS lists nobody", "everybody was left out before"])
def test_a_class_empty_from_the_start_is_not_approved_by_the_ordinary_button(overlap, why):
    request, _, group, student = overlap
    if why == "the MIS lists nobody":
        group.member_ids, group.reason = [], "no_students"
    else:
        group.member_ids = [student.wonde_id]
        Choice.objects.create(school=request.school, school_class=group, student=student, verdict="left_out")
    group.save()
    client = support_client()
    page = looked_at(client, request_page(request))
    assert "Decline, unless an empty class is meant" in words(page)

    refused = client.post(request_page(request), posted(page, "approve"))
    assert "Nobody would be in Booster." in words(refused)
    client.post(request_page(request), posted(page, "approve", empty=[group.pk]))

    request.refresh_from_db()
    assert request.state == "approved"


def test_a_form_without_a_tick_does_not_leave_a_student_out_of_both_classes(overlap):
    request, core, group, student = overlap
    client = support_client()
    page = looked_at(client, request_page(request))
    form = {"student": [student.wonde_id], f"in-{student.wonde_id}": [core.pk, group.pk]}

    refused = client.post(request_page(request), posted(page, "approve", **form))

    assert "1 student would be in two classes. Leave them out of one" in words(refused)
