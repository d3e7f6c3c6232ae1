"""What waits for a person, in a sentence: `sync.plans.waiting` as it stands in a run or in a preview."""

from msgspec import convert

from sync.facts.kinds import KINDS
from sync.plans.waiting import Waiting
from sync.wording.kinds import counted

LOOK = "Nothing is removed until a person has looked."
UNSHARED = (
    "Nothing about them is mailed or given to the product, and two nights later no page shows them. The school can "
    "share them again in the MIS or in Wonde."
)
# Code of `Waiting` -> its sentence, or (for one, for many).
SENTENCES = {
    "without_id": "A row of {label} came without an id. Nobody is taken for missing tonight.",
    "vanished": "“{column}” is suddenly empty for many {label}. The old values stay.",
    "unreadable": "{some} came damaged from the MIS and could not be read. Whoever is here stays as they were. Ask the "
    "school and Wonde to look into it.",
    "not_current": "{some} have left, have not started yet or are not current, says the MIS, so they did not come in. "
    "Ask the school to check these dates in the MIS.",
    "denied": "Wonde did not let us read {label}. What we have of them is neither changed, nor mailed, nor handed on. "
    "The school can grant the permission in Wonde.",
    "not_offered": "Wonde does not offer {label} for this school's MIS. What we have stays as it is. Ask Wonde.",
    "emptied": "Wonde had {label} before and lists none now. Nothing is changed. Ask the school if the MIS is right.",
    "paused": "The school is paused: only what the MIS states as ended applies. Resume it when it is right.",
    "rollover": "A new school year has begun. New classes come in when somebody has looked at it and confirmed.",
    "duplicate": (
        "1 new student has a UPN that somebody else has. They wait for the school to correct it.",
        "{count:,} new students have a UPN that somebody else has. They wait for the school to correct it.",
    ),
    "silent": "The MIS no longer says {fact}. Who is here stays; nobody new or returning comes in. The school can "
    "share it again in Wonde.",
    "rights_unreadable": (
        "Of 1 parent or carer the MIS does not say readably whether they may know of a student. Who is here stays, and "
        "nobody writes to them about that student. The school can correct it in the MIS.",
        "Of {count:,} parents and carers of students the MIS does not say readably whether they may know of the child. "
        "Who is here stays, and nobody writes to them about the child. The school can correct it in the MIS.",
    ),
    "perhaps_hidden": (
        "{some} is no longer shared with us: consent in the MIS, or blocked in Wonde. " + UNSHARED,
        "{some} are no longer shared with us: consent in the MIS, or blocked in Wonde. " + UNSHARED,
    ),
    "unlike": (
        "1 new person has the UPN or UPI of somebody who was here before, but neither that name nor that year group. "
        "They wait for a person to say who they are.",
        "{count:,} new people have the UPN or UPI of somebody who was here before, but neither that name nor that year "
        "group. They wait for a person to say who they are.",
    ),
    "change_of_mis": "The school seems to have changed its MIS to {mis}. Nothing is changed until a person confirms "
    "who is who: {matched}.",
    "removals": "{some} would be removed because {because}{before}. " + LOOK,
    "class": "{count:,} of {of:,} students of {name} would be left in no class. " + LOOK,
    "identity": "{count:,} students have both another name and another UPN under the same Wonde id. Their old details "
    "stay until a person has looked, and nobody is written to about them.",
    "addresses": "{some} have another email address all at once. Their old details stay until a person has looked.",
}
STATED = {  # what the MIS states of too many of a kind in one night
    "students": "{some} have left or have not started yet, says the MIS, all in one night. They stay until a person "
    "has looked.",
    "employees": "{some} are not current any more, says the MIS, all in one night. They cannot open anything from now "
    "on; they stay on the lists until a person has looked.",
    "classes": "{some} belong to another academic year, says the MIS, all in one night. They stay until a person has "
    "looked.",
}
NOTHING_KEEPS = {  # what is so of people whom the MIS lists and who would go all the same
    "students": "in no imported class",
    "employees": "as teachers of no imported class",
    "contacts": "does not say for a child who is here that they have responsibility",
}
FACTS = {  # of `sync.rules.silence`, after "The MIS no longer says"
    "current": "which staff are current",
    "dates": "when students start and leave",
    "court_orders": "between whom there is a court order",
}


def sentence(entry):
    """What `entry`, a `Waiting` as plain data, is called."""
    told = convert(entry, Waiting)
    kind = KINDS[told.kind]
    return _pattern(told).format(
        count=told.count,
        of=told.of,
        label=kind.label,
        some=f"{told.count:,} of {counted(told.of, told.kind)}",
        column=kind.columns[told.column].label if told.column else "",
        fact=FACTS.get(told.fact, ""),
        name=told.name or "a class",
        mis=told.name or "another MIS",
        matched="; ".join(map(matched, told.matched)),
        because=_because(told),
        before=f", after {told.before:,} in the last seven days" if told.before else "",
    )


def with_sentences(entries):
    """The same as plain data for machines and people: each with its sentence as `what`."""
    return [entry | {"what": sentence(entry)} for entry in entries]


def matched(line):
    """How far it is known who is who in one kind: "students: 1,187 by UPN, 11 by name and year group, 2 to settle"."""
    parts = [f"{count:,} by {way}" for way, count in line.by.items()] + [f"{line.to_settle:,} to settle by hand"]
    if line.lost:
        parts.append(f"{line.lost:,} no longer listed")
    return f"{KINDS[line.kind].label}: {', '.join(parts)}"


def _pattern(told):
    if told.code in {"stated", "stated_in_pause"}:
        return STATED[told.kind] + (" Resume the school first." if told.code == "stated_in_pause" else "")
    found = SENTENCES[told.code]
    return found if isinstance(found, str) else found[0 if told.count == 1 else 1]


def _because(told):
    """Missing or not: whom the MIS still lists is not said to be missing there."""
    listed = f"the MIS lists {told.count - told.missing:,}, but {NOTHING_KEEPS.get(told.kind, '')}"
    if not told.missing:
        return listed
    if told.missing == told.count:
        return "they are missing in the MIS"
    return f"{told.missing:,} are missing in the MIS, and {listed}"
