"""The table in which skipped rows are corrected: its cells, and what is sent of it.

A browser with JavaScript sends only the changes, as one field: a form may have 1,000."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from pydantic import BaseModel, ValidationError

from catalog.prices import DecimalMark
from catalog.validation import quote
from dashboard.forms.file_questions import named
from dashboard.forms.import_options import FIELD_LABELS
from imports.corrections.candidates import Candidate, candidates
from imports.corrections.correct import CorrectionInvalid, Typed, plain
from imports.corrections.reading import fields_by_place, parser_of
from imports.corrections.row_check import errors_at_first, place_of
from imports.corrections.skipped_rows import SkippedRow
from imports.errors import RowError
from imports.models import ImportJob
from imports.rows.row_parser import RowParser
from imports.sheet_lines import Place
from lib.limits import CORRECTED_ROWS_MAX
from lib.strict_json import UNSTORABLE

# The names of inputs begin with it: cell-5-0 is the first cell of line 5.
CELL = "cell-"
NUMBER_DIGITS_MAX = 18
# In place of sentences about files and options.
SENTENCES = {
    "row.too_few_cells": "The row has too few cells. Enter each value in its column.",
    "row.too_many_cells": "The row has too many cells. Enter each value in its column.",
}
WITH_MARK: Mapping[DecimalMark, str] = {
    "auto": "",
    ".": " with a decimal point",
    ",": " with a decimal comma",
}


@dataclass(frozen=True)
class Column:
    header: str
    field: str
    label: str


@dataclass(frozen=True)
class Cell:
    name: str
    column: Column
    text: str
    # As in the file of the import, if it has been changed.
    stored: str | None
    errors: Sequence[str]
    candidates: Sequence[Candidate]

    @property
    def is_multiline(self) -> bool:
        """Whether the text may have several lines, which an input of one line would join."""
        return self.column.field == "description" or any(end in self.text for end in "\r\n")


@dataclass(frozen=True)
class Row:
    line: int
    place: Place
    cells: Sequence[Cell]
    # About no single cell.
    errors: Sequence[str]
    extra: Sequence[str]
    is_dropped: bool


@dataclass(frozen=True)
class Sent:
    """What was sent: the lines that the page had, those not to be imported, and the texts of cells by line and position."""

    shown: Sequence[int] = ()
    dropped: Collection[int] = ()
    changes: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    is_preview: bool = False

    @property
    def typed(self) -> Typed:
        lines = [line for line in self.shown if line not in self.dropped]
        return Typed(lines, self.changes, self.is_preview)


class Changes(BaseModel):
    """What a browser with JavaScript sends."""

    cells: dict[int, dict[int, str]]
    dropped: list[int]


# --- What is shown ---


def columns_of(job: ImportJob) -> list[Column]:
    return [
        Column(named(job.file_header[place], place + 1), name, FIELD_LABELS[name])
        for place, name in fields_by_place(job).items()
    ]


def rows_of(
    job: ImportJob,
    skipped: Sequence[SkippedRow],
    sent: Sent | None = None,
    errors: Mapping[int, Sequence[RowError]] | None = None,
) -> Iterator[Row]:
    """The rows as they were skipped, or as they were sent with what is still wrong with them."""
    sent, parser = sent or Sent(), parser_of(job)
    columns = dict(zip(fields_by_place(job), columns_of(job), strict=True))
    for row in skipped:
        found = errors_at_first(row, parser) if errors is None else errors.get(row.line, [])
        changes = sent.changes.get(row.line, {})
        yield Row(
            row.line,
            job.place_of(row.line),
            [cell(row, place, column, changes, found, parser) for place, column in columns.items()],
            [about_row(error, parser) for error in found if place_of(error, parser) not in columns],
            row.extra,
            row.line in sent.dropped,
        )


def cell(
    row: SkippedRow,
    place: int,
    column: Column,
    changes: Mapping[int, str],
    errors: Sequence[RowError],
    parser: RowParser,
) -> Cell:
    stored, mine = row.cells[place], [error for error in errors if place_of(error, parser) == place]
    text = changes.get(place, stored)
    offered = [one for error in mine for one in candidates(error.code, text, parser.decimal)]
    is_ambiguous = any(error.code == "price.ambiguous" for error in mine)
    return Cell(
        f"{CELL}{row.line}-{place}",
        column,
        text,
        None if plain(text) == plain(stored) else stored,
        [f"Is this {' or '.join(map(str, offered))}?"]
        if is_ambiguous
        else [sentence(error, parser) for error in mine],
        offered,
    )


def about_row(error: RowError, parser: RowParser) -> str:
    """The sentence for an error of the whole row, or of a column that has no input."""
    if error.column is None:
        return sentence(error, parser)
    if place_of(error, parser) < 0:
        label = FIELD_LABELS.get(error.column, error.column)
        return f"{sentence(error, parser)} No column is imported as {label}."
    return f"{error.column}: {sentence(error, parser)}"


def sentence(error: RowError, parser: RowParser) -> str:
    if error.code == "price.invalid":
        return f"{quote(error.value)} is not a price{WITH_MARK[parser.decimal]}."
    return SENTENCES.get(error.code, error.message)


# --- What is sent ---


def read(sent: QueryDict) -> Sent:
    """Raises CorrectionInvalid for what no form of ours sends."""
    shown = [number(text) for text in sent.get("lines", "").split()]
    if len(shown) > CORRECTED_ROWS_MAX:
        raise malformed()
    changes = changes_of(sent)
    if any(UNSTORABLE.search(text) for cells in changes.cells.values() for text in cells.values()):
        raise malformed()
    return Sent(shown, set(changes.dropped), changes.cells, sent.get("dry_run") == "true")


def changes_of(sent: QueryDict) -> Changes:
    if "changes" in sent:
        try:
            return Changes.model_validate_json(str(sent["changes"]))
        except ValidationError:
            raise malformed() from None
    cells: dict[int, dict[int, str]] = {}
    for name, text in sent.items():
        if name.startswith(CELL):
            line, _, place = name.removeprefix(CELL).partition("-")
            cells.setdefault(number(line), {})[number(place)] = str(text)
    return Changes(cells=cells, dropped=[number(text) for text in sent.getlist("drop")])


def number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > NUMBER_DIGITS_MAX:
        raise malformed()
    return int(text)


def malformed() -> CorrectionInvalid:
    return CorrectionInvalid(
        "The form was not sent as the page has it. Reload it.", code="correction.malformed"
    )
