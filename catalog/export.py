"""Export products as a file of any number of them, in one of catalog.formats.

The rows come from one snapshot through a server-side cursor, some thousands at a time: memory use does not grow with the
catalog, and no transaction stays open for a slow client. Each export keeps a database connection, so their number is
limited."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from threading import BoundedSemaphore
from time import monotonic

from django.conf import settings
from django.db.models import Count, F, Func, IntegerField, Max, Sum
from django.http import StreamingHttpResponse

from catalog.formats import FORMATS
from catalog.models import ProductQuerySet
from catalog.workbook import TooLargeForWorkbook, check_length, check_rows
from lib.errors import Explanation, Overloaded
from lib.limits import (
    EXPORT_CELL_MAX_CHARACTERS,
    EXPORT_MAX_SECONDS,
    EXPORT_WORKBOOK_MAX_BYTES,
    EXPORTS_AT_ONCE,
)
from lib.places import Places

EXPORTS = Places(
    "exports",
    EXPORTS_AT_ONCE,
    "exports.one_at_a_time",
    Explanation("You already have an export in progress.", "Try again when it has finished."),
)
BATCH_ROWS = 2_000


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


def download(selection: ProductQuerySet, name: str, holder: str | None) -> StreamingHttpResponse:
    form = FORMATS[name]
    headers = {"Content-Disposition": f'attachment; filename="products.{form.extension}"'}
    export = Export(selection, name, holder)
    return StreamingHttpResponse(export, content_type=form.media_type, headers=headers)


def places() -> int:
    """The number of concurrent exports: a quarter of a process's connections."""
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
    return max(1, int(pool["max_size"]) // 4)


PLACES = BoundedSemaphore(places())


class Export:
    """The file in pieces. Releases its place at the end or when closed, as Django does with a response."""

    def __init__(self, products: ProductQuerySet, name: str, holder: str | None = None) -> None:
        self.deadline = monotonic() + EXPORT_MAX_SECONDS
        if not PLACES.acquire(blocking=False):
            raise TooManyExports
        with ExitStack() as stack:
            stack.callback(PLACES.release)
            stack.enter_context(EXPORTS.held(holder))
            if name == "xlsx":
                check_fits_workbook(products)
            form = FORMATS[name]
            self.pieces = form.pieces(batches(products, form.fields))
            stack.callback(self.pieces.close)
            # Read before anything is sent, so that a failure still gets an error status.
            self.first = next(self.pieces)
            self.at_the_end = stack.pop_all()

    def __iter__(self) -> Iterator[bytes]:
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


def check_fits_workbook(products: ProductQuerySet) -> None:
    """Raise TooLargeForWorkbook before anything is sent. The workbook checks again while it is written, for what has been
    added since."""
    texts = octets("sku") + octets("name") + octets("description")
    size = products.aggregate(count=Count("pk"), bytes=Sum(texts), longest=Max(octets("description")))
    check_rows(size["count"])
    if (size["bytes"] or 0) > EXPORT_WORKBOOK_MAX_BYTES:
        raise TooLargeForWorkbook(
            f"The products have {size['bytes']:,} bytes of text; a workbook has room for {EXPORT_WORKBOOK_MAX_BYTES:,}. "
            "Filter the products, or export them as CSV."
        )
    # UTF-8 has at least as many bytes as UTF-16 has characters.
    if (size["longest"] or 0) > EXPORT_CELL_MAX_CHARACTERS:
        long = products.alias(bytes=octets("description")).filter(bytes__gt=EXPORT_CELL_MAX_CHARACTERS)
        for description in long.values_list("description", flat=True).iterator(chunk_size=BATCH_ROWS):
            check_length(description)


def octets(field: str) -> Func:
    """Unlike a length in characters, PostgreSQL knows it without reading a long text."""
    return Func(F(field), function="octet_length", output_field=IntegerField())


def batches(products: ProductQuerySet, fields: Sequence[str]) -> Iterator[list[tuple[object, ...]]]:
    """The rows. The first batch comes even if it is empty."""
    rows = products.values_list(*fields).iterator(chunk_size=BATCH_ROWS)
    yield list(islice(rows, BATCH_ROWS))
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch
