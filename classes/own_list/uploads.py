"""A school's own list between its upload and its import: which sheet, which letters, which column is which.

The file itself is kept nowhere. What was read of it is kept as `as_data` for an hour, and only the columns that are
used as soon as they are known.
"""

from dataclasses import asdict, dataclass, field

from classes.own_list import headings
from schools.files import spreadsheets
from schools.files.encodings import CODE_PAGES
from schools.files.spreadsheets import FileRefusedError

SHOWN = 8  # first lines on the page where columns are named


@dataclass
class Sheet:
    """rows: the cells of every line. first: how many lines stand above the first student. columns: our columns -> where
    they stand, the first filled one counts; empty until it is known."""

    name: str
    rows: list[list[str]]
    first: int = 0
    columns: dict[str, list[int]] = field(default_factory=dict)

    def use(self, first, columns):
        """These are the columns: nothing of the others is kept."""
        used = sorted({place for places in columns.values() for place in places})
        self.rows = [[row[place] if place < len(row) else "" for place in used] for row in self.rows]
        self.first = first
        self.columns = {name: [used.index(place) for place in places] for name, places in columns.items()}


@dataclass
class Upload:
    """sheets, and which is chosen. encodings: in which the file may be written, read in the first of them; chosen: the
    only likely one, or what a person says, "" until then. together: folded names that are one class, whatever the year
    groups of its students; None until somebody has said so. hidden: how many rows the workbook hides. seen: how many
    students could be added when a person looked last."""

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
        """The cells of the chosen sheet, in `encoding`, else in the one that was chosen or is likeliest."""
        encoding, read_in = encoding or self.chosen or self.encodings[0], self.encodings[0]
        if encoding == read_in:
            return self.current.rows
        return [[cell.encode(read_in).decode(encoding) for cell in row] for row in self.current.rows]


def receive(content):
    """What an uploaded file (bytes) says. Raises FileRefusedError."""
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
    """Whether everything used of the chosen sheet reads the same, however the file may be written."""
    first = upload.current.first
    return bool(upload.chosen) or all(
        upload.lines(encoding)[first:] == upload.lines()[first:] for encoding in upload.encodings[1:]
    )


def spellings(upload):
    """[(encoding, what writes so, names and else classes with accents as it reads them)] to choose from."""
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
    """What `row` of `sheet` says in one of our columns: the first place that is filled."""
    places = sheet.columns.get(column, [])
    return next((row[place] for place in places if place < len(row) and row[place].strip()), "")


def as_data(upload):
    """For keeping it."""
    return asdict(upload)


def from_data(data):
    return Upload(**data | {"sheets": [Sheet(**sheet) for sheet in data["sheets"]]})
