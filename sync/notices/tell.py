"""Mails to a school's leads and to support when something needs a person: one each, queued in the transaction that
finds it out."""

from django.conf import settings
from django.urls import reverse

from schools.mail import outgoing
from sync.facts.kinds import KINDS, PEOPLE
from sync.models import Hold
from sync.plans.waiting import ALARMS
from sync.wording.sentences import day_in_full
from sync.wording.waiting import sentence


def held(run):
    """A run has held something for the first time: says how much, never who."""
    waiting = Hold.objects.listed().filter(school=run.school, kept_at=None)
    number, who = waiting.count(), "that" if waiting.exclude(kind__in=PEOPLE).exists() else "who"
    _tell(
        run.school,
        f"{run.school.name}: {f'{number:,} wait' if number > 1 else 'something waits'} for your yes or no",
        [
            "In one night more went missing or changed than this school lets pass unasked. None of it was applied:",
            *[sentence(entry) for entry in run.waiting if "limit" in entry],
            "Look who it is under “Waiting”, and say yes or keep them as they are. If the MIS has them as before, it "
            "clears by itself.",
        ],
        "sync:held",
        f"See the {number:,} {who} wait" if number > 1 else "See what waits",
    )


def alarmed(run):
    """What was read can hardly be true: says what it is, never who."""
    _tell(
        run.school,
        f"{run.school.name}: what Wonde shows us can hardly be right",
        [
            *[sentence(entry) for entry in run.waiting if entry["code"] in ALARMS],
            "What we had stays as it is. Once the MIS and Wonde show it as it should be, it clears by itself.",
        ],
        "sync:school",
        "See what came",
        "look",
    )


def frozen(school, kinds):
    """The school has withdrawn a permission: what that means, and the day it is final."""
    labels = " and ".join(KINDS[kind].label for kind in kinds)
    on = day_in_full(school.frozen[kinds[0]]["erase_on"])
    _tell(
        school,
        f"{school.name} no longer shares {labels}",
        [
            f"With the last sync Wonde did not let us read {labels} of {school.name}: the permission is withdrawn.",
            f"What we had of them is frozen. Nobody sees it, nobody is mailed about it. Teachers keep the access they "
            f"had. On {on} it is erased for good.",
            "If that is a mistake, switch the permission on again in Wonde: everything is back with the next sync.",
        ],
        "sync:school",
        "See what is frozen",
        "frozen",
    )


def doubted(school, kind):
    """Wonde has refused a kind for more than a night, although it shows the permission as approved."""
    label = KINDS[kind].label
    _tell(
        school,
        f"{school.name}: Wonde does not let us read {label}",
        [
            f"Since {day_in_full(school.doubted[kind]['since'])} Wonde has refused to let us read {label} of "
            f"{school.name}, although it shows the permission as approved.",
            "Pages stay as they were. No mail goes out on what we had, and the product gets nothing of it. Nothing is "
            "erased.",
            "Please switch the permission off and on again in Wonde, or ask Wonde what is wrong. Once it can be read, "
            "mail goes on by itself.",
        ],
        "sync:school",
        "See what is refused",
        "frozen",
    )


def revoked(school):
    """The school has ended our access."""
    _tell(
        school,
        f"{school.name} has ended our access",
        [
            f"Wonde tells us that {school.name} has ended our access to its data. Students and teachers can no longer "
            "sign in, and no mail is sent.",
            f"What we hold is erased for good on {day_in_full(school.erase_on)}. School leads can read this after "
            "signing in, and erase it at once.",
            "If that is a mistake, approve us again in Wonde: everything is back with the next sync.",
        ],
        "sync:revoked",
        "See what is erased, and when",
    )


def stopped(stop, takes_two):
    """Somebody has stopped sharing here; takes_two: whether a second person ends it in Wonde too."""
    school, second = stop.school, "A second person of the school, or support, can" if takes_two else "You can"
    _tell(
        school,
        f"{school.name} no longer shares with {settings.PRODUCT_NAME}",
        [
            f"{stop.by} has stopped sharing {school.name} with {settings.PRODUCT_NAME}: “{stop.reason}”.",
            "Students and teachers can no longer sign in, no mail is sent to parents and carers, and nothing is read "
            "from Wonde.",
            f"What we hold is erased for good on {day_in_full(school.erase_on)}. Until then any school lead can share "
            "again, and everything is back as it was.",
            f"In Wonde nothing has changed yet. {second} have it ended there too.",
        ],
        "sync:revoked",
        "See what that means",
        deciders=True,
    )


def to_be_ended(stop):
    """Somebody has confirmed that it be ended in Wonde too."""
    school = stop.school
    _tell(
        school,
        f"{school.name}: our access is being ended in Wonde too",
        [
            f"{stop.confirmed_by} has confirmed that {school.name} ends our access in Wonde.",
            "We ask Wonde until it is done; the page says how far it is. Whatever Wonde answers, nothing is shared "
            "here.",
            "Whoever wants to share again after that approves us again in Wonde.",
        ],
        "sync:revoked",
        "See how far it is",
        deciders=True,
    )


