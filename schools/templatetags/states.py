"""States as pages show them: one table of every colour, icon and words, and the tags that draw them."""

from django import template
from django.utils.html import format_html

from schools.templatetags.icons import icon
from schools.templatetags.words import day, when

register = template.Library()

# {whose state: {its code: (colour, icon, words)}}. The colour is in, waiting, out, wrong or info. In the words, {day}
# and {when} are a moment as `schools.templatetags.words` writes it; any other name is an argument of the tag.
INVITATION = {
    "sent": ("waiting", "mail", "not in yet, invited {day}"),
    "waiting to be sent": ("waiting", "mail", "invitation about to leave"),
    "expired": ("wrong", "mail", "the invitation has run out, sent {day}"),
    "refused by the mail server": ("wrong", "wrong", "the mail was refused"),
}
STATES = {
    "class": {
        "in": ("in", "in", "In"),
        "out": ("out", "out", "Out"),
        "ended": ("out", "out", "Ended {day}"),
        "new": ("info", "info", "New this week"),
        "asking": ("waiting", "waiting", "{who} for a card"),
    },
    "weekly mail": {  # in the school's language
        "on": ("in", "in", "{how}"),
        "off": ("out", "out", "{how}"),
    },
    "stay": {
        "now": ("in", "in", "Now"),
    },
    "request": {
        "waiting": ("waiting", "waiting", "Waiting for an answer"),
        "approved": ("in", "in", "Approved"),
        "declined": ("wrong", "wrong", "Declined"),
        "withdrawn": ("out", "out", "Withdrawn"),
    },
    "need": {
        "now": ("wrong", "wrong", "Now"),
        "soon": ("waiting", "waiting", "This week"),
        "later": ("info", "info", "When there is time"),
    },
    "access": {
        "not_asked": ("out", "out", "Not asked yet"),
        "asked": ("waiting", "waiting", "Waiting for the school"),
        "declined": ("wrong", "wrong", "Declined"),
        "checked_by_wonde": ("info", "next", "Being checked by Wonde"),
        "open": ("in", "in", "Shared"),
        "offline": ("waiting", "waiting", "MIS link down"),
        "revoked": ("wrong", "wrong", "Ended"),
    },
    "permission": {
        "granted": ("in", "in", "Granted"),
        "not granted": ("wrong", "wrong", "Not granted"),
        "not known": ("waiting", "info", "We cannot tell"),
    },
    "purpose": {
        "always": ("in", "in", "always on"),
        "on": ("in", "in", "on"),
        "off": ("out", "out", "off"),
    },
    "shared": {
        "on": ("in", "in", "On"),
        "off": ("out", "out", "Off"),
        "waiting": ("waiting", "waiting", "Waiting for Wonde"),
        "review": ("waiting", "waiting", "For review"),
    },
    "copy": {
        "open": ("waiting", "waiting", "Open"),
        "making": ("info", "next", "Copy being made"),
        "ready": ("in", "in", "Copy ready"),
        "answered": ("in", "in", "Answered"),
        "withdrawn": ("out", "out", "Closed unanswered"),
        "cannot": ("out", "out", "Nothing held any more"),
    },
    "due": {
        "late": ("wrong", "wrong", "{words}"),
        "soon": ("waiting", "waiting", "{words}"),
        "later": ("info", "info", "{words}"),
    },
    "second class": {
        "settled": ("in", "in", "Settled"),
    },
    "sync": {
        "waits": ("waiting", "waiting", "Synced, something waits"),
        "undo": ("info", "back", "An undo"),
        "left_out": ("out", "out", "Left out"),
        "applied": ("in", "in", "Synced"),
        "running": ("info", "next", "Syncing now"),
        "refused": ("wrong", "wrong", "Not synced"),
        "failed": ("wrong", "wrong", "Stopped"),
    },
    "student": {
        "asks": ("waiting", "waiting", "Asks for a new card"),
        "active": ("in", "in", "Last seen {when}"),
        "code waiting": ("info", "info", "Card not used yet"),
        "never": ("out", "out", "Never signed in"),
        "no username": ("out", "out", "No username yet"),
    },
    "staff": {
        "in": ("in", "in", "signed in {when}"),
        "unused": ("info", "info", "has a sign-in, not used yet"),
        "off": ("wrong", "lock", "switched off by support"),
        "invited": INVITATION["sent"],
        "queued": INVITATION["waiting to be sent"],
        "expired": INVITATION["expired"],
        "refused": ("wrong", "wrong", "the mail was refused {day}"),
        "no_address": ("out", "out", "never invited: no address"),
        "shared": ("out", "out", "never invited: an address of two people"),
        "unusable": ("out", "out", "never invited: the address cannot be written to"),
        "ready": ("out", "out", "not invited yet"),
    },
    "address": {
        "moved": ("waiting", "waiting", "address has changed"),
    },
    "invitation": INVITATION,
    "lead": {
        "is": ("info", "info", "school lead"),
        "since": ("info", "info", "school lead since {day}"),
        "not listed": ("waiting", "waiting", "not in {mis} since {day}"),
    },
    "two-step": {
        "on": ("in", "in", "On"),
        "off": ("out", "out", "Off"),
    },
    "passkeys": {
        "some": ("in", "in", "{number}"),
        "none": ("out", "out", "None"),
    },
    "device": {
        "here": ("in", "in", "Here"),
    },
    "preview": {
        "create": ("in", "joined", "{number} new"),
        "return": ("in", "back", "{number} back"),
        "update": ("info", "info", "{number} changed"),
        "move": ("info", "moved", "{number} moved"),
        "remove": ("out", "left", "{number} would go"),
        "in": ("in", "in", "{number} would come in"),
        "out": ("out", "out", "{number} would go out"),
        "held": ("waiting", "waiting", "{number} held"),
    },
    "mail step": {
        "yes": ("in", "in", "{step}"),
        "no": ("wrong", "wrong", "{step}: no, {why}"),
        "not asked": ("out", "out", "{step}: not asked any more"),
    },
    "guide": {
        "done": ("in", "in", "{said}"),
        "next": ("info", "next", "{said}"),
        "waiting": ("waiting", "waiting", "{said}"),
        "wrong": ("wrong", "wrong", "{said}"),
        "open": ("out", "waiting", "{said}"),
        "info": ("info", "info", "{said}"),
    },
    "step": {
        "done": ("in", "in", '{step}<span class="unseen">: done</span>'),
        "now": ("info", "next", "{step}: now"),
        "": ("out", "waiting", "{step}"),
    },
    "event": {
        "came": ("in", "joined", "The class came in with {students}"),
        "joined": ("in", "joined", "{who} joined"),
        "moved_here": ("in", "joined", "{who} moved here from {other}"),
        "moved_away": ("info", "moved", "{who} moved to {other}"),
        "left": ("waiting", "left", "{who} left"),
        "teaches": ("in", "person", "{who} now {teach} this class"),
        "stopped": ("waiting", "person", "{who} no longer {teach} this class"),
    },
}


@register.simple_tag
def state(whose, code, moment=None, zone=None, *, href="", **said):
    """The state `code` of `whose` with its icon and words, as a link if it has a `href`.

    moment, zone: when it came about, if its words say so, and the school's time zone; said: what else the words name
    """
    colour, shape, words = STATES[whose][code]
    words = format_html(words, when=when(moment, zone), day=day(moment, zone), **said)
    if href:
        return format_html('<a class="state state-{}" href="{}">{} {}</a>', colour, href, icon(shape), words)
    return format_html('<span class="state state-{}">{} {}</span>', colour, icon(shape), words)


@register.simple_tag
def entry(whose, code, **said):
    """The state `code` of `whose` as an item of a list: its icon in its colour, beside its words in plain text."""
    colour, shape, words = STATES[whose][code]
    return format_html(
        '<li class="entry entry-{}">{}<span>{}</span></li>', colour, icon(shape), format_html(words, **said)
    )
