"""Export products as CSV or JSON Lines, of any number.

The rows come from one snapshot through a server-side cursor, some thousands at a time: memory use does not grow with the
catalog, and no transaction stays open for a slow client. Each export keeps a database connection, so their number is
limited.

The CSV has the columns of an upload and can be imported again; formulas are guarded (catalog.formulas)."""

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
from django.http import StreamingHttpResponse

from catalog.formulas import guarded
from catalog.models import ProductQuerySet
from lib.errors import Explanation, Overloaded
from lib.limits import EXPORT_MAX_SECONDS, EXPORTS_AT_ONCE
from lib.places import Places

EXPORTS = Places(
    "exports",
    EXPORTS_AT_ONCE,
    "exports.one_at_a_time",
    Explanation("You already have an export in progress.", "Try again when it has finished."),
)
Format = Literal["csv", "jsonl"]

MEDIA_TYPES: dict[Format, str] = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
CSV_COLUMNS = ("sku", "name", "description", "price", "is_active")
JSON_FIELDS = ("id", *CSV_COLUMNS, "created_at", "updated_at")
# Excel needs it to recognize UTF-8.
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
BATCH_ROWS = 2_000
ENCODER = json.JSONEncoder(ensure_ascii=False)


class ExportTooSlow(Exception):
    """Aborts the response, so that the client does not take a partial file for a complete one."""


class TooManyExports(Overloaded):
    code = "exports.too_many"
    codes = {
        code: Explanation(
            "Too many exports are running on this server.", "Retry after the delay in `Retry-After`."
        )
    }
    detail = "Too many exports are running. Try again later."


def places() -> int:
    """The number of concurrent exports: a quarter of a process's connections."""
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
    return max(1, int(pool["max_size"]) // 4)


PLACES = BoundedSemaphore(places())


class Export:
    """The file in pieces. Releases its place at the end or when closed, as Django does with a response."""

    def __init__(self, products: ProductQuerySet, kind: Format, holder: str | None = None) -> None:
        self.deadline = monotonic() + EXPORT_MAX_SECONDS
        if not PLACES.acquire(blocking=False):
            raise TooManyExports
        with ExitStack() as stack:
            stack.callback(PLACES.release)
            stack.enter_context(EXPORTS.held(holder))
            self.pieces = pieces(products, FORMS[kind])
            stack.callback(self.pieces.close)
            # Read before anything is sent, so that a failure still gets an error status.
            self.first = next(self.pieces)
            self.at_the_end = stack.pop_all()

    def __iter__(self) -> Iterator[str]:
        yield self.first
        for piece in self.pieces:
            if monotonic() > self.deadline:
                raise ExportTooSlow(
                    f"The export took longer than {EXPORT_MAX_SECONDS} seconds and was aborted."
                )
            yield piece
        # Before the client sees the end, because it may start another export at once.
        self.close()

    def close(self) -> None:
        self.at_the_end.close()


class Form(NamedTuple):
    """A file format: the fields it needs, the start of the file, and the text of some rows."""

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


# --- JSON Lines ---


def json_text(
    rows: Sequence[tuple[int, str, str, str, Decimal, bool, datetime, datetime]],
) -> str:
    """Each product as in the list."""
    return "".join(
        ENCODER.encode(
            {
                "id": product_id,
                "sku": sku,
                "name": name,
                "description": description,
                "price": f"{price:.2f}",
                "is_active": is_active,
                "created_at": iso(created_at),
                "updated_at": iso(updated_at),
            }
        )
        + "\n"
        for product_id, sku, name, description, price, is_active, created_at, updated_at in rows
    )


def iso(at: datetime) -> str:
    precision = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


FORMS: dict[Format, Form] = {
    "csv": Form(CSV_COLUMNS, f"{MARK}{','.join(CSV_COLUMNS)}\r\n", csv_text),
    "jsonl": Form(JSON_FIELDS, "", json_text),
}


def download(selection: ProductQuerySet, kind: Format, holder: str | None) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="products.{kind}"'}
    media_type = f"{MEDIA_TYPES[kind]}; charset=utf-8"
    return StreamingHttpResponse(Export(selection, kind, holder), content_type=media_type, headers=headers)
