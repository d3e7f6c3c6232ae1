"""Where our tables are not what they must be."""

from tests.sync.oracle.words import LINKS, ROWS, ends_of, said_of


def differences(must, ours, before):
    """What our tables hold otherwise than they must, a line each. must: `Expected`; ours: `tables()` after the run."""
    told = []
    new = {
        kind: {row["wonde_id"]: pk for pk, row in ours.rows[kind].items() if pk not in before.rows[kind]}
        for kind in ROWS
    }

    def key_of(kind, key):
        return key if isinstance(key, int) else new[kind].get(key, f"nobody ({key})")

    for kind in ROWS:
        should = {key_of(kind, key): row for key, row in must.rows[kind].items()}
        for pk in should.keys() | ours.rows[kind].keys():
            if should.get(pk) != ours.rows[kind].get(pk):
                told.append(f"{kind} {pk}: must be {should.get(pk)}, is {ours.rows[kind].get(pk)}")
    should = {key_of("students", key): row for key, row in must.details.items()}
    for student in should.keys() | ours.details.keys():
        one, other = should.get(student), ours.details.get(student)
        if one and other and one["pk"] is None and student not in before.details:
            one = one | {"pk": other["pk"]}
        if one != other:
            told.append(f"details of {student}: must be {one}, are {other}")
    for link, (_, ends, _) in LINKS.items():
        should = {
            tuple(key_of(kind, key) for kind, key in zip(ends.values(), keys, strict=True)): says
            for keys, says in must.links[link].items()
        }
        stand = {ends_of(link, stay): said_of(link, stay) | {"pk": pk} for pk, stay in ours.lasting(link).items()}
        for keys in should.keys() | stand.keys():
            one, other = should.get(keys), stand.get(keys)
            if one and other and one["pk"] is None and other["pk"] not in before.stays[link]:
                one = one | {"pk": other["pk"]}
            if one != other:
                told.append(f"{link} {keys}: must be {one}, is {other}")
    if must.rolled != ours.rolled:
        told.append(f"year in use: must be {must.rolled}, is {ours.rolled}")
    told += [f"held: must be {each}" for each in sorted(must.holds - ours.holds)]
    told += [f"held without cause: {each}" for each in sorted(ours.holds - must.holds)]
    if must.kept != set(ours.kept):
        told.append(f"kept: must be {must.kept}, are {set(ours.kept)}")
    if must.hidden != ours.hidden:
        told.append(f"perhaps hidden: must be {must.hidden}, are {ours.hidden}")
    should = {key_of("classes", key): ids for key, ids in must.members.items()}
    if should != ours.members:
        told.append(f"members of classes that are out: must be {should}, are {ours.members}")
    should = {(new["students"].get(who, who), key, verdict) for who, key, verdict in must.choices}
    if should != ours.choices:
        told.append(f"choices: must be {should}, are {ours.choices}")
    return told
