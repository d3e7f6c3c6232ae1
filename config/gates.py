"""The second gate: who may open each page, asked again, in different terms from the querysets below it.

A view decides by its queryset (`visible_to`, `for_portal`, …). Before it is called, this table decides too: a queryset
that lets too much through still shows nothing to a stranger, and a page not entered here opens to nobody. It asks only
who somebody is, whether the school still shares them, and whose row the URL names; what else may be shown of it
(frozen, ended, withheld) is up to the querysets alone. A page that lists what not everybody at its school may read also
checks the rows: `request.only_own`.
"""

from functools import partial
from secrets import compare_digest

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.utils import timezone

from classes.models import ImportRequest, SchoolClass, Teaching
from schools.auth import gave_second_factor
from schools.erasing import model_of
from schools.models import (
    Acceptance,
    AuthoriserRight,
    Employee,
    Erasure,
    Invitation,
    LeadRight,
    PersonBlock,
    Proposal,
    School,
    SupportRight,
    Task,
)
from schools.sharing.shown import TWO_NIGHTS
from students.models import Student
from sync.facts.kinds import PEOPLE
from sync.models import AccessRequest, SyncRun

# The admin checks every page (`SupportSite`), the API every row (`schools.rest.endpoints`); allauth's pages are about
# the visitor.
WITH_GATES_OF_THEIR_OWN = ("admin/", "api/", "accounts/", "identity/", ".well-known/", "anymail/")
OF_KINDS = {name: model_of(kind.table) for name, kind in PEOPLE.items()}


class SecondGate:
    """Middleware: a page that is not for the visitor does not exist for them, whatever its queryset would say."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.only_own = partial(only_own, request)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        found = request.resolver_match
        if found.route.lstrip("^").startswith(WITH_GATES_OF_THEIR_OWN):
            return
        if not (found.view_name in GATES and GATES[found.view_name](request, **kwargs)):
            raise Http404


def everybody(request, **given):
    return True


def signed_in(request, **given):
    return request.user.is_authenticated and request.user.is_active


def staff(request, **given):
    """Anyone who signs in by email: teachers, leads, support."""
    return signed_in(request) and request.user.email is not None


def not_signed_in(request):
    """Anybody: the view sends visitors who are not signed in to a door."""
    return not request.user.is_authenticated


def anybody_at_a_door(request, **given):
    return not_signed_in(request) or signed_in(request)


def a_student(request, **given):
    return not_signed_in(request) or (signed_in(request) and request.user.email is None)


def wonde(request, secret, **given):
    """Wonde's machines, which know a secret instead of signing in."""
    return sum(compare_digest(secret.encode(), ours.encode()) for ours in settings.WONDE_HOOK_SECRETS) > 0


def works_there(request, code, **given):
    """Staff and leads of the school."""
    return any(_at_school(request, code=code))


def reads_all_classes(request, code, **given):
    """Leads of the school, and staff if teachers see every class."""
    sees_all = School.objects.filter(code=code, teachers_see_all_classes=True).exists()
    return leads_there(request, code) or (sees_all and works_there(request, code))


def leads_there(request, code, **given):
    _, leads = _at_school(request, code=code)
    return leads


def lead_or(*tasks):
    """Leads of the school, and support with one of `tasks` there, in a session that gave the second factor."""
    return lambda request, code, **given: leads_there(request, code) or _supports(request, code, tasks)


def agrees_or(*tasks):
    """The same, and whoever may agree for the school."""
    opens = lead_or(*tasks)
    return lambda request, code, **given: opens(request, code) or _agrees(request, code)


def agrees_about(rows):
    """The same, and `pk` is one of the school's `rows`."""
    return lambda request, code, pk, **given: agrees_or(Task.LOOK)(request, code) and _is_of(rows, code, pk)


def about(rows, task):
    """The same, and `pk` is one of the school's `rows`."""
    opens = lead_or(task)
    return lambda request, code, pk, **given: opens(request, code) and _is_of(rows, code, pk)


def of_leads(rows):
    """Leads of the school alone, and `pk` is one of the school's `rows`."""
    return lambda request, code, pk, **given: leads_there(request, code) and _is_of(rows, code, pk)


def calls_off(request, code, pk, **given):
    """Leads of the school, for what support asked for there, or about a login of its people."""
    theirs = Q(school__code=code) | Q(login__lead_rights__school__code=code) | Q(login__employees__school__code=code)
    return leads_there(request, code) and Proposal.objects.filter(theirs, pk=pk).exists()


def about_person(task):
    return lambda request, code, kind, pk, **given: kind in PEOPLE and about(OF_KINDS[kind], task)(request, code, pk)


