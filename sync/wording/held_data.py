"""For the page "What we hold": fields by purpose, what we hold besides what the MIS says, what we read and do not keep.

A test holds this against the tables: whatever has a row about somebody stands here, or says why it does not.
"""

from dataclasses import dataclass

from schools.sharing.purposes import PURPOSES
from sync.facts.kinds import KINDS


@dataclass(frozen=True)
class Fields:
    """Some fields of one kind that are for the same. label: of the kind. columns: as `sync.facts.kinds` declares them.
    wonde: the permission that gives them; "" for those that we make of the others, or decide."""

    label: str
    columns: list
    purpose: str
    wonde: str


def fields_of(purpose):
    """The fields of a purpose, those for the same together. What we make of a kind, or decide about it, stands where
    the kind is first asked for; what only ties rows together is left out."""
    together = {}
    asked = [(each.kind, each.name.partition(".")[2], each.wonde) for each in purpose.asked]
    for name in [name for name in KINDS if _first_named(name) is purpose]:
        own = [column for column in KINDS[name].columns if column not in KINDS[name].given]
        asked += [(name, column, "") for column in own]
    for kind, column, wonde in sorted(asked, key=lambda each: list(KINDS).index(each[0])):
        found = KINDS[kind].columns[column]
        if found.purpose:
            together.setdefault((KINDS[kind].label, found.purpose, wonde), []).append(found)
    return [Fields(label, columns, why, wonde) for (label, why, wonde), columns in together.items()]


def _first_named(kind):
    return next((each for each in PURPOSES.values() if any(asked.kind == kind for asked in each.asked)), None)


@dataclass(frozen=True)
class Held:
    """One thing we hold. seen_by: who sees it on a page or in a file. until: how long it is kept. tables: where."""

    what: str
    purpose: str
    seen_by: str
    until: str
    tables: tuple[str, ...]


