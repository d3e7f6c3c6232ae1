"""Schools as rows: lists by state, the school itself, its permissions and its ACL."""

from sync.sandbox import choices
from sync.sandbox.wire.filters import parse_moment
from sync.sandbox.wire.shapes import moment
from sync.sandbox.world import profiles

# List -> states of the access request that belong in it. The state is not a field of a school: it is the list the
# school is in.
APPROVED = ("approved", "unaudited", "offline")
LISTS = {
    "approved": APPROVED,
    "all": (*APPROVED, "pending", "declined", "revoked", "none"),
    "pending": ("pending",),
    "audited": ("approved", "offline"),
    "offline": ("offline",),
    "revoked": ("revoked",),
    "declined": ("declined",),
}
UNFILTERED = ("revoked", "declined")


def school_lists(registry, name, params):
    """The entries of a list of schools, filtered by postcode prefix, la_code, establishment_number, urn and when they
    came into it."""
    rows = [entry for entry in registry.entries.values() if entry.access in LISTS[name]]
    if name in UNFILTERED:
        return rows
    tests = {
        "postcode": lambda profile, value: profile.postcode.replace(" ", "").startswith(value.upper().replace(" ", "")),
        "la_code": lambda profile, value: profile.la_code == value,
        "establishment_number": lambda profile, value: profile.establishment_number == value,
        "urn": lambda profile, value: str(profile.urn) == value,
    }
    for parameter, test in tests.items():
        if value := params.get(parameter):
            rows = [entry for entry in rows if test(entry.profile, value)]
    if after := parse_moment(params.get("updated_after", "")):
        rows = [entry for entry in rows if (entry.listed_at or registry.start) >= after]
    return rows


def school_row(entry, request):
    """A school. `region` gives this sandbox's address as the caller knows it, so that clients come back here."""
    profile = entry.profile
    country = profiles.COUNTRIES[profile.country]
    publishes = profiles.PHASES[profile.phase].publishes_classes
    identifiers = {
        "la_code": profile.la_code,
        "establishment_number": profile.establishment_number,
        "urn": profile.urn,
    }
    said = {choices.REASON_KEYS[entry.access]: entry.reason} if entry.reason else {}
    return said | {
        "id": profile.id,
        "name": profile.name,
        "establishment_number": profile.establishment_number,
        "urn": profile.urn,
        "phase_of_education": profiles.PHASES[profile.phase].wonde,
        "la_code": profile.la_code,
        "timezone": country.timezone,
        "mis": profiles.MIS[entry.mis].name,
        "address": {
            "address_line_1": "Sluice Lane",
            "address_line_2": None,
            "address_town": profile.town,
            "address_postcode": profile.postcode,
            "address_country": {"code": country.region, "name": country.country},
        },
        "extended": {
            "allows_writeback": False,
            "has_timetables": publishes,
            "has_lesson_attendance": publishes,
            "audit_approved_at": moment(profile.audited_at) if entry.access in LISTS["audited"] else None,
        },
        "region": {
            "code": country.region,
            "domain": request.host,
            "school_url": f"{request.base}/v1.0/schools/{profile.id}",
            "identifiers": identifiers,
        },
    }


def permissions(world, approved):
    """Every scope, and whether this school grants it.

    `audited` and `declined` are both sent, unless an event says otherwise: sources disagree about which exists.
    """
    since = {"date": "2026-01-05 00:00:00.000000", "timezone_type": 3, "timezone": "UTC"}
    rows = []
    for identity, (group, name, parent) in choices.SCOPES.items():
        granted = approved and identity in world.scopes
        row = {
            "identity": identity.replace(".read", ":read") if world.permission_list == "respelt" else identity,
            "name": name,
            "description": f"Read {name[0].lower()}{name[1:]}",
            "parent": parent,
            "group": group,
            "active_from": since,
            "optional": parent is not None,
            "approved": granted,
            "audited": granted,
            "declined": not granted,
        } | world.permissions_say.get(identity, {})
        left_out = choices.PERMISSION_LISTS[world.permission_list]
        rows.append({key: value for key, value in row.items() if key not in left_out})
    return rows


def acl(world, with_type):
    """Who the school hides from this app."""
    mode = choices.ACL_MODE_SOME_HIDDEN if world.hidden else choices.ACL_MODE_NOBODY_HIDDEN
    ids = [{"id": hidden, "type": kind} if with_type else hidden for hidden, kind in world.hidden.items()]
    return {"mode": mode, "ids": ids}
