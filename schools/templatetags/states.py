"""States as pages show them: one table of every colour, shape and words, and the tag that draws a state."""

from django import template
from django.utils.html import format_html

from schools.templatetags.icons import icon
from schools.templatetags.words import day, when

register = template.Library()

# {whose state: {its code: (colour, icon, words)}}. The colour is in, waiting, out, wrong or info. In the words, {day}
# and {when} are a moment as `schools.templatetags.words` says it; any other name is an argument of the tag.
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
    "stay": {
        "now": ("in", "in", "Now"),
    },
    "request": {
        "waiting": ("waiting", "waiting", "Waiting for an answer"),
        "approved": ("in", "in", "Approved"),
        "declined": ("wrong", "wrong", "Declined"),
        "withdrawn": ("out", "out", "Withdrawn"),
    },
    "second class": {
        "settled": ("in", "in", "Settled"),
    },
    "sync": {
        "waits": ("waiting", "waiting", "Synced, something waits"),
        "undo": ("info", "back", "An undo"),
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
}


@register.simple_tag
def state(whose, code, moment=None, zone=None, *, href="", **said):
    """The state `code` of `whose` with its icon and words, as a link where it has a `href`.

    moment, zone: when it came about, where its words tell that, and the school's time zone; said: what else they name
    """
    kind, shape, words = STATES[whose][code]
    words = format_html(words, when=when(moment, zone), day=day(moment, zone), **said)
    if href:
        return format_html('<a class="state state-{}" href="{}">{} {}</a>', kind, href, icon(shape), words)
    return format_html('<span class="state state-{}">{} {}</span>', kind, icon(shape), words)
