"""A school's own list between upload and import: which sheet, which encoding, which column is which.

The file itself is never kept. What was read from it is kept as `as_data` for an hour, and once the columns are known,
only those that are used.
"""

from dataclasses import asdict, dataclass, field

from classes.own_list import headings
from schools.files import spreadsheets
from schools.files.encodings import CODE_PAGES
from schools.files.spreadsheets import FileRefusedError

SHOWN = 8  # first lines shown on the page where columns are named


@dataclass
class Sheet:
    """rows: the cells of every line. first: how many lines are above the first student. columns: our columns -> where
    they are, the first filled one counts; empty until known."""

    name: str
    rows: list[list[str]]
    first: int = 0
    columns: dict[str, list[int]] = field(default_factory=dict)

    def use(self, first, columns):
        """Set the columns; all others are dropped."""
        used = sorted({place for places in columns.values() for place in places})
        self.rows = [[row[place] if place < len(row) else "" for place in used] for row in self.rows]
        self.first = first
        self.columns = {name: [used.index(place) for place in places] for name, places in columns.items()}


@dataclass
class Upload:
    """sheets, and which is chosen. encodings: those the file may be in, read in the first of them; chosen: the only
    likely one, or what a person says, "" until then. together: folded names that are one class, whatever the year
    groups of its students; None until somebody has said so. hidden: how many rows the workbook hides. seen: how many
    students could be added when a person last looked."""

    sheets: list[Sheet]
    sheet: int = 0
    encodings: list[str] = field(default_factory=list)
    chosen: str = ""
    together: list[str] | None = None
    hidden: int = 0
    seen: int = 0

    @property
    def current(self):
        return self.sheets[self.sheet]

    def lines(self, encoding=""):
        """The cells of the chosen sheet, in `encoding`, or else in the one chosen or likeliest."""
        encoding, read_in = encoding or self.chosen or self.encodings[0], self.encodings[0]
        if encoding == read_in:
            return self.current.rows
        return [[cell.encode(read_in).decode(encoding) for cell in row] for row in self.current.rows]


def receive(content):
    """Read an uploaded file (bytes). Raises FileRefusedError."""
    book = spreadsheets.read(content)
    sheets = [Sheet(name, rows) for name, rows in book.sheets]
    for sheet in sheets:
        if found := headings.find(sheet.rows):
            sheet.use(*found)
    known = next((place for place, sheet in enumerate(sheets) if sheet.columns), 0)
    if max((len(row) for sheet in sheets for row in sheet.rows), default=0) < len(headings.NEEDED):
        _, found = headings.best(sheets[known].rows)
        missing = "”, “".join(name for name in headings.NEEDED if name not in found)
        raise FileRefusedError(
            f"The file has no column “{missing}”. One line names the columns: {', '.join(headings.COLUMNS)}. "
            "Nothing was stored. The template has them all."
        )
    chosen = book.encodings[0] if book.likely == 1 else ""
    return Upload(sheets, known, book.encodings, chosen, hidden=book.hidden)


def is_certain(upload):
    """Whether everything used from the chosen sheet reads the same in every encoding the file may be in."""
    first = upload.current.first
    return bool(upload.chosen) or all(
        upload.lines(encoding)[first:] == upload.lines()[first:] for encoding in upload.encodings[1:]
    )


def spellings(upload):
    """[(encoding, what writes it, names or else classes with accents as it reads them)] to choose from."""
    told = []
    for encoding in upload.encodings:
        lines = upload.lines(encoding)[upload.current.first :]
        named = [_joined(row, upload.current, headings.NAMES) for row in lines]
        named += [_joined(row, upload.current, ["class"]) for row in lines]
        accented = list(dict.fromkeys(name for name in named if not name.isascii()))
        told.append((encoding, CODE_PAGES.get(encoding, "Unicode"), accented))
    return told


def _joined(row, sheet, columns):
    return " ".join(filter(None, (cell(row, sheet, column).strip() for column in columns)))


def cell(row, sheet, column):
    """What `row` of `sheet` says for one of our columns: the first place that is filled."""
    places = sheet.columns.get(column, [])
    return next((row[place] for place in places if place < len(row) and row[place].strip()), "")


def as_data(upload):
    """The upload as plain data, for keeping."""
    return asdict(upload)


def from_data(data):
    return Upload(**data | {"sheets": [Sheet(**sheet) for sheet in data["sheets"]]})
