"""Archives and workbooks as others pack them, for the tests."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from xml.sax.saxutils import escape

import openpyxl

Cell = str | int | float | bool | date | datetime | time | None
Rows = Sequence[Sequence[Cell]]
Sheets = Mapping[str, Rows]

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def make_zip(
    *files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, password_flag: bool = False
) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    if not password_flag:
        return packed.getvalue()
    # The flag in the local header and in the directory; Python cannot lock an archive.
    locked = bytearray(packed.getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1
    return bytes(locked)


def make_workbook(*rows: list[Cell], formats: dict[str, str] | None = None) -> bytes:
    """As openpyxl writes it. `formats` are number formats by cell, such as {"A2": "00000"}."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, code in (formats or {}).items():
        book.active[place].number_format = code
    return saved(book)


def make_sheets(**sheets: Rows) -> bytes:
    """A workbook with these sheets, of these rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def make_parts(sheet: str, strings: str = "", styles: str = "", book: str = "") -> bytes:
    """A workbook of these parts. Where none is given, there is none."""
    related = [("worksheet", "worksheets/sheet1.xml", sheet)]
    related += [("sharedStrings", "sharedStrings.xml", strings)] if strings else []
    related += [("styles", "/xl/styles.xml", styles)] if styles else []
    links = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target, _) in enumerate(related)
    )
    book = book or f'<workbook xmlns:r="{OFFICE}"><sheets><sheet name="S" r:id="r0"/></sheets></workbook>'
    main = f'<Relationship Id="m" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    files = [
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", f'<Relationships xmlns="{RELATIONSHIPS}">{main}</Relationships>'),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{RELATIONSHIPS}">{links}</Relationships>'),
        *((f"xl/{target.removeprefix('/xl/')}", text) for _, target, text in related),
    ]
    return make_zip(*((name, text.encode()) for name, text in files))


def make_shared(*rows: list[str]) -> bytes:
    """As Excel writes it: the texts are in a part of their own, and the sheet has their numbers."""
    texts = sorted({cell for row in rows for cell in row})
    numbers = {text: number for number, text in enumerate(texts)}
    strings = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    sheet = "".join(
        "<row>" + "".join(f'<c t="s"><v>{numbers[cell]}</v></c>' for cell in row) + "</row>" for row in rows
    )
    return make_parts(make_sheet(sheet), f'<sst xmlns="{SPREADSHEET}">{strings}</sst>')


def make_sheet(rows: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{SPREADSHEET}"><sheetData>{rows}</sheetData></worksheet>'
