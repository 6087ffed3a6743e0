"""Products as a file, CSV or JSON lines, however many they are.

catalog.api sends the products of the list with it, dashboard.views.products those of a page. The rows are those of one
moment and come through a cursor of the server's, some thousands at a time: the memory it takes does not grow with the
catalog, and no transaction is open while a slow reader reads. It keeps a database connection, though, so only a few
can be had at once.

The CSV has the columns of an import's template and can be imported again: what a spreadsheet would take for a formula is
guarded against that (catalog.formulas)."""

import csv
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from itertools import islice
from threading import BoundedSemaphore
from time import monotonic
from typing import Literal, NamedTuple

from django.conf import settings

from catalog.formulas import guarded
from catalog.models import ProductQuerySet
from lib.limits import EXPORT_MAX_SECONDS, EXPORTS_AT_ONCE
from lib.places import Places

EXPORTS = Places(
    "exports",
    EXPORTS_AT_ONCE,
    "exports.one_at_a_time",
    "An export of yours is under way already; try again when it has ended.",
)
Format = Literal["csv", "jsonl"]

MEDIA_TYPES: dict[Format, str] = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
CSV_COLUMNS = ("sku", "name", "description", "price", "is_active")
JSON_FIELDS = ("id", *CSV_COLUMNS, "created_at", "updated_at")
# Without it Excel takes UTF-8 for something else.
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
BATCH_ROWS = 2_000
ENCODER = json.JSONEncoder(ensure_ascii=False)


class ExportTooSlow(Exception):
    """Raised when part of the file is sent, so that the connection breaks off and nobody takes that for all of it."""


class TooManyExports(Exception):
    code = "exports.too_many"
    detail = "Too many exports are under way just now; try again when one of them has ended."


def places() -> int:
    """So many exports at once leave three quarters of a process's connections to everybody else."""
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
    return max(1, int(pool["max_size"]) // 4)


PLACES = BoundedSemaphore(places())


class Export:
    """The file in pieces. It gives its place back at its end, or when it is closed, as Django does with a response."""

    def __init__(self, products: ProductQuerySet, kind: Format, holder: str | None = None) -> None:
        self.deadline = monotonic() + EXPORT_MAX_SECONDS
        if not PLACES.acquire(blocking=False):
            raise TooManyExports
        with ExitStack() as stack:
            stack.callback(PLACES.release)
            stack.enter_context(EXPORTS.held(holder))
            self.pieces = pieces(products, FORMS[kind])
            stack.callback(self.pieces.close)
            # Before anything is sent, so that a failure still has a status of its own.
            self.first = next(self.pieces)
            self.at_the_end = stack.pop_all()

    def __iter__(self) -> Iterator[str]:
        yield self.first
        for piece in self.pieces:
            if monotonic() > self.deadline:
                raise ExportTooSlow(
                    f"The export took longer than {EXPORT_MAX_SECONDS} seconds and was ended."
                )
            yield piece
        # Before the client sees the end: it may ask for another one at once.
        self.close()

    def close(self) -> None:
        self.at_the_end.close()


class Form(NamedTuple):
    """What a format makes of some rows, and what it needs of each; `head` is what the file begins with."""

    fields: Sequence[str]
    head: str
    text: Callable[..., str]


def pieces(products: ProductQuerySet, form: Form) -> Generator[str, None, None]:
    rows = products.values_list(*form.fields).iterator(chunk_size=BATCH_ROWS)
    yield form.head + form.text(list(islice(rows, BATCH_ROWS)))
    while batch := list(islice(rows, BATCH_ROWS)):
        yield form.text(batch)


# --- CSV ---


def csv_text(rows: Sequence[tuple[str, str, str, Decimal, bool]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(
        (guarded(sku), guarded(name), guarded(description), price, "true" if is_active else "false")
        for sku, name, description, price, is_active in rows
    )
    return text.getvalue()


# --- JSON lines ---


def json_text(
    rows: Sequence[tuple[int, str, str, str, Decimal, bool, datetime, datetime]],
) -> str:
    """Each product as the list has it."""
    return "".join(
        ENCODER.encode(
            {
                "id": product_id,
                "sku": sku,
                "name": name,
                "description": description,
                "price": f"{price:.2f}",
                "is_active": is_active,
                "created_at": written(created_at),
                "updated_at": written(updated_at),
            }
        )
        + "\n"
        for product_id, sku, name, description, price, is_active, created_at, updated_at in rows
    )


def written(at: datetime) -> str:
    precision = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


FORMS: dict[Format, Form] = {
    "csv": Form(CSV_COLUMNS, f"{MARK}{','.join(CSV_COLUMNS)}\r\n", csv_text),
    "jsonl": Form(JSON_FIELDS, "", json_text),
}
