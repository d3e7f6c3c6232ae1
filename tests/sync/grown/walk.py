"""The walks "a field" and "a kind" of CONTRIBUTING.md, walked: a student's admission number, and houses.

A step inserts some lines into a file, just before what stands there once. Where the code has moved on, mend the step
and the page.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """before: "" for a file that is new."""

    file: str
    before: str
    add: str


FIELD = [
    Step("sync/facts/shapes.py", "    admission_date:", "    admission_number: str | None = None\n"),
    Step(
        "sync/facts/kinds.py",
        "\n\ndef _marker(",
        '    admission_number: Annotated[str, Column("admission number", "for cards", limit=20, api=True)] = ""\n',
    ),
    Step(
        "schools/sharing/purposes.py",
        '            *_asked("students.upn.read"',
        '            *_asked("students.education_details.read", "students", "admission_number"),\n',
    ),
    Step(
        "sync/facts/rows.py",
        "        upn=_text(",
        "        admission_number=_text(education.admission_number if education else None),\n",
    ),
    Step(
        "students/models.py",
        "    left_at = models.DateTimeField(null=True, blank=True)",
        '    admission_number = models.CharField(max_length=20, blank=True, db_default="")\n',
    ),
]

SHAPE = """class RemoteHouse(Remote, gc=False):
    name: str | None = None
    updated_at: Moment | None = None


"""
ROW = """class HouseRow(Row, frozen=True):
    wonde_id: Annotated[str, Column("Wonde id", "to find the same house again", shown=False, limit=32, api=True)]
    name: Annotated[str, Column("name", "to show the house as the school knows it", api=True)] = ""
    sort_name: Annotated[str, _folded(220)] = ""