def shared_again(stop):
    """Somebody shares again."""
    school = stop.school
    first = f" Our access was ended in Wonde: approve {settings.PRODUCT_NAME} again there." if stop.ended_at else ""
    _tell(
        school,
        f"{school.name} shares with {settings.PRODUCT_NAME} again",
        [
            f"{stop.over_by} has shared {school.name} with {settings.PRODUCT_NAME} again.",
            f"Everybody is back with the next sync that Wonde lets through.{first}",
            "Nobody who has unsubscribed is written to again.",
        ],
        "sync:school",
        "See whether it is back",
        deciders=True,
    )


def stale(school, why):
    """What we have about a `school` from `freshness.with_standing` has become too old to write to anybody about; why: a
    sentence."""
    _tell(
        school,
        f"{school.name}: class lists are as of {day_in_full(school.as_of)}",
        [
            f"What we have of {school.name} is more than 48 hours old. Class lists stay as they were, and no weekly "
            "mail goes out to parents and carers.",
            why,
            "Once there is something newer, everything goes on by itself. You hear about this once.",
        ],
        "sync:school",
        "See how old it is",
        "stale",
    )


def to_confirm(school, about):
    """A change of MIS or a new school year waits to be confirmed, and nothing comes in until then."""
    titles = {
        "change_of_mis": f"{school.name} seems to have changed its MIS",
        "rollover": f"{school.name}: a new school year waits",
    }
    whats = {
        "change_of_mis": "Most records came with new ids, as when a school changes its MIS. Nothing is changed until "
        "somebody has said who is who: “Settle who is who” on the school's page. Weekly mail stops after two "
        "days.",
        "rollover": "A new school year has begun. New classes come in when somebody has looked at what ends and what "
        "begins, and has confirmed it: “New school year” on the school's page.",
    }
    pages = {
        "change_of_mis": ("sync:change_of_mis", "Settle who is who"),
        "rollover": ("sync:new_year", "Look at the new year"),
    }
    _tell(school, titles[about], [whats[about], "You hear about this once."], *pages[about])


def purpose_stopped(school, purpose):
    """A purpose was switched off because nobody agreed to what it needs."""
    _tell(
        school,
        f"{school.name}: “{purpose.title}” has stopped",
        [
            f"“{purpose.title}” needs more than {school.name} has agreed to, and nobody agreed in thirty days. It is "
            f"switched off. {purpose.lost}",
            "Class lists and everything else go on. To have it back, switch it on under “Sharing” and agree to what it "
            "needs.",
        ],
        "sync:sharing",
        "See what is shared",
    )


def wrong_tries(school, number, first, last):
    """Somebody has tried many times to sign in as students, between these times today; never says as whom."""
    _tell(
        school,
        f"{school.name}: {number} wrong tries to sign in",
        [
            f"Between {first} and {last} there were {number} wrong tries to sign in as students of {school.name}.",
            "Nobody is locked out: tries are slower at the students concerned, but the words of a card work at once, "
            "and so does a browser that was right before.",
            "Look under “Wrong tries” on the school's pages whose sign-in it was. If your own students mistyped, "
            "nothing needs doing. If somebody else tried, give the students concerned a new card: on their page, “New "
            "card: somebody else has the old one”. You hear about this once a day at most.",
        ],
        "students:wrong_tries",
        "See whose sign-in it was",
    )


def red(school, title, paragraphs):
    """To support alone: a school is red."""
    page = {"path": reverse("sync:history", args=[school.code]), "act": "See the last syncs"}
    outgoing.put("notice", school=school, title=title, paragraphs=paragraphs, **page)


def asked_for_two(school, what, by, due_at):
    """Support has asked for something that takes two people; due_at: when it is done anyway, if nobody else may confirm
    it."""
    if due_at:
        local = due_at.astimezone(school.zone)
        when = f"Nobody else of support may confirm it: it is done {day_in_full(local.date())}, {local:%H:%M}."
    else:
        when = "It is done when a second person of support has confirmed it."
    _tell(
        school,
        f"{school.name}: support has asked to {what}",
        [
            f"{by} of support has asked to {what}. {when}",
            "Until then you can call it off with the link below. If you know nothing of it, do, and write to us.",
        ],
        "sync:school",
        "See it, or call it off",
        "two",
    )


def _tell(school, title, paragraphs, page, act, anchor="", deciders=False):
    """page: the URL name of the page of the school where it is settled; anchor: where on it; act: what the button
    says. deciders: it goes to all who may stop what the school shares, however they want their mail."""
    path = reverse(page, args=[school.code]) + (f"#{anchor}" if anchor else "")
    tell = outgoing.tell_deciders if deciders else outgoing.tell
    tell("notice", school, title=title, paragraphs=paragraphs, path=path, act=act)
