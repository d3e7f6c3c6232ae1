"""A lead's pages about their school, in groups that fit a phone."""

from django import template

from schools.models import School, Task
from sync.needs import queue

register = template.Library()

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
            ("wrong_tries", "students:wrong_tries", "Wrong tries", Task.LOOK),
        ],
    ),
    ("Why?", [("why", "sync:why", "Why?", Task.LOOK)]),
    (
        "Data",
        [("fields", "sync:fields", "What we hold", Task.LOOK), ("audit", "sync:audit", "Who looked", Task.LOOK)],
    ),
    ("Settings", [("settings", "sync:settings", "Settings", Task.DECIDE)]),
]


@register.simple_tag
def school_tabs(here, school):
    """(groups, pages) for whoever may do `school.tasks`: every group as (label, address, whether `here` is in
    it, how many things need a person there); the pages of the open group as (label, address, whether it is `here`),
    none where it has just one."""
    groups, open_pages, waiting = [], [], queue.by_tab(school)
    for label, all_pages in GROUPS:
        pages = [
            (page, address, name)
            for page, address, name, task in all_pages
            if (task in school.tasks if task else school.leads_here)
        ]
        if not pages:
            continue
        is_open = here in {page for page, _, _ in pages}
        groups.append((label, pages[0][1], is_open, waiting[label]))
        if is_open and len(pages) > 1:
            open_pages = [(name, address, page == here) for page, address, name in pages]
    return groups, open_pages


@register.simple_tag(takes_context=True)
def support_needs(context):
    """What waits at the schools of whoever looks, of support: [(code, its state, how many schools)], urgent first."""
    return queue.by_state(School.objects.supported_by(context["request"].user))
