"""Workbooks as bytes, written by hand: as much of .xlsx and .ods as a test needs, and what real ones never have."""

import io
import zipfile
from xml.sax.saxutils import escape

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HIDDEN_SHEET, HIDDEN_ROW = ' state="hidden"', ' hidden="1"'
STYLES = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
OPEN = "urn:oasis:names:tc:opendocument:xmlns:"


def packed(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def xlsx(*sheets, hidden_sheets=(), hidden_rows=(), raw="", extra=None):
    """sheets: lists of rows; a cell is text, a number, None, ("d", days since 1900) or ("f", formula, its value). raw:
    rows of XML after the first sheet's."""
    names = [f"Sheet{number}" for number in range(1, len(sheets) + 1)]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"{HIDDEN_SHEET * (number - 1 in hidden_sheets)}/>'
        for number, name in enumerate(names, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATION}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(sheets) + 1)
    )
    relations += f'<Relationship Id="rIdS" Type="{RELATION}/styles" Target="styles.xml"/>'
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    members = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{RELATION}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">{relations}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{STYLES}</styleSheet>',
    }
    for number, rows in enumerate(sheets, 1):
        body = "".join(
            f'<row r="{line}"{HIDDEN_ROW * (line in hidden_rows)}>'
            + "".join(_cell(f"{chr(65 + place)}{line}", cell) for place, cell in enumerate(row))
            + "</row>"
            for line, row in enumerate(rows, 1)
        )
        members[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{body}{raw if number == 1 else ""}</sheetData></worksheet>'
        )
    return packed(members | (extra or {}))


def _cell(where, cell):
    match cell:
        case None | "":
            return ""
        case ("d", days):
            return f'<c r="{where}" s="1"><v>{days}</v></c>'
        case ("f", formula, value):
            return f'<c r="{where}" t="str"><f>{escape(formula)}</f><v>{escape(value)}</v></c>'
        case int() | float():
            return f'<c r="{where}"><v>{cell}</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'


def ods(rows):
    spaces = " ".join(f'xmlns:{name}="{OPEN}{name}:1.0"' for name in ("office", "table", "text"))
    body = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{OPEN}manifest:1.0"/>',
            "content.xml": f"<office:document-content {spaces}>"
            f'<office:body><office:spreadsheet><table:table table:name="List">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )
