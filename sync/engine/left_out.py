"""What a sync keeps up to date about people left out here: the marks that recognise them, as the MIS has them now."""

from schools.left_out import IDENTIFIERS, marks_of, numbers_of
from sync.rules.known import LEFT_OUT


def learn(snapshot, screened, ours):
    """Whoever was recognised is known by tonight's Wonde id, UPI and UPN too, so that the next change of one of them
    hides nobody. Where nothing is new nothing is written. A number that somebody here has too is not learnt."""
    for kind in IDENTIFIERS:
        out = {key for key, reason in screened.withheld[kind].items() if reason == LEFT_OUT}
        rows = snapshot.people(kind).rows if out else {}
        for wonde_id, row in rows.items():
            if (key := screened.keys[kind][wonde_id]) in out:
                block = ours.left_out.find(kind, key, row, key in ours.rows[kind])
                numbers = numbers_of(kind, row, [other for pk, other in ours.rows[kind].items() if pk != key])
                new = marks_of(kind, block.school_id, wonde_id, numbers) - {*block.marks}
                if new:
                    block.marks = sorted({*block.marks, *new})
                    block.save(update_fields=["marks"])
