"""A lead's pages about their school, in groups that fit a phone."""

from django import template

register = template.Library()

# A group is shown by its label and leads to its first page: (page, address, label).
GROUPS = [
    ("Overview", [("school", "sync:school", "Overview")]),
    (
        "Waiting",
        [("held", "sync:held", "Waiting"), ("somebody_else", "sync:somebody_else", "Perhaps somebody else")],
    ),
    ("Readings", [("preview", "sync:preview", "Preview"), ("history", "sync:history", "History")]),
    ("Classes", [("import", "sync:import", "Bring in classes"), ("second", "sync:second", "In two classes")]),
    (
        "People",
        [
            ("staff", "sync:staff", "Staff"),
            ("parents", "parents:overview", "Parents"),
            ("left", "sync:left", "Left"),
            ("wrong_tries", "students:wrong_tries", "Wrong tries"),
        ],
    ),
    ("Why?", [("why", "sync:why", "Why?")]),
    ("Data", [("fields", "sync:fields", "What we hold"), ("audit", "sync:audit", "Who looked")]),
    ("Settings", [("settings", "sync:settings", "Settings")]),
]


@register.simple_tag
def school_tabs(here):
    """(groups, pages): every group as (label, address, whether `here` is in it); the pages of the open group as (label,
    address, whether it is `here`), none where it has just one."""
    groups, open_pages = [], []
    for label, pages in GROUPS:
        is_open = here in {page for page, _, _ in pages}
        groups.append((label, pages[0][1], is_open))
        if is_open and len(pages) > 1:
            open_pages = [(name, address, page == here) for page, address, name in pages]
    return groups, open_pages