def only_own(request, rows):
    """Those of `rows` (classes, students or requests about classes) that the visitor may read, as a list; one more
    query, by the same rules as the pages of single rows."""
    rows = list(rows)
    if not rows:
        return rows
    model = type(rows[0])
    known = _those_for(request, model, [row.pk for row in rows], READERS[model](request))
    return [row for row in rows if row.pk in known]


def reads_class(request, pk, **given):
    """Those who look after it, and staff if the school lets teachers see every class."""
    return _is_for(request, SchoolClass, pk, _reads_class(request))


def looks_after_class(request, pk, **given):
    """Its teachers, and leads of its school."""
    return _is_for(request, SchoolClass, pk, _teaches(request, school_class=OuterRef("pk")))


def reads_student(request, pk, **given):
    """Teachers of the student's class, staff of a school where they see every class, and whoever reads the whole."""
    return _is_for(request, Student, pk, _reads_student(request)) or _supports_student(request, pk)


def _supports_student(request, pk):
    code = Student.objects.filter(pk=pk).values_list("school__code", flat=True).first()
    return code is not None and _supports(request, code, [Task.LOOK])


def looks_after_student(request, pk, **given):
    """Teachers of the student's class, and leads of the school."""
    return _is_for(request, Student, pk, _teaches(request, **OF_STUDENT) & _not_closed())


def asks_about_student(request, code, pk, **given):
    """Leads of the school, and support that may look; and staff who read the student, or did until the student left."""
    left = _teaches(request, school_class__enrolments__student=OuterRef("pk")) & Q(left_at__isnull=False)
    theirs = _reads_student(request) | (left & _not_closed())
    return about(Student, Task.LOOK)(request, code, pk) or _is_for(request, Student, pk, theirs)


def asked_or_leads(request, pk, **given):
    """The person who asked for the classes, if they still work there, and leads of the school."""
    return _is_for(request, ImportRequest, pk, _asked(request))


OF_STUDENT = {
    "school_class__enrolments__student": OuterRef("pk"),
    "school_class__enrolments__left_at": None,
}


def _reads_class(request):
    return _teaches(request, school_class=OuterRef("pk")) | _sees_all(request)


def _reads_student(request):
    return (_teaches(request, **OF_STUDENT) | _sees_all(request)) & _not_closed()


def _not_closed(person=""):
    """The condition that somebody has not been missing for two nights while Wonde went on counting them."""
    since = f"{person}perhaps_hidden_since"
    return Q(**{f"{since}__isnull": True}) | Q(**{f"{since}__gt": timezone.now() - TWO_NIGHTS})


def _asked(request):
    return Q(Exists(_works(request)), asked_by=request.user.pk)


READERS = {SchoolClass: _reads_class, Student: _reads_student, ImportRequest: _asked}


def _is_for(request, model, pk, others):
    """Whether the row is for the visitor: they lead its school, or `others` includes them. One query."""
    return bool(_those_for(request, model, [pk], others))


def _those_for(request, model, pks, others):
    if not signed_in(request):
        return set()
    leads = Exists(LeadRight.objects.filter(school=OuterRef("school"), user=request.user.pk))
    return set(model.objects.filter(leads | others, pk__in=pks).values_list("pk", flat=True))


def _works(request):
    return Employee.objects.filter(_not_closed(), school=OuterRef("school"), user=request.user.pk, left_at=None)


def _sees_all(request):
    return Q(Exists(_works(request)), school__teachers_see_all_classes=True)


def _teaches(request, **whom):
    still_here = _not_closed("employee__")
    mine = Teaching.objects.filter(still_here, left_at=None, employee__user=request.user.pk, employee__left_at=None)
    return Q(Exists(mine.filter(**whom)))


def _at_school(request, **which):
    """Conditions that the visitor works at the school, and that they lead it."""
    if not signed_in(request):
        return False, False
    works = Employee.objects.filter(_not_closed(), school=OuterRef("pk"), user=request.user, left_at=None)
    leads = LeadRight.objects.filter(school=OuterRef("pk"), user=request.user)
    found = School.objects.filter(**which).values_list(Exists(works), Exists(leads)).first()
    return found or (False, False)


def _agrees(request, code):
    """Whether the visitor may agree for the school; whom its MIS lists no more may not."""
    if not signed_in(request):
        return False
    was = Employee.objects.filter(school__code=code, user=request.user)
    has_left = was.exists() and not was.filter(_not_closed(), left_at=None, stopped_at=None).exists()
    return not has_left and AuthoriserRight.objects.filter(school__code=code, user=request.user).exists()


