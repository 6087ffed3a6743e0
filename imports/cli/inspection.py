"""How a file would be read, as tables."""

from collections.abc import Iterator
from typing import TextIO

from rich.table import Table

from imports.cli.console import printable
from imports.cli.report import cut, print_parts, table
from imports.inspection_schemas import InspectedColumn, Inspection

DELIMITERS = {"\t": "tab"}


def write(out: TextIO, inspection: Inspection) -> None:
    print_parts(out, parts(inspection))


def parts(inspection: Inspection) -> Iterator[str | Table]:
    yield table(["", ""], facts(inspection), right=None, has_heading=False)
    yield ""
    yield table(["COLUMN", "FIELD", "WHY", "SAMPLES"], map(cells, inspection.columns), right=None)
    for question in inspection.questions:
        names = ", ".join(candidate.header or candidate.key for candidate in question.candidates)
        yield from ["", f"Unclear: {question.message} {names}"]
    for warning in inspection.warnings:
        if warning.code != "header.unknown":
            yield from ["", f"Warning: {warning.message} ({warning.code})"]


def facts(inspection: Inspection) -> Iterator[tuple[str, str]]:
    yield "format", " in ".join(filter(None, [inspection.format, inspection.packing]))
    if inspection.format == "csv":
        yield "encoding", f"{inspection.encoding} ({inspection.encoding_confidence:.0%})"
        delimiter = DELIMITERS.get(inspection.delimiter, inspection.delimiter)
        yield "delimiter", f"{delimiter} ({inspection.delimiter_confidence:.0%})"
    for sheet in inspection.sheets:
        mark = "sheet" if sheet.is_imported else "other sheet"
        rows = f" ({sheet.last_row:,} rows)" if sheet.last_row else ""
        yield mark, f"{sheet.name}{rows}"
    yield "header", f"line {inspection.header_line}"
    if inspection.decimal:
        yield "decimal mark", inspection.decimal
    for profile in inspection.profiles:
        yield "profile", f"{profile.name}, version {profile.version} ({profile.fits})"


def cells(column: InspectedColumn) -> tuple[str, str, str, str]:
    header = column.header or f"column {column.number}"
    sure = f"{column.reason.replace('_', ' ')}, {column.confidence:.0%}" if column.field else column.reason
    return header, column.field or "-", sure, cut(printable(" | ".join(column.samples)))
