"""What people call rows of a kind, one and many, and their fields."""

from sync.facts.kinds import KINDS

ONE = {kind.name: kind.one for kind in KINDS.values()}  # as said beside the name of one


def many(kind):
    """ "classes" for classes, "staff" for employees; the kind itself where it is none of ours."""
    return KINDS[kind].label if kind in KINDS else kind


def counted(number, name):
    """How many rows of a kind: "1 parent or carer", "1,204 students"; or of how many a field: "email address of 41
    staff"; without a number of what is attached: "gender of students"."""
    kind, _, column = name.partition(".")
    if not says_how_many(name):
        return f"{KINDS[kind].columns[column].label} of {' and '.join(map(many, KINDS[kind].parents.values()))}"
    rows = f"{number:,} {ONE[kind] if number == 1 and kind in ONE else many(kind)}"
    return f"{KINDS[kind].columns[column].label} of {rows}" if column else rows


def says_how_many(name):
    """Whether a number of rows, and theirs, may be said: not of a field of what is attached, where of how few would say
    something of each of them."""
    kind, _, column = name.partition(".")
    return not (column and KINDS[kind].attached)


def in_order(found):
    """A dictionary by kinds, or fields of them, as people read them: students first."""
    kinds = list(KINDS)
    return dict(sorted(found.items(), key=lambda each: kinds.index(each[0].partition(".")[0])))


def all_counted(counts):
    """How many rows of each kind or field: "1 student, 2 parents or carers"."""
    return ", ".join(counted(number, name) for name, number in in_order(counts).items())


def field(name):
    """A field and its kind as people call them: "students.upn" is ("UPN", "students")."""
    kind, column = declared(name)
    return column.label, kind.label


def declared(name):
    """(kind, column) of a field such as "students.upn", as they are declared."""
    kind, _, column = name.partition(".")
    return KINDS[kind], KINDS[kind].columns[column]
