"""The file formats of products: each writes batches of rows as the pieces of a file, the first one with the file's head.

CSV and Excel have the columns of an upload and can be imported again; text is guarded (catalog.formulas). Pure."""

import csv
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import NamedTuple

from catalog.formulas import guarded
from catalog.workbook import Row, workbook

JsonRow = tuple[int, str, str, str, Decimal, bool, datetime, datetime]

COLUMNS = ("sku", "name", "description", "price", "is_active")
JSON_FIELDS = ("id", *COLUMNS, "created_at", "updated_at")
# Excel needs it to recognize UTF-8.
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
ENCODER = json.JSONEncoder(ensure_ascii=False)


class Format(NamedTuple):
    label: str
    extension: str
    media_type: str
    fields: Sequence[str]
    pieces: Callable[..., Generator[bytes, None, None]]


# --- CSV ---


def csv_pieces(
    batches: Iterable[Sequence[Row]], delimiter: str = ",", decimal: str = ".", mark: str = MARK
) -> Generator[bytes, None, None]:
    text = StringIO()
    text.write(mark)
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(COLUMNS)
    for batch in batches:
        writer.writerows(csv_row(row, delimiter, decimal) for row in batch)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def csv_row(row: Row, delimiter: str, decimal: str) -> Iterator[str]:
    *texts, price, is_active = row
    yield from (guarded(text, delimiter) for text in texts)
    yield str(price).replace(".", decimal)
    yield "true" if is_active else "false"


# --- JSON Lines ---


def json_pieces(batches: Iterable[Sequence[JsonRow]]) -> Generator[bytes, None, None]:
    for batch in batches:
        yield "".join(ENCODER.encode(as_in_list(row)) + "\n" for row in batch).encode()


def as_in_list(row: JsonRow) -> dict[str, object]:
    *values, price, is_active, created_at, updated_at = row
    typed = (*values, f"{price:.2f}", is_active, iso(created_at), iso(updated_at))
    return dict(zip(JSON_FIELDS, typed, strict=True))


def iso(at: datetime) -> str:
    precision = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


# --- All of them, in the order in which people choose ---

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
FORMATS: dict[str, Format] = {
    "xlsx": Format("Excel workbook", "xlsx", XLSX, COLUMNS, workbook),
    "csv": Format("CSV (comma)", "csv", CSV, COLUMNS, csv_pieces),
    "csv-eu": Format(
        "CSV for Excel in Europe (semicolon)",
        "csv",
        CSV,
        COLUMNS,
        partial(csv_pieces, delimiter=";", decimal=","),
    ),
    "jsonl": Format("JSON Lines", "jsonl", "application/x-ndjson; charset=utf-8", JSON_FIELDS, json_pieces),
}
