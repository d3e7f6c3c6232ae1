"""Values that must not vanish."""

from collections import defaultdict

from tests.sync.oracle.words import DETAILS, ends_of


def keep_values(night, found):
    """UPI and UPN are never overwritten by nothing, other columns not if many go empty at once."""
    for kind, rows in found.kept.items():
        lost = defaultdict(list)
        for key, row in rows.items():
            for name, value in night.ours.rows[kind].get(key, {}).items():
                if name not in ("here", "status", "reason") and value and not row[name]:
                    lost[name].append(key)
        for name, keys in lost.items():
            if kind == "classes" and night.pairs:  # what only the old MIS stated
                continue
            if name in ("upi", "upn") or _too_many_empty(night, len(keys), len(rows)):
                for key in keys:
                    rows[key][name] = night.ours.rows[kind][key][name]
    lost = defaultdict(list)
    for key, says in found.details.items():
        for name in DETAILS:
            if night.ours.details.get(key, {}).get(name) and not says[name]:
                lost[name].append(key)
    for name, keys in lost.items():
        if _too_many_empty(night, len(keys), len(found.details)):
            for key in keys:
                found.details[key][name] = night.ours.details[key][name]
    lost = defaultdict(list)
    wanted = found.wanted["guardianships"]
    before = {ends_of("guardianships", stay): stay for stay in night.ours.lasting("guardianships").values()}
    for ends in wanted.keys() & before.keys():
        for name in ("relationship", "priority"):
            if wanted[ends][name] in ("", None) and before[ends][name] not in ("", None):
                lost[name].append(ends)
    for name, keys in lost.items():
        if _too_many_empty(night, len(keys), len(wanted)):
            for ends in keys:
                wanted[ends][name] = before[ends][name]


def _too_many_empty(night, count, everybody):
    return count * 5 > everybody and (count > night.rules["kind_free"] or count == everybody)
