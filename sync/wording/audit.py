"""What was done to a school, told from its audit entries. They hold ids; names are found here, of rows still shown."""

from dataclasses import dataclass

from schools.models import ApiToken, AuditEntry, Invitation, User
from sync.wording import sentences
from sync.wording.sentences import Named

# Whose work: {word in the address: (label, what is asked of an entry)}.
WHOSE = {
    "": ("Support", {"actor__is_staff": True}),
    "school": ("People of the school", {"actor__is_staff": False}),
    "all": ("Everybody", {}),
}

# A verb of an entry as a sentence; "{}" is the row it was done to. Verbs that are not here stand before the row.
SENTENCES = {
    "agreed": "agreed for the school to what is shared",
    "accepted": "accepted the invitation to {}",
    "added": "added the school",
    "answered “This is not my child”": "“This is not my child” was answered to a weekly mail",
    "approved": "approved a request about classes",
    "asked": "asked for classes",
    "asked for access to": "asked the school in Wonde to share with us",
    "asked for a preview of": "asked for a preview",
    "asked for a sync of": "asked for a sync",
    "access was ended in Wonde": "our access was ended in Wonde",
    "asked why": "asked why {} is or is not here",
    "began to look": "began to look at the school",
    "changed": "changed how the school is set up",
    "confirmed that access be ended in Wonde": "confirmed that our access be ended in Wonde",
    "answered a request for a copy": "noted a request for what is held about {} as answered",
    "closed a request for a copy unanswered": "closed a request for a copy of what is held about {}, unanswered",
    "decided what a copy holds": "decided what the copy of what is held about {} says",
    "declined": "declined a request about classes",
    "erased": "erased what was held",
    "exported": "exported all that is held about {}",
    "extended a request for a copy": "took two months more to answer what is held about {}",
    "fetched a copy": "fetched the copy of what is held about {}",
    "invited": "invited {}",
    "handed on": "an invitation to agree for the school was handed on to {}",
    "invited as school lead": "invited {} as a school lead",
    "invited to agree": "invited {} to agree for the school",
    "left out": "left {} out of the product",
    "let back in": "let {} back into the product",
    "lifted": "lifted a block",
    "looked at the weekly mail": "looked at the weekly mail to {}",
    "looked at who would be in two classes": "looked at who would be in two classes if a request were approved",
    "gave the support right": "gave {} of support a right for this school",
    "named other people in a copy": "had other people named in the copy of what is held about {}",
    "noted a request for a copy": "noted that somebody asked what is held about {}",
    "opened": "opened the record of {}",
    "put into a group": "put the school into a group of schools: support with rights for the group has them here",
    "recorded a paper agreement": "recorded that the school signed the agreement on paper",
    "resumed": "resumed the nightly changes",
    "revealed address": "looked at the address of {}",
    "sent the weekly mail to themselves": "sent themselves the weekly mail to {}",
    "shared again": "shared the school’s data again",
    "stopped sharing": "stopped sharing the school’s data",
    "switched mail off": "switched the weekly mail off for {}",
    "switched mail on": "switched the weekly mail on for {}",
    "told of wrong tries": "leads and support were told of many wrong tries to sign in",
    "took out of a group": "took the school out of a group of schools",
    "took the support right": "took a right for this school from {} of support",
    "typed the values of WCBS": "typed the school’s WCBS address, client ID and client secret",
    "was shown the client secret": "was shown the client secret of WCBS",
    "handed WCBS over to Wonde": "said that Wonde has all it needs to read WCBS",
    "wiped the client secret": "wiped the client secret of WCBS",
    "took back": "took an invitation back",
    "undid": "undid a sync",
    "withdrew the right to agree of": "withdrew the right of {} to agree for the school",
    "withdrawn": "withdrew a request about classes",
}

KINDS_OF_MODELS = {model._meta.model_name: kind for kind, model in sentences.MODELS.items()}
# Rows with a name of their own that are no mirrored kind: {model name: (model, its field, when it is gone)}.
NAMED = {
    "user": (User, "email", "a sign-in that is gone"),
    "invitation": (Invitation, "email", "an address whose invitation is gone"),
    "apitoken": (ApiToken, "name", "a token that is gone"),
}


@dataclass(frozen=True)
class ToldEntry:
    """One entry for a page: `before`, the row's name where it has one, `after`."""

    entry: AuditEntry
    before: str
    who: Named | None
    after: str


def entries(school, whose):
    """Audit entries of `school`, newest first; whose: a word of WHOSE."""
    asked = WHOSE.get(whose, WHOSE[""])[1]
    return AuditEntry.objects.filter(school=school, **asked).select_related("actor").order_by("-at", "-pk")


def tell(rows):
    """Entries as `ToldEntry`, in their order, in a number of queries that does not grow with them."""
    rows = list(rows)
    known = sentences.names([(_kind(row), row.object_id) for row in rows])
    for kind, (model, name, _) in NAMED.items():
        if wanted := {row.object_id for row in rows if row.kind == kind}:
            named = model.objects.filter(pk__in=wanted).exclude(**{name: None}).values_list("pk", name)
            known |= {(kind, pk): Named(text) for pk, text in named}
    return [_told(row, known) for row in rows]


def _told(row, known):
    sentence = SENTENCES.get(row.verb)
    kind = _kind(row)
    if sentence is None:
        sentence = f"{row.verb} {{}}" if kind in sentences.ONE or kind in NAMED else row.verb
    before, here, after = sentence.partition("{}")
    return ToldEntry(row, before, _who(kind, row, known) if here else None, after)


def _who(kind, row, known):
    if found := known.get((kind, row.object_id)):
        return found
    gone = NAMED[kind][2] if kind in NAMED else sentences.NO_LONGER_HELD.get(kind, "something that is no longer held")
    return Named(gone)


def _kind(row):
    """The kind of the row: most entries name its model, an export the kind itself."""
    return KINDS_OF_MODELS.get(row.kind, row.kind)