def _supports(request, code, tasks):
    """Whether the visitor is support with a right to one of `tasks` for the school, or for every school."""
    if not (signed_in(request) and request.user.is_staff and gave_second_factor(request)):
        return False
    given = SupportRight.objects.filter(user=request.user, task__in=tasks)
    return given.filter(Q(group=None) | Q(group__schools__code=code)).exists()


def _is_of(rows, code, pk):
    return rows.objects.filter(pk=pk, school__code=code).exists()


GATES = {
    "home": anybody_at_a_door,
    "to_product": signed_in,
    "favicon": everybody,
    "security_txt": everybody,
    "schools:choose": signed_in,
    "schools:who_am_i": staff,
    "schools:invitation": everybody,
    "schools:invitation_link": everybody,
    "schools:hand_on": everybody,
    "schools:start": agrees_or(Task.LOOK),
    "schools:authorisers": agrees_or(Task.SIGN_INS),
    "schools:agreement": agrees_or(Task.LOOK),
    "schools:agreement_file": agrees_or(Task.LOOK),
    "schools:receipt": agrees_about(Acceptance),
    "classes:mine": works_there,
    "classes:all": reads_all_classes,
    "classes:find": works_there,
    "classes:detail": reads_class,
    "classes:csv": reads_class,
    "classes:signin": looks_after_class,
    "classes:school_signin": leads_there,
    "classes:ask": works_there,
    "classes:requests": works_there,
    "classes:request": asked_or_leads,
    "classes:withdraw": asked_or_leads,
    "students:detail": reads_student,
    "students:username": looks_after_student,
    "students:keep_username": looks_after_student,
    "students:new_code": looks_after_student,
    "students:lost_card": looks_after_student,
    "students:sign_out_student": looks_after_student,
    "students:wrong_tries": lead_or(Task.LOOK),
    "students:list": lead_or(Task.LOOK),
    "students:csv": leads_there,
    "students:decline_code": looks_after_student,
    "students:find_school": everybody,
    "students:sign_in": everybody,
    "students:ask": everybody,
    "students:me": a_student,
    "students:password": a_student,
    "students:ask_for_mine": a_student,
    "students:sign_out": a_student,
    "students:sign_out_everywhere": a_student,
    "parents:overview": lead_or(Task.LOOK),
    "parents:of_class": about(SchoolClass, Task.LOOK),
    "parents:mails": lead_or(Task.LOOK),
    "parents:stop": everybody,
    "parents:again": everybody,
    "parents:not_mine": everybody,
    "sync:hook": wonde,
    "sync:remind": leads_there,
    "sync:purpose": leads_there,
    "sync:run": about(SyncRun, Task.LOOK),
    "sync:why_student": asks_about_student,
    "sync:undo": about(SyncRun, Task.DECIDE),
    "sync:erasures": agrees_or(Task.LOOK),
    "sync:erasure": agrees_about(Erasure),
    "sync:erase": about_person(Task.ERASE),
    "sync:leave_out": about_person(Task.DECIDE),
    "sync:let_in": about(PersonBlock, Task.DECIDE),
    "sync:staff_member": about(Employee, Task.SIGN_INS),
    "sync:staff_lead": about(LeadRight, Task.SIGN_INS),
    "sync:take_back": about(Invitation, Task.SIGN_INS),
    "sync:revoked": agrees_or(*Task),
    "sync:stop": agrees_or(Task.ERASE),
    "sync:sharing": agrees_or(Task.LOOK),
    "sync:review": agrees_or(Task.LOOK),
    "sync:wcbs": agrees_or(Task.LOOK),
    "sync:wcbs_step": agrees_or(Task.LOOK),
    "sync:end_in_wonde": agrees_or(Task.ERASE),
    "sync:share_again": agrees_or(Task.ERASE),
    "sync:exported": about(Proposal, Task.EXPORT),
    "sync:call_off": calls_off,
    "sync:copy": about(AccessRequest, Task.LOOK),
    "sync:copy_note": about_person(Task.EXPORT),
    "sync:copy_decide": of_leads(AccessRequest),
    "sync:copy_fetch": of_leads(AccessRequest),
} | {
    f"sync:{name}": lead_or(task)
    for task, names in {
        Task.LOOK: "school read held held_csv decided decided_csv preview history september changing_mis left left_out "
        "audit why fields copies",
        Task.DECIDE: "decide new_year change_of_mis resume second somebody_else settings",
        Task.REQUESTS: "import import_match import_upload import_columns import_template import_preview import_start "
        "import_progress import_cancel",
        Task.ERASE: "erase_kind erase_school",
        Task.EXPORT: "export",
        Task.SIGN_INS: "staff invite_lead",
    }.items()
    for name in names.split()
}
