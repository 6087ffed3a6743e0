"""Read the records of an Excel workbook (.xlsx), like those of a CSV file. The line of a record is its row number."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import IO
from zipfile import ZipFile

from catalog.prices import DecimalMark
from imports.errors import FileError, truncate
from imports.formats.compression import DecompressionBudget, ZipMember, open_zip
from imports.formats.csv_reader import Record, without_mark
from imports.formats.xlsx.sheet import Rows, SharedStrings
from imports.formats.xlsx.styles import Styles
from imports.formats.xlsx.xml import Attributes, Parser, damaged, too_large
from imports.rows.row_parser import is_blank
from imports.sheet_lines import lines_before
from lib.limits import (
    WORKBOOK_CELLS_ALWAYS_ALLOWED_CHARACTERS,
    WORKBOOK_CELLS_MAX_RATIO,
    WORKBOOK_DESCRIPTION_MAX_BYTES,
    WORKBOOK_ELEMENTS_MAX,
    WORKBOOK_MAX_RATIO,
    WORKBOOK_PART_NAME_MAX_CHARACTERS,
    WORKBOOK_SHEETS_MAX,
    WORKBOOK_TEXTS_MAX_BYTES,
)

# A part of every Office Open XML document, and parts that identify other kinds.
PACKAGE = "[Content_Types].xml"
OTHERS = {
    "xl/workbook.bin": "a binary Excel workbook (.xlsb)",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "content.xml": "an OpenDocument file",
}


def is_workbook(archive: ZipFile) -> bool:
    """Whether it is a workbook. Raises FileError for another kind of document."""
    names = archive.namelist()
    for name, kind in OTHERS.items():
        if name in names and (PACKAGE in names or "mimetype" in names):
            raise FileError("file.not_csv", f"The file is {kind}. Save it as .xlsx or as CSV.")
    return PACKAGE in names


class Elements(Parser):
    """The elements with these names in a short part, each as (name, attributes)."""

    def __init__(self, blocks: Iterable[bytes], *names: str) -> None:
        super().__init__(blocks)
        self.names = names
        self.found: list[tuple[str, Attributes]] = []
        self.read_to_end()

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        if name in self.names:
            if len(self.found) == WORKBOOK_ELEMENTS_MAX:
                raise damaged()
            self.found.append((name, attributes))


class Workbook:
    """The parts of a workbook, found by the relationships between them.

    They share one budget, because several parts may be the same bytes of the file."""

    def __init__(self, file: IO[bytes], file_bytes: int, decimal: DecimalMark) -> None:
        self.archive = open_zip(file)
        self.file_bytes, self.decimal = file_bytes, decimal
        self.budget = DecompressionBudget(WORKBOOK_MAX_RATIO)
        self.cell_budget = DecompressionBudget(
            WORKBOOK_CELLS_MAX_RATIO, WORKBOOK_CELLS_ALWAYS_ALLOWED_CHARACTERS
        )
        self.relations: dict[str, list[Attributes]] = {}
        self.members = {member.filename.lstrip("/"): member for member in self.archive.infolist()}
        self.main = next(iter(self._related("", "officeDocument").values()), "")
        self.elements = Elements(self._part(self.main), "workbookPr", "sheet").found
        self.strings = SharedStrings(self._one("sharedStrings", WORKBOOK_TEXTS_MAX_BYTES))
        self.cell_formats = Styles(self._one("styles", WORKBOOK_DESCRIPTION_MAX_BYTES)).cell_formats

    @cached_property
    def sheets(self) -> dict[str, str]:
        """The parts of the visible worksheets by their names, each once, in the order of their tabs."""
        parts = self._related(self.main, "worksheet")
        shown = [
            sheet
            for name, sheet in self.elements
            if name == "sheet" and "hidden" not in sheet.get("state", "").lower()
        ]
        named = [(sheet, parts[id_]) for sheet in shown if (id_ := relation_id(sheet)) in parts]
        sheets = {part: sheet.get("name", "") for sheet, part in reversed(named)}
        if len(sheets) > WORKBOOK_SHEETS_MAX:
            message = f"The workbook has more than {WORKBOOK_SHEETS_MAX:,} sheets. Save the sheet to import as a file of its own."
            raise FileError("archive.too_large", message)
        return {name: part for part, name in reversed(sheets.items())}

    def open(self, sheet: str, positions: Sequence[int] = ()) -> tuple[ZipMember, Rows]:
        """The rows of the sheet. `positions` are those of the fields, once they are known."""
        since_1904 = any(
            pr.get("date1904", "0") in ("1", "true") for name, pr in self.elements if name == "workbookPr"
        )
        member = self._part(sheet, most=None)
        return member, Rows(
            member,
            self.strings,
            self.cell_formats,
            positions=positions,
            since_1904=since_1904,
            decimal=self.decimal,
            consume=lambda characters: self.cell_budget.consume(characters, self.file_bytes),
        )

    def part_of(self, name: str) -> str:
        if name not in self.sheets:
            raise FileError("sheet.unknown", f"The workbook has no visible sheet named {truncate(name)!r}.")
        return self.sheets[name]

    def size_of(self, sheet: str) -> int:
        """The bytes of the sheet once it is unpacked, as the archive tells."""
        return self.members[sheet].file_size if sheet in self.members else 0

    def _one(self, kind: str, most: int) -> Iterable[bytes]:
        """The part of that kind, or an empty one if the workbook has none."""
        for name in self._related(self.main, kind).values():
            return self._part(name, most)
        return [b"<nothing/>"]

    def _part(self, name: str, most: int | None = WORKBOOK_DESCRIPTION_MAX_BYTES) -> ZipMember:
        if name not in self.members:
            raise damaged()
        member = self.members[name]
        if most is not None and member.file_size > most:
            raise too_large()
        return ZipMember(self.archive, member, self.file_bytes, self.budget)

    def _related(self, part: str, kind: str) -> dict[str, str]:
        """The parts of that kind that a part refers to, by relationship id."""
        if part not in self.relations:
            self.relations[part] = self._relations(part)
        folder = posixpath.join("/", posixpath.dirname(part))
        return {
            relation.get("Id", ""): path(folder, relation.get("Target", ""))
            for relation in self.relations[part]
            if relation.get("Type", "").endswith(f"/{kind}")
        }

    def _relations(self, part: str) -> list[Attributes]:
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self.members:
            return []
        return [found for _, found in Elements(self._part(relations), "Relationship").found]


def path(folder: str, target: str) -> str:
    if len(target) > WORKBOOK_PART_NAME_MAX_CHARACTERS:
        raise damaged()
    return posixpath.normpath(posixpath.join(folder, target))[1:]


def relation_id(sheet: Attributes) -> str:
    return next((value for name, value in sheet.items() if name.endswith(":id")), "")


class SheetReader:
    """The records of a sheet from its header on, which is the first of them, then those below the headers of other sheets.

    `sheets` are their names, each with the row of its header. Numbers are written with the decimal mark of the option
    `decimal`; with a point by default."""

    # An escaped character may be one that cannot be stored.
    suspicious = True

    def __init__(
        self, workbook: Workbook, sheets: Sequence[tuple[str, int]], positions: Sequence[int] = ()
    ) -> None:
        self.lines_done = 0
        self.skipped = 0
        self.workbook, self.positions = workbook, positions
        self.parts = [workbook.part_of(name) for name, _ in sheets]
        self.header_rows = [row for _, row in sheets]
        self.members: list[ZipMember] = []
        self.records = self._read()

    def __iter__(self) -> Iterator[Record]:
        return self.records

    @property
    def bytes_read(self) -> int:
        """The share of the file's bytes read so far: all of them once every sheet is read to its end."""
        all_bytes = sum(map(self.workbook.size_of, self.parts))
        return self.workbook.file_bytes * sum(member.unpacked for member in self.members) // max(all_bytes, 1)

    def skip_to(self, lines_done: int) -> None:
        """Continue after that line, which an earlier attempt has read."""
        self.skipped = lines_done
        self.lines_done = max(self.lines_done, lines_done)

    def _read(self) -> Iterator[Record]:
        width: int | None = None
        for line, cells in chain.from_iterable(map(self._rows, range(len(self.parts)))):
            if width is None:
                cells = without_blank_end(cells)
                width = len(cells)
            elif line <= self.skipped:
                continue
            self.lines_done = line
            # A sheet omits blank cells.
            yield line, cells + [""] * (width - len(cells)), None

    def _rows(self, number: int) -> Iterator[tuple[int, list[str]]]:
        """The rows of a sheet by their lines: of the first sheet from its header on, of another one those below it."""
        before, first_row = lines_before(number), self.header_rows[number] + (number > 0)
        member, rows = self.workbook.open(self.parts[number], self.positions)
        self.members.append(member)
        for row, cells in with_text(rows):
            if row >= first_row:
                yield before + row, cells


def with_text(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, without a byte order mark, as sheets have that were made from text."""
    for row, cells in rows:
        if not is_blank(cells := without_mark(cells)):
            yield row, cells


def without_blank_end(cells: list[str]) -> list[str]:
    width = max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return cells[:width]
