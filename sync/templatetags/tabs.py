"""The pages about one school, in groups that fit a phone: for its leads, and for support."""

from django import template
from django.urls import reverse

from schools.access import rights
from schools.models import Task
from sync.needs import queue

register = template.Library()

FIND = "schools_school_find"
OVERVIEW = {"schools_school_change", FIND}

# A group is shown by its label and leads to its first page that is open to whoever looks: (page, address, label, task);
# without a task it is open to leads alone.
GROUPS = [
    ("Overview", [("school", "sync:school", "Overview", Task.LOOK)]),
    (
        "Waiting",
        [
            ("held", "sync:held", "Waiting", Task.LOOK),
            ("somebody_else", "sync:somebody_else", "Perhaps somebody else", Task.DECIDE),
        ],
    ),
    (
        "Syncs",
        [
            ("preview", "sync:preview", "Preview", Task.LOOK),
            ("history", "sync:history", "History", Task.LOOK),
            ("september", "sync:september", "New year", Task.LOOK),
            ("changing_mis", "sync:changing_mis", "New MIS", Task.LOOK),
        ],
    ),
    (
        "Classes",
        [
            ("all", "classes:all", "All classes", None),
            ("import", "sync:import", "Bring in classes", Task.REQUESTS),
            ("second", "sync:second", "In two classes", Task.DECIDE),
            ("requests", "classes:requests", "Requests", None),
        ],
    ),
    (
        "People",
        [
            ("students", "students:list", "Students", Task.LOOK),
            ("signin", "classes:school_signin", "Signing in", None),
            ("staff", "sync:staff", "Staff", Task.SIGN_INS),
            ("parents", "parents:overview", "Parents", Task.LOOK),
            ("left", "sync:left", "Left", Task.LOOK),
            ("left_out", "sync:left_out", "Left out", Task.LOOK),
            ("wrong_tries", "students:wrong_tries", "Wrong tries", Task.LOOK),
        ],
    ),
    ("Why?", [("why", "sync:why", "Why?", Task.LOOK)]),
    (
        "Data",
        [
            ("fields", "sync:fields", "What we hold", Task.LOOK),
            ("sharing", "sync:sharing", "Sharing", Task.LOOK),
            ("start", "schools:start", "Agreement", Task.LOOK),
            ("authorisers", "schools:authorisers", "Who may agree", Task.SIGN_INS),
            ("copies", "sync:copies", "Copies asked for", Task.LOOK),
            ("audit", "sync:audit", "Who looked", Task.LOOK),
        ],
    ),
    ("Settings", [("settings", "sync:settings", "Settings", Task.DECIDE)]),
]