OURS = {
    "Students": [
        Held(
            "Username", "to sign in; it stays when a name changes",
            "the student, their teachers, school leads, support",
            "with the student", ("schools.User", "students.FormerUsername"),
        ),
        Held(
            "Password and card code", "to sign in", "nobody: a secret that cannot be read, only tried",
            "until another takes its place; a code at the latest with the school year", ("students.SignInCode",),
        ),
        Held(
            "When they last signed in, and how often it went wrong",
            "to help who cannot get in, and to see when somebody else tries", "their teachers, school leads, support",
            "wrong tries for 90 days", ("students.WrongTries", "schools.Tries", "schools.Session"),
        ),
        Held(
            "On which days they went on to the learning product", "to answer who was told of them",
            "school leads, support", "13 months", ("schools.ProductSignIn",),
        ),
        Held(
            "That they asked for a card", "so that a teacher makes one", "their teachers, school leads, support",
            "with the student", ("students.CodeRequest",),
        ),
        Held(
            "What they did in a week, as the learning product says", "to tell parents and carers",
            "their parents and carers by mail, support", "13 months", ("students.WeeklyProgress",),
        ),
        Held(
            "Which class a person chose for them", "to keep them in one class", "school leads, support",
            "with the student", ("classes.Choice", "sync.Recognition"),
        ),
        Held(
            "That they are left out here, until when and why", "to keep to it for good, whatever the MIS says",
            "school leads, support",
            "until two years after they are let back in, as marks from which nobody can be read",
            ("schools.PersonBlock",),
        ),
    ],
    "Parents and carers": [
        Held(
            "Which weekly mails went to them, without their words", "to write once, and to answer why none came",
            "school leads, support", "13 months", ("parents.WeeklyMail",),
        ),
        Held(
            "That they unsubscribed, or that mail does not reach them", "to keep to it for good",
            "school leads as numbers, support", "for good, as a mark from which no address can be read",
            ("parents.AddressChoice",),
        ),
        Held(
            "That they must not be told of a student", "to keep to it for good, whatever the MIS says",
            "school leads, support", "until it is lifted, as a mark from which nobody can be read", ("parents.Block",),
        ),
    ],
    "Staff": [
        Held(
            "Sign-in: address, last time, second factor", "to let teachers and leads in",
            "they themselves, school leads, support", "until they leave, and as long as leavers are kept",
            ("schools.User", "schools.Session"),
        ),
        Held(
            "On which days they went on to the learning product", "to answer who was told of them",
            "school leads, support", "13 months", ("schools.ProductSignIn",),
        ),
        Held(
            "Password", "to sign in", "nobody: a secret that cannot be read, only tried", "until they choose another",
            ("schools.User",),
        ),
        Held(
            "Invitations, lead rights, and who may agree for the school", "to know who may do what",
            "school leads, support", "until they leave, and as long as leavers are kept",
            ("schools.Invitation", "schools.LeadRight", "schools.AuthoriserRight"),
        ),
        Held(
            "What a lead wants to be reminded of", "to leave it out of the daily mail", "they themselves",
            "until that day", ("sync.Reminder",),
        ),
        Held(
            "That they are left out here, until when and why", "to keep to it for good, whatever the MIS says",
            "school leads, support",
            "until two years after they are let back in, as marks from which nobody can be read",
            ("schools.PersonBlock",),
        ),
    ],
    "What happened": [
        Held(
            "What each sync changed, row by row", "to answer why, and to undo it", "school leads, support",
            "13 months", ("sync.SyncRun", "sync.Change"),
        ),
        Held(
            "What waits, and who decided what with which reason", "to answer who decided", "school leads, support",
            "with the sync it belongs to",
            ("sync.Hold", "sync.Approval", "sync.ChangeOfMis", "classes.ImportRequest", "schools.Proposal"),
        ),
        Held(
            "Who stopped sharing or shared again, and why", "to keep to it, whatever Wonde says",
            "school leads, support", "as long as the school is here", ("sync.Stop",),
        ),
        Held(
            "Who looked at what or changed it", "to answer to the school", "school leads, support", "two years",
            ("schools.AuditEntry",),
        ),
        Held(
            "Who asked for a copy of what is held, when, and what became of it", "to answer in time, and to prove it",
            "school leads, support", "two years after it was answered", ("sync.AccessRequest",),
        ),
        Held(
            "The copy itself, sealed", "to hand it to the school", "school leads, once", "7 days at most",
            ("sync.AccessCopy",),
        ),
        Held(
            "That somebody was erased: how many, when and why", "to prove it; it names nobody",
            "school leads, support", "two years", ("schools.Erasure",),
        ),
        Held(
            "What the school shares with us for which purpose, and who agreed to it", "to ask for nothing else",
            "school leads, support", "with the school",
            ("schools.SchoolPurpose", "schools.Sharing", "schools.AskedAnew"),
        ),
        Held(
            "Who agreed to which version of the agreement, in which position", "to prove what was agreed",
            "school leads, who may agree for the school, support", "with the school, also after its people are erased",
            ("schools.Acceptance",),
        ),
        Held(
            "Mail on its way", "to send it again where a server is away", "support, without its words", "14 days",
            ("schools.OutgoingMail",),
        ),
        Held(
            "Whom Wonde was to write to when we asked the school for access", "so that Wonde reaches the right person",
            "school leads, support", "until the school has answered", ("sync.Access",),
        ),
        Held(
            "Address, client ID and client secret of the school’s WCBS, and who typed them",
            "so that the school hands Wonde what works",
            "school leads, who may agree for the school, support; the secret once, and not support",
            "the secret for 14 days at most, the rest with the school", ("sync.Wcbs",),
        ),
        Held(
            "What was asked of Wonde at a page", "to show the answer to who asked", "who asked", "10 minutes",
            ("sync.Question", "classes.UploadedList"),
        ),
    ],
}  # fmt: skip


def ours(table):
    """What is said of one of our own tables ("students.WeeklyProgress"); None for one that is about nobody."""
    return next((held for things in OURS.values() for held in things if table in held.tables), None)


# What is read of the MIS to decide by, and kept in no table.
READ_ONLY = [
    ("Court orders between a parent and a child", "so that such a parent is left out: nothing of them is kept"),
    ("That somebody has no parental responsibility", "so that they are left out: nothing of them is kept"),
    ("When a student starts and leaves the school", "to let them in on the day, and out on the day"),
    ("Which staff are current", "to end the access of who is not"),
]
