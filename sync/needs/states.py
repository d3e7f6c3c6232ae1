"""Every state of a school that needs a person, declared once: how urgent, who can end it, where, and in which words.

Overview, tabs, support's home and list, the daily mail and the API all read this. `sync.needs.finding` says where a
state is so.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum

from schools.models import Task


class Urgency(IntEnum):
    """How long it can wait: until today, until this week, until somebody has time."""

    LATER = 1
    SOON = 2
    NOW = 3


class Who(StrEnum):
    """Who can end it, as the pages say it."""

    LEAD = "A school lead decides"
    LEAD_OR_TEACHER = "A teacher or a school lead settles it"
    SUPPORT = "Support answers"
    SCHOOL = "The school, in {mis} or in Wonde"
    AUTHORISER = "Whoever may agree for the school"
    IT = "The school’s IT, or Wonde"
    WONDE = "Wonde"
    ASKS = "Support asks the school"
    OURS = "Support is looking into it"


class ForProduct(StrEnum):
    """How a school stands, for the learning product. Of several the first counts."""

    WAITING = "waiting"
    LATE = "late"
    WITHHELD = "withheld"
    PAUSED = "paused"
    CURRENT = "current"


@dataclass(frozen=True)
class State:
    """One thing that may wait.

    title: its name in lists of states. short: its words in support's list, and said: its sentence; each for one and
    for many, of {number}, {about} and {mis}. page: the URL name of the page where it is ended, which takes the school's
    code; anchor: where on that page. desk: that of support, where the page is for leads alone. act: what the link says.
    task: what support must hold to do it, as a lead may. tab: the tab of the lead's pages that counts it. told_at_once:
    a mail of its own says so when it begins, so the daily one waits a day. again_after: the daily mail tells a lead
    once, and again after that; without it, each school morning.
    """

    title: str
    short: tuple[str, str]
    said: tuple[str, str]
    urgency: Urgency
    who: Who
    page: str
    act: str
    tab: str = "Overview"
    anchor: str = ""
    desk: str = ""
    task: Task = Task.LOOK
    told_at_once: bool = False
    for_product: ForProduct | None = None
    again_after: timedelta | None = None


STATES = {
    "removals": State(
        "Removals",
        ("1 removal waits", "{number} removals wait"),
        ("1 removal waits for a yes or no.", "{number} removals wait for a yes or no."),
        Urgency.NOW, Who.LEAD, "sync:held", "See who", "Waiting",
        task=Task.DECIDE, told_at_once=True, for_product=ForProduct.WAITING,
    ),
    "stated": State(
        "Ended, says the MIS",
        ("1 stated as ended waits", "{number} stated as ended wait"),
        ("{mis} says at once of too many that they have ended; 1 waits for a yes or no.",
         "{mis} says at once of {number} that they have ended; they wait for a yes or no."),
        Urgency.NOW, Who.LEAD, "sync:held", "See who", "Waiting",
        task=Task.DECIDE, told_at_once=True, for_product=ForProduct.WAITING,
    ),
    "details": State(
        "Changed details",
        ("1 changed detail waits", "{number} changed details wait"),
        ("1 person has other details, in a night that changed many; the old ones stay until somebody has looked.",
         "{number} people have other details all at once; the old ones stay until somebody has looked."),
        Urgency.NOW, Who.LEAD, "sync:held", "See who", "Waiting",
        task=Task.DECIDE, told_at_once=True, for_product=ForProduct.WAITING,
    ),
    "change_of_mis": State(
        "Change of MIS",
        ("change of MIS waits",) * 2,
        ("The school seems to have changed its MIS{about}. Nothing changes until somebody says who is who.",) * 2,
        Urgency.NOW, Who.LEAD, "sync:change_of_mis", "Settle who is who", "Waiting",
        task=Task.DECIDE, told_at_once=True, for_product=ForProduct.WAITING,
    ),
    "rollover": State(
        "New school year",
        ("new school year waits",) * 2,
        ("A new school year waits to be confirmed. New classes come in once it is.",) * 2,
        Urgency.NOW, Who.LEAD, "sync:new_year", "Look at the new year", "Waiting",
        task=Task.DECIDE, told_at_once=True, for_product=ForProduct.WAITING,
    ),
    "revoked": State(
        "Access revoked",
        ("access revoked",) * 2,
        ("The school has ended our access. What we hold is erased on the day the page says.",) * 2,
        Urgency.NOW, Who.SCHOOL, "sync:revoked", "What that means", told_at_once=True,
    ),
    "stopped": State(
        "Stopped here",
        ("sharing stopped here",) * 2,
        ("Sharing was stopped here. {about} What we hold is erased on the day the page says.",) * 2,
        Urgency.NOW, Who.LEAD, "sync:revoked", "What can be done", told_at_once=True,
    ),
    "withdrawn": State(
        "No longer shared",
        ("{about} frozen",) * 2,
        ("The school no longer shares {about}. What we had is frozen, and erased on the day below.",) * 2,
        Urgency.NOW, Who.SCHOOL, "sync:school", "What that means", anchor="frozen",
        told_at_once=True, for_product=ForProduct.WITHHELD,
    ),
    "unreadable": State(
        "Can hardly be right",
        ("{about} can hardly be right",) * 2,
        ("What Wonde showed of {about} can hardly be right. What we had stays.",) * 2,
        Urgency.NOW, Who.SCHOOL, "sync:school", "What came", anchor="look", told_at_once=True,
        for_product=ForProduct.LATE,
    ),
    "not_asked": State(
        "Not asked in Wonde",
        ("not asked in Wonde",) * 2,
        ("The school has not been asked in Wonde to share with us. Nothing is synced before it agrees.",) * 2,
        Urgency.SOON, Who.ASKS, "sync:school", "See how it stands", anchor="access", for_product=ForProduct.LATE,
    ),
    "asked": State(
        "Waits for the school in Wonde",
        ("waits for the school in Wonde",) * 2,
        ("The school has been asked in Wonde to share with us, and has not answered.",) * 2,
        Urgency.SOON, Who.SCHOOL, "sync:school", "See how to approve", anchor="access", for_product=ForProduct.LATE,
    ),
    "declined": State(
        "Declined in Wonde",
        ("declined in Wonde",) * 2,
        ("The school has declined in Wonde to share with us.",) * 2,
        Urgency.SOON, Who.SCHOOL, "sync:school", "See how it stands", anchor="access", for_product=ForProduct.LATE,
    ),
    "checked": State(
        "Being checked by Wonde",
        ("being checked by Wonde",) * 2,
        ("The school has agreed. Wonde checks its data before the first sync, which takes hours to a week.",) * 2,
        Urgency.LATER, Who.WONDE, "sync:school", "See how it stands", anchor="access", for_product=ForProduct.LATE,
    ),
    "late": State(
        "Not synced in time",
        ("not synced in time",) * 2,
        ("{mis} has not been synced in time. Class lists stay as they were.",) * 2,
        Urgency.NOW, Who.OURS, "sync:history", "See the last syncs", "Syncs", for_product=ForProduct.LATE,
    ),
    "never": State(
        "Never synced",
        ("never synced",) * 2,
        ("The school has never been synced in full.",) * 2,
        Urgency.NOW, Who.OURS, "sync:history", "See the last syncs", "Syncs", for_product=ForProduct.LATE,
    ),
    "offline": State(
        "MIS link down",
        ("MIS link down",) * 2,
        ("Wonde has lost its link to {mis}. Class lists stay as they were.",) * 2,
        Urgency.NOW, Who.IT, "sync:school", "What that means", anchor="stale", for_product=ForProduct.LATE,
    ),
    "still": State(
        "Nothing new from Wonde",
        ("nothing new from Wonde",) * 2,
        ("Wonde has had nothing new for weeks: its link to {mis} may be broken without Wonde noticing.",) * 2,
        Urgency.NOW, Who.IT, "sync:school", "What that means", anchor="stale", for_product=ForProduct.LATE,
    ),
    "mail_stopped": State(
        "Weekly mail stopped",
        ("weekly mail stopped",) * 2,
        ("The weekly mail has stopped: for 30 days no address has taken parents’ answers.",) * 2,
        Urgency.NOW, Who.LEAD, "sync:settings", "Give an address", "Settings", anchor="mail", task=Task.DECIDE,
    ),
    "refused": State(
        "Refused by Wonde",
        ("{about} refused by Wonde",) * 2,
        ("Wonde did not let us read {about}. It may be a fault; pages stay as they were.",) * 2,
        Urgency.SOON, Who.SCHOOL, "sync:school", "What that means", anchor="frozen",
        for_product=ForProduct.WITHHELD,
    ),
    "paused": State(
        "Paused",
        ("paused",) * 2,
        ("The sync is paused since one was undone. Nobody new comes in and no class changes.",) * 2,
        Urgency.SOON, Who.LEAD, "sync:school", "Resume", anchor="paused",
        task=Task.DECIDE, for_product=ForProduct.PAUSED,
    ),
    "reply_to": State(
        "No reply address",
        ("no reply address",) * 2,
        ("No address of the school takes parents’ answers to the weekly mail; without one it stops on {about}.",) * 2,
        Urgency.SOON, Who.LEAD, "sync:settings", "Give an address", "Settings", anchor="mail", task=Task.DECIDE,
    ),
    "rights": State(
        "Permission for parents’ rights",
        ("permission for parents’ rights",) * 2,
        ("Wonde may not tell us of {about}; the weekly mail needs it, and stops after 30 days without.",) * 2,
        Urgency.SOON, Who.SCHOOL, "parents:overview", "See which", anchor="rights",
    ),
    "agreement_due": State(
        "Agreement overdue",
        ("agreement overdue",) * 2,
        ("Nobody has agreed for the school to version {about} of the agreement in 60 days. The sync goes on.",) * 2,
        Urgency.SOON, Who.AUTHORISER, "schools:start", "See what is asked", "Data",
    ),
    "agreement": State(
        "Agreement",
        ("agreement waits",) * 2,
        ("Version {about} of the agreement waits for somebody who may agree for the school.",) * 2,
        Urgency.LATER, Who.AUTHORISER, "schools:start", "See what is asked", "Data",
    ),
    "authoriser": State(
        "Nobody may agree",
        ("nobody may agree",) * 2,
        ("Nobody may agree for the school to what is shared. What was agreed stays agreed.",) * 2,
        Urgency.SOON, Who.LEAD, "schools:authorisers", "Name somebody", "Data", task=Task.SIGN_INS,
    ),
    "more_asked": State(
        "For review",
        ("1 more field is asked for", "{number} more fields are asked for"),
        ("1 more field is asked for than was agreed to. It is not read until somebody agrees.{about}",
         "{number} more fields are asked for than were agreed to. They are not read until somebody agrees.{about}"),
        Urgency.SOON, Who.LEAD, "sync:review", "See which, and what for", "Data", again_after=timedelta(days=14),
    ),
    "someone_else": State(
        "Perhaps somebody else",
        ("1 perhaps somebody else", "{number} perhaps somebody else"),
        ("1 new person has the UPN or UPI of somebody who was here under another name.",
         "{number} new people have the UPN or UPI of somebody who was here under another name."),
        Urgency.SOON, Who.LEAD, "sync:somebody_else", "Say who they are", "Waiting", task=Task.DECIDE,
    ),
    "second_class": State(
        "In two classes",
        ("1 in two classes", "{number} in two classes"),
        ("{mis} has 1 student in two of your classes.", "{mis} has {number} students in two of your classes."),
        Urgency.SOON, Who.LEAD, "sync:second", "Choose a class", "Classes", task=Task.DECIDE,
    ),
    "choose": State(
        "Classes to choose",
        ("1 class to choose", "{number} classes to choose"),
        ("1 class fits, and waits for your word.", "{number} classes fit, and wait for your word."),
        Urgency.SOON, Who.LEAD, "sync:import", "Choose classes", "Classes", task=Task.REQUESTS,
    ),
    "begun": State(
        "Import begun",
        ("import begun",) * 2,
        ("Bringing in classes was begun, and is not finished.",) * 2,
        Urgency.LATER, Who.LEAD, "sync:import", "Go on", "Classes", task=Task.REQUESTS,
    ),
    "copies_late": State(
        "Copies overdue",
        ("1 copy of what is held overdue", "{number} copies of what is held overdue"),
        ("1 person has asked what is held about them, and the law’s month is over.",
         "{number} people have asked what is held about them, and the law’s month is over."),
        Urgency.NOW, Who.LEAD, "sync:copies", "See who asked", "Data",
    ),
    "copies_soon": State(
        "Copies due soon",
        ("1 copy of what is held due soon", "{number} copies of what is held due soon"),
        ("1 person has asked what is held about them; the answer is due within a week.",
         "{number} people have asked what is held about them; the answers are due within a week."),
        Urgency.SOON, Who.LEAD, "sync:copies", "See who asked", "Data",
    ),
    "copies": State(
        "Copies asked for",
        ("1 copy of what is held asked for", "{number} copies of what is held asked for"),
        ("1 person has asked what is held about them.", "{number} people have asked what is held about them."),
        Urgency.LATER, Who.LEAD, "sync:copies", "See who asked", "Data", again_after=timedelta(days=14),
    ),
    "requests": State(
        "Class requests",
        ("1 request", "{number} requests"),
        ("1 request about classes waits for support.", "{number} requests about classes wait for support."),
        Urgency.SOON, Who.SUPPORT, "classes:requests", "See the requests", "Classes",
        desk="admin:classes_importrequest_changelist", task=Task.REQUESTS,
    ),
    "two_people": State(
        "For two people",
        ("1 for two people", "{number} for two people"),
        ("Support has asked for something that takes a second person.",
         "Support has asked for {number} things that take a second person."),
        Urgency.SOON, Who.SUPPORT, "sync:school", "See what", anchor="two", told_at_once=True,
    ),
    "cards": State(
        "Cards asked for",
        ("1 card asked for", "{number} cards asked for"),
        ("1 student asks for a new card.", "{number} students ask for a new card."),
        Urgency.SOON, Who.LEAD_OR_TEACHER, "classes:school_signin", "See who", "People", task=Task.SIGN_INS,
    ),
    "mail_held": State(
        "Mail held back",
        ("mail held back",) * 2,
        ("Weekly mail is held back: mail servers refuse it.",) * 2,
        Urgency.SOON, Who.OURS, "parents:overview", "See the mail", "People",
    ),
    "addresses": State(
        "Addresses that bounce",
        ("1 address bounces", "{number} addresses bounce"),
        ("Mail did not get through to 1 address of a parent or carer.",
         "Mail did not get through to {number} addresses of parents and carers."),
        Urgency.LATER, Who.SCHOOL, "parents:overview", "See whose", "People",
    ),
    "gaps": State(
        "Gaps in the MIS",
        ("1 gap in the MIS", "{number} gaps in the MIS"),
        ("{mis} leaves something out, or has it twice.", "{mis} leaves {number} things out, or has them twice."),
        Urgency.LATER, Who.SCHOOL, "sync:school", "See what", anchor="look",
    ),
    "kept": State(
        "Kept against the MIS",
        ("1 kept against the MIS", "{number} kept against the MIS"),
        ("1 is kept here although {mis} says otherwise.", "{number} are kept here although {mis} says otherwise."),
        Urgency.LATER, Who.LEAD, "sync:held", "See who", "Waiting", task=Task.DECIDE,
    ),
}  # fmt: skip