# The same for support, on its desk and on the school's own pages. A page of the desk is a list of the school's rows, or
# one of its pages there; any right at the school opens those without a task.
DESK = [
    (
        "Overview",
        [
            ("school", "admin:schools_school_change", "Overview", None),
            ("schools_school_access", "admin:schools_school_access", "In Wonde", None),
        ],
    ),
    ("Why?", [("why", "sync:why", "Why?", Task.LOOK)]),
    (
        "Waiting",
        [
            ("held", "sync:held", "Waiting", Task.LOOK),
            ("somebody_else", "sync:somebody_else", "Perhaps somebody else", Task.DECIDE),
            ("sync_hold", "admin:sync_hold_changelist", "Row by row", Task.LOOK),
        ],
    ),
    (
        "Syncs",
        [
            ("sync_syncrun", "admin:sync_syncrun_changelist", "Syncs", Task.LOOK),
            ("history", "sync:history", "History", Task.LOOK),
            ("preview", "sync:preview", "Preview", Task.LOOK),
            ("sync_hook", "admin:sync_hook_changelist", "From Wonde", Task.LOOK),
            ("sync_change", "admin:sync_change_changelist", "Changes", Task.LOOK),
            ("september", "sync:september", "New year", Task.LOOK),
            ("changing_mis", "sync:changing_mis", "New MIS", Task.LOOK),
        ],
    ),
    (
        "Requests",
        [
            ("classes_importrequest", "admin:classes_importrequest_changelist", "Requests", Task.REQUESTS),
            ("import", "sync:import", "Bring in classes", Task.REQUESTS),
        ],
    ),
    (
        "Classes",
        [
            ("classes_schoolclass", "admin:classes_schoolclass_changelist", "Classes", Task.LOOK),
            ("classes_enrolment", "admin:classes_enrolment_changelist", "Memberships", Task.LOOK),
            ("second", "sync:second", "In two classes", Task.DECIDE),
        ],
    ),
    (
        "Students",
        [
            ("students_student", "admin:students_student_changelist", "Students", Task.LOOK),
            ("students", "students:list", "Who can sign in", Task.LOOK),
            ("left", "sync:left", "Left", Task.LOOK),
            ("left_out", "sync:left_out", "Left out", Task.LOOK),
            ("wrong_tries", "students:wrong_tries", "Wrong tries", Task.LOOK),
            ("students_weeklyprogress", "admin:students_weeklyprogress_changelist", "Progress", Task.LOOK),
        ],
    ),
    (
        "Staff",
        [
            ("schools_employee", "admin:schools_employee_changelist", "Staff", Task.LOOK),
            ("staff", "sync:staff", "Sign-ins", Task.SIGN_INS),
            ("schools_school_leads", "admin:schools_school_leads", "Leads", Task.SIGN_INS),
            ("schools_invitation", "admin:schools_invitation_changelist", "Invitations", Task.SIGN_INS),
        ],
    ),
    (
        "Parents",
        [
            ("parents_contact", "admin:parents_contact_changelist", "Parents and carers", Task.LOOK),
            ("parents", "parents:overview", "Who gets mail", Task.LOOK),
            ("parents_block", "admin:parents_block_changelist", "Blocks", Task.LOOK),
        ],
    ),
    (
        "Mails",
        [
            ("parents_weeklymail", "admin:parents_weeklymail_changelist", "Weekly mails", Task.LOOK),
            ("parents_mailsettings", "admin:parents_mailsettings_changelist", "On or off", Task.LOOK),
            ("parents_mailhold", "admin:parents_mailhold_changelist", "Holds", Task.LOOK),
            ("schools_outgoingmail", "admin:schools_outgoingmail_changelist", "Other mails", Task.LOOK),
        ],
    ),
    (
        "Audit",
        [
            ("schools_auditentry", "admin:schools_auditentry_changelist", "Audit", Task.LOOK),
            ("audit", "sync:audit", "Who looked", Task.LOOK),
            ("copies", "sync:copies", "Copies asked for", Task.LOOK),
            ("fields", "sync:fields", "What we hold", Task.LOOK),
            ("sharing", "sync:sharing", "Sharing", Task.LOOK),
            ("start", "schools:start", "Agreement", Task.LOOK),
            ("authorisers", "schools:authorisers", "Who may agree", Task.SIGN_INS),
            ("schools_acceptance", "admin:schools_acceptance_changelist", "Receipts", Task.LOOK),
        ],
    ),
    (
        "Settings",
        [
            ("schools_school_settings", "admin:schools_school_settings", "Settings", None),
            ("settings", "sync:settings", "As the leads see them", Task.DECIDE),
        ],
    ),
]


@register.simple_tag
def school_tabs(here, school):
    """(groups, pages) for whoever may do `school.tasks`: every group as (label, address, whether `here` is in
    it, how many things need a person there); the pages of the open group as (label, address, whether it is `here`),
    none where it has just one."""
    for_support = bool(school.tasks) and not school.leads_here
    groups, open_pages, waiting = [], [], queue.by_tab(school)
    for label, all_pages in DESK if for_support else GROUPS:
        pages = [
            (page, _address(name, school), words)
            for page, name, words, task in all_pages
            if (task in school.tasks if task else for_support or school.leads_here)
        ]
        if not pages:
            continue
        is_open = here in {page for page, _, _ in pages}
        groups.append((label, pages[0][1], is_open, waiting[label]))
        if is_open and len(pages) > 1:
            open_pages = [(words, address, page == here) for page, address, words in pages]
    return groups, open_pages


def _address(name, school):
    """Where a page of `school` is: by its short code; on the desk by its id, a list narrowed to it."""
    if not name.startswith("admin:"):
        return reverse(name, args=[school.code])
    if name.endswith("_changelist"):
        return f"{reverse(name)}?school={school.pk}"
    return reverse(name, args=[school.pk])


@register.inclusion_tag("sync/_tabs.html", takes_context=True)
def desk_tabs(context):
    """The tabs above a page of the desk that is about one school; nothing above any other."""
    school, name = _open_at(context), context["request"].resolver_match.url_name
    if school is None:
        return {}
    of_school = name.startswith("schools_school_")
    here = "school" if name in OVERVIEW else name if of_school else "_".join(name.split("_")[:2])
    is_page = name.endswith("_changelist") or (of_school and name != FIND)
    return {"school": school, "here": here, "depth": "page" if is_page else "true"}


@register.inclusion_tag("admin/_head_search.html", takes_context=True)
def desk_search(context):
    """The desk's one search: for a school, or at the school that is open."""
    return {"school": _open_at(context), "csrf_token": context.get("csrf_token")}


def _open_at(context):
    """The school a page of the desk is about, with the `tasks` of whoever looks; None if it is about none."""
    school = context.get("school")
    if not getattr(school, "pk", None):
        return None
    if not hasattr(school, "tasks"):
        school.tasks, school.leads_here = rights.tasks_at(context["request"].user, school), False
    return school
