"""What a school shares, purpose by purpose, for the page "Sharing": it names fields and numbers, never a value."""

from dataclasses import dataclass, field
from datetime import datetime

from schools.models import SchoolPurpose, Sharing
from schools.sharing import keys, purposes
from sync.facts.filled import of_field
from sync.models import PermissionState, SyncRun
from sync.wording.kinds import declared

FEW = 5  # of fewer students than this no number is shown where it says something of each of them
GRANTED = {True: "granted", False: "not granted", None: "not known"}  # as states of "permission"


@dataclass(frozen=True)
class ToldField:
    """One field of a purpose. since: since when it is asked for; None while it is not. wonde, here: states of
    "permission" and "shared". permission: its name in Wonde. counted: (how many had it, of how many) at the last sync;
    None where it was not read. few: whom the number would tell of, where that is fewer than FEW: those who "have" it,
    those who "lack" it, or "". empty_since: the first sync since which it came empty for everybody."""

    label: str
    of: str
    purpose: str
    since: datetime | None
    wonde: str
    permission: str
    here: str
    counted: tuple[int, int] | None
    few: str
    empty_since: datetime | None


@dataclass(frozen=True)
class ToldPurpose:
    """said: what the school last said of it, if it has. lacking: names of the permissions it waits for."""

    purpose: purposes.Purpose
    is_on: bool
    said: SchoolPurpose | None
    fields: list[ToldField]
    lacking: list[str]


@dataclass
class _School:
    """All that the page goes by, read at once. since: field -> when it was agreed to, of those asked later than at
    first. names: permission -> what Wonde calls it."""

    added_at: datetime
    on: frozenset[str]
    agreed: purposes.Agreed
    run: SyncRun
    said: dict[str, SchoolPurpose]
    since: dict[str, str]
    names: dict[str, str]
    empty_since: dict[str, datetime] = field(default_factory=dict)

    def is_asked(self, key, name):
        return key in self.on and name in self.agreed.get(key, ())


def of_school(school):
    """(each purpose as a `ToldPurpose`, the last complete sync or None, whether Wonde told then what it grants)."""
    run = SyncRun.objects.complete().filter(school=school).first()
    sharing = Sharing.objects.filter(school=school).first()
    said = SchoolPurpose.objects.filter(school=school).order_by("on_since", "pk").select_related("on_by", "off_by")
    about = _School(
        added_at=school.added_at,
        on=keys.on_at(school),
        agreed=keys.agreed_of(school),
        run=run or SyncRun(),
        said={row.key: row for row in said},
        since=sharing.since if sharing else {},
        names=names_in_wonde(school),
    )
    about.empty_since = empty_since(school, about.run.filled, purposes.asked_for(about.on, about.agreed))
    told = [_purpose(about, purpose) for purpose in purposes.PURPOSES.values()]
    return told, run, not any(about.run.granted.get(name, True) is None for name in purposes.permissions(about.on))


def _purpose(about, purpose):
    is_on = purpose.key in about.on
    needed = {*purpose.needs, *(asked.wonde for asked in purpose.asked)} if is_on else ()
    lacking = [about.names.get(name, name) for name in sorted(needed) if about.run.granted.get(name) is False]
    fields = [_field(about, purpose, asked) for asked in purpose.asked]
    return ToldPurpose(purpose, is_on, about.said.get(purpose.key), fields, lacking)


def _field(about, purpose, asked):
    kind, column = declared(asked.name)
    is_asked = about.is_asked(purpose.key, asked.name)
    granted = about.run.granted.get(asked.wonde)
    here = "waiting" if granted is False else "on"
    if not is_asked:
        here = "review" if purpose.key in about.on else "off"
    counted = of_field(about.run.filled, asked.name) if is_asked else None
    return ToldField(
        label=column.label,
        of=kind.label,
        purpose=column.purpose,
        since=_since(about, purpose, asked) if is_asked else None,
        wonde=GRANTED[granted],
        permission=about.names.get(asked.wonde, asked.wonde),
        here=here,
        counted=counted,
        few=_few(*counted) if counted and kind.attached else "",
        empty_since=about.empty_since.get(asked.name),
    )


def _few(have, of):
    if 0 < have < FEW:
        return "have"
    return "lack" if 0 < of - have < FEW else ""


def names_in_wonde(school):
    """{permission: what Wonde calls it}, of those it has listed."""
    states = PermissionState.objects.filter(school=school).exclude(name="")
    return dict(states.values_list("identity", "name"))


def _since(about, purpose, asked):
    """Since the purpose was switched on, or since the school's beginning; or since it was agreed to, if later."""
    said = about.said.get(purpose.key)
    begun = said.on_since if said else about.added_at
    agreed = about.since.get(asked.name)
    return max(begun, datetime.fromisoformat(agreed)) if agreed else begun


def empty_since(school, filled, names):
    """{field: when the first sync ended since which it came empty for everybody}, of those of the fields `names` that
    are empty in `filled`, the counts of the last sync. One query, if there is any."""
    open_ones = {name for name in names if _is_empty(filled, name)}
    found = {}
    if not open_ones:
        return found
    runs = SyncRun.objects.complete().filter(school=school).values_list("ended_at", "filled")
    for ended_at, counted in runs.iterator():
        for name in list(open_ones):
            if _is_empty(counted, name):
                found[name] = ended_at
            elif of_field(counted, name):
                open_ones.remove(name)
        if not open_ones:
            break
    return found


def _is_empty(filled, name):
    counted = of_field(filled, name)
    return counted is not None and counted[0] == 0 < counted[1]
