"""A decision in words: the table a person reads, the same as data."""

from typing import Any

import msgspec

from schools.text.names import fold, listed
from sync.facts.kinds import KINDS, LINKS
from sync.plans.verdict import planned
from sync.rules.change_of_mis import matched
from sync.wording import waiting
from sync.wording.reasons import IN_WORDS

VERBS = {
    "create": "new",
    "return": "back",
    "update": "changed",
    "move": "moved",
    "remove": "removed",
    "held": "waiting",
}


def as_data(preview: Any) -> dict[str, Any]:
    """A preview as plain data: per kind the number of each verb, its rows by name, and the ledger."""
    decision, ours = preview.decision, preview.ours
    judgement, ledgers = decision.judgement, decision.screened.ledger
    kinds = {}
    for name, kind in KINDS.items():
        ledger = ledgers[name]
        kinds[name] = {
            "label": kind.label,
            "counts": dict(planned(judgement, name)),
            "read": ledger.read,
            "imported": ledger.imported,
            "withheld": {reason: count for reason, count in sorted(ledger.withheld.items()) if count},
            "unreadable": ledger.unreadable,
            "hidden": ledger.hidden,
            "rows": sorted(
                _moves(judgement, ours) if name == "enrolments" else _rows(judgement, ours, name),
                key=lambda row: fold(row["name"]),
            ),
        }
    waits = msgspec.to_builtins(list(judgement.waiting))
    data = {"fingerprint": decision.fingerprint, "waiting": waits, "kinds": kinds}
    if decision.proposal:
        data["change_of_mis"] = msgspec.to_builtins(decision.proposal) | {
            "rates": [waiting.matched(line) for line in matched(decision.proposal)]
        }
    return data


def _moves(judgement: Any, ours: Any) -> list[dict[str, Any]]:
    """Students who change class, by name, from one to the other."""
    classes = {**ours.rows["classes"], **judgement.plans["classes"].creates}
    lines = []
    for before, after in judgement.plans["enrolments"].moves.values():
        names = [_name(classes[key]) for key in (before.school_class, after.school_class)]
        lines.append(_line("move", ours.rows["students"][after.student], {"school_class": names}))
    return lines


def _rows(judgement: Any, ours: Any, name: str) -> list[dict[str, Any]]:
    plan, rows = judgement.plans[name], list[dict[str, Any]]()
    if name in LINKS:
        return rows
    rows += [_line("create", row) for row in plan.creates.values()]
    rows += [_line("return", after) for _, after in plan.returns.values()]
    for key, (before, after) in plan.updates.items():
        verb = "held" if key in judgement.unsettled.get(name, ()) else "update"
        rows.append(_line(verb, after, _shown_difference(name, before, after)))
    rows += [_line("remove", ours.rows[name][key], why=removal) for key, removal in judgement.removals[name].items()]
    rows += [_line("held", ours.rows[name][key]) for key in judgement.held[name]]
    return rows


def _line(verb: str, row: Any, values: Any = None, why: Any = None) -> dict[str, Any]:
    line = {"verb": verb, "name": _name(row), "wonde_id": row.wonde_id}
    if values:
        line["values"] = values
    if why:
        goes_along = "goes with what it hangs from" if why.cause == "follows" else "is missing in the MIS"
        line["why"] = IN_WORDS[why.reason].sentence if why.reason else goes_along
    return line


def _name(row: Any) -> str:
    return row.name if hasattr(row, "name") else listed(row)


def _shown_difference(name: str, before: Any, after: Any) -> dict[str, list[str]]:
    return {
        column: [getattr(before, column), getattr(after, column)]
        for column, declared in KINDS[name].columns.items()
        if declared.shown and getattr(before, column) != getattr(after, column)
    }


def as_table(data: dict[str, Any], names: int = 10) -> str:
    """The same as a table to read in a terminal, with up to `names` names per kind and verb."""
    width = max(len(kind["label"]) for kind in data["kinds"].values())
    lines = [" " * width + "".join(f"{word:>9}" for word in VERBS.values())]
    for kind in data["kinds"].values():
        lines.append(f"{kind['label']:{width}}" + "".join(f"{kind['counts'][verb]:>9}" for verb in VERBS))
    for kind in data["kinds"].values():
        lines += ["", f"{kind['label'].capitalize()}: {kind['read']} read, {kind['imported']} imported"]
        for code, count in kind["withheld"].items():
            lines.append(f"  {count:>6} left out: {IN_WORDS[code].sentence}")
        if kind["unreadable"]:
            lines.append(f"  {kind['unreadable']:>6} could not be read; they stay as they are")
        if kind["hidden"]:
            lines.append(f"  {kind['hidden']:>6} more are hidden from us by the school or its MIS")
        for verb, word in VERBS.items():
            rows = [row for row in kind["rows"] if row["verb"] == verb]
            lines += [f"  {word}: {_told(row)}" for row in rows[:names]]
            if len(rows) > names:
                lines.append(f"  {word}: … and {len(rows) - names} more")
    if data["waiting"]:
        lines += ["", "Waits for a person:", *(f"  {waiting.sentence(entry)}" for entry in data["waiting"])]
    return "\n".join(lines)


def _told(row: dict[str, Any]) -> str:
    parts = [f"{column}: {before or '–'} → {after or '–'}" for column, (before, after) in row.get("values", {}).items()]
    return ", ".join([row["name"], *parts, *([row["why"]] if "why" in row else [])])