"""
KIND = """HOUSES = Kind(
    name="houses",
    label="houses",
    one="house",
    row=HouseRow,
    table="students_house",
    source=Source("groups", "groups.read", params=(("type", "HOUSE"),)),
)
"""
TIDYING = '''def house_row(remote: RemoteHouse) -> HouseRow:
    """A house as we mirror it."""
    name = _text(remote.name)
    return fitted(HouseRow(wonde_id=remote.id, name=name, sort_name=sort_name(name)))


'''
READING = '    houses = _read(school, "houses", HOUSES.source, RemoteHouse, denied, counted=False)\n'
SCREENING = '''"""Which houses are in: all that Wonde lists."""

from collections import Counter

from sync.facts.kinds import HouseRow
from sync.facts.sides import Ledger, Part
from sync.rules.known import Known


def screen_houses(known: Known) -> Part[HouseRow]:
    """Every house is kept; one that could not be read stays as it is."""
    keys, houses = known.keys("houses"), known.snapshot.houses
    theirs = {keys[wonde_id]: row for wonde_id, row in houses.rows.items()}
    return Part(theirs, present=known.present["houses"], ledger=Ledger.of(houses, len(theirs), Counter()))
'''
MODEL = '''class HouseQuerySet(SharedQuerySet):
    kinds = ("houses",)

    def visible_to_token(self, token):
        """Houses a token of the learning product may read, until they are erased."""
        return token.within(self.handed_on().exclude(wonde_id=None))


class House(models.Model):
    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="houses", db_index=False)
    wonde_id = models.CharField("Wonde id", max_length=32, null=True)
    name = models.CharField(max_length=200, blank=True)
    sort_name = models.CharField(max_length=220, blank=True, editable=False)
    left_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HouseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("school", "wonde_id", name="house_unique_wonde_id")]

    def __str__(self):
        return self.name


'''
LIST = '''class HouseSerializer(serializers.ModelSerializer):
    class Meta:
        model = House
        fields = fields_of(HOUSES)


class HouseViewSet(RosterViewSet):
    """Houses of the school."""

    model, kind, serializer_class = House, "houses", HouseSerializer
    queryset = House.objects.none()


'''
A_KIND = [
    Step("sync/facts/shapes.py", "class Subject(Remote", SHAPE),
    Step("sync/facts/kinds.py", "class Source(Struct", ROW),
    Step("sync/facts/kinds.py", "# As people read them:", KIND),
    Step("sync/facts/kinds.py", "GUARDIANSHIPS)\n}", "HOUSES, "),
    Step(
        "schools/sharing/purposes.py",
        '            *_asked("employees.read"',
        '            *_asked("groups.read", "houses", "wonde_id", "name"),\n',
    ),
    Step("sync/facts/rows.py", "def with_values(", TIDYING),
    Step("sync/facts/rows.py", "ClassRow):\n        return fitted(", "HouseRow | "),
    Step(
        "sync/facts/rows.py",
        "\nR = TypeVar(",
        "from sync.facts.kinds import HouseRow\nfrom sync.facts.shapes import RemoteHouse\n",
    ),
    Step(
        "sync/facts/snapshot.py",
        "    contacts: Contacts | None =",
        "    houses: Rows[HouseRow] = field(default_factory=Rows)\n",
    ),
    Step(
        "sync/facts/snapshot.py",
        "        return self.classes if kind ==",
        '        if kind == "houses":\n            return self.houses\n',
    ),
    Step("sync/facts/snapshot.py", "Row, StudentRow\n", "HouseRow, "),
    Step("sync/wonde/reading.py", "name not in denied]\n    school =", 'name != "houses" and '),  # Wonde counts none
    Step("sync/wonde/reading.py", "    return Snapshot(", READING),
    Step(
        "sync/wonde/reading.py", '        students=people["students"]', "        houses=houses.rows.each(house_row),\n"
    ),
    Step("sync/wonde/reading.py", "denied,\n        notes=", "houses."),
    Step("sync/wonde/reading.py", "*students.notes]", "*houses.notes, "),
    Step("sync/wonde/reading.py", "students.rows),\n        offline=", "houses.rows, "),
    Step("sync/wonde/reading.py", "KINDS, NESTED, READ, STUDENTS, Source\n", "HOUSES, "),
    Step("sync/wonde/reading.py", "student_row\n", "house_row, "),
    Step("sync/wonde/reading.py", "RemoteStudent, one\n", "RemoteHouse, "),
    Step(
        "sync/rules/known.py",
        "    else:\n        theirs |= snapshot.people(kind).rows",
        '    elif kind == "houses":\n        theirs |= snapshot.houses.rows\n',
    ),
    Step("sync/rules/screen_houses.py", "", SCREENING),
    Step("sync/rules/screen.py", "    if snapshot.contacts and", '    parts["houses"] = screen_houses(known)\n'),
    Step("sync/rules/screen.py", "from sync.rules.selection", "from sync.rules.screen_houses import screen_houses\n"),
    Step("students/models.py", "class FormerUsername(", MODEL),
    Step("students/models.py", "from schools.text.names import", "from schools.sharing.shown import SharedQuerySet\n"),
    Step("students/api.py", "class WholeNumber(", LIST),
    Step(
        "students/api.py",
        "\n\nclass StudentSerializer(",
        "from students.models import House\nfrom sync.facts.kinds import HOUSES\n",
    ),
    Step("config/api.py", 'router.register("teachings"', 'router.register("houses", HouseViewSet, basename="house")\n'),
    Step("config/api.py", "\napp_name =", "from students.api import HouseViewSet\n"),
]


def walk(steps: list[Step], tree: Path) -> None:
    """Take `steps` in a copy of the project; fails with what to do where one no longer fits."""
    for step in steps:
        path = tree / step.file
        if not step.before:
            path.write_text(step.add)
            continue
        text = path.read_text()
        found = text.count(step.before)
        assert found == 1, f"{step.before!r} stands {found} times in {step.file}: mend tests/sync/grown/walk.py"
        path.write_text(text.replace(step.before, step.add + step.before))
