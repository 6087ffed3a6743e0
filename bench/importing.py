"""One round of imports beside one COPY of the same rows; bench.__main__ repeats and prints it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from django.db import connection

from bench import sample
from bench.figures import Round
from bench.stack import Stack
from imports.errors import RowError
from imports.formats.csv_reader import CsvReader, DecodedLines
from imports.matching.matching import match_columns
from imports.models import READY_FOR
from imports.rows.row_parser import ParsedRow, RowParser

COLUMNS = "sku, name, description, price, is_active"


@dataclass
class Files:
    new: Path
    tenth: Path
    changed: Path
    # Of `tenth`, beside `new`.
    dearer: int
    truth: sample.Truth
    clean: bytes

    @classmethod
    def make(cls, folder: Path, rows: int) -> Self:
        new, tenth, changed = (folder / f"{name}.csv" for name in ("new", "tenth", "changed"))
        truth = sample.write(new, rows)
        sample.write(tenth, rows, dearer=10)
        sample.write(changed, rows, dearer=1)
        clean, differing = list(clean_rows(new)), clean_rows(tenth)
        dearer = sum(before != after for before, after in zip(clean, differing, strict=True))
        return cls(new, tenth, changed, dearer, truth, b"".join(map(copy_line, clean)))


def clean_rows(path: Path) -> Iterator[ParsedRow]:
    """The rows of the file that can be imported, the last of each SKU, in the order of the file."""
    by_key: dict[str, ParsedRow] = {}
    with path.open("rb") as file:
        records = CsvReader(DecodedLines(iter(lambda: file.read(2**20), b"")), ",")
        _, header, _ = next(iter(records))
        row_parser = RowParser(tuple(header), match_columns(header).positions)
        for _, cells, _ in records:
            try:
                row = row_parser.parse(cells)
            except RowError:
                continue
            by_key.pop(row[0].lower(), None)
            by_key[row[0].lower()] = row
    yield from by_key.values()


def copy_line(row: ParsedRow) -> bytes:
    """The row in COPY's text format, made beforehand: T is the server's time, not that of any driver."""
    *texts, is_active, _ = row
    cells = ((cell or "").replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") for cell in texts)
    return ("\t".join([*cells, "t" if is_active else "f"]) + "\n").encode()


def measure(stack: Stack, files: Files) -> Round:
    settle()
    reference = copy_straight(files.clean)
    settle()
    new = timed_import(stack, files.new, created_count=files.truth.products)
    settle(empty=False)
    again = timed_import(stack, files.new, unchanged_count=files.truth.products)
    settle(empty=False)
    dry, confirmed, undone = timed_dry_run(stack, files)
    settle(empty=False)
    changed = timed_import(stack, files.changed, updated_count=files.truth.products)
    return Round(reference, new, again, dry, confirmed, undone, changed)


def settle(*, empty: bool = True) -> None:
    """The same start for each: no writes of the one before left to do."""
    with connection.cursor() as cursor:
        if empty:
            cursor.execute("TRUNCATE catalog_product RESTART IDENTITY")
        cursor.execute("VACUUM ANALYZE catalog_product")
        cursor.execute("CHECKPOINT")


def copy_straight(rows: bytes) -> float:
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY catalog_product ({COLUMNS}) FROM STDIN") as copy:
        for start in range(0, len(rows), 2**20):
            copy.write(rows[start : start + 2**20])
    return time.perf_counter() - started


def timed_import(stack: Stack, path: Path, **expected: object) -> float:
    """Seconds from the upload's acceptance to the job's completion, by the server's own clock."""
    job = stack.wait(stack.upload(path))
    expect(job, status="completed", **expected)
    return (moment(job, "completed_at") - moment(job, "created_at")).total_seconds()


def timed_dry_run(stack: Stack, files: Files) -> tuple[float, float, float]:
    """Seconds of the dry run, of its confirmation and of undoing that; the table must come back as it was."""
    settle(empty=False)
    before = fingerprint()
    job = stack.wait(stack.upload(files.tenth, dry_run="true"))
    # The bench knows the counts of rows, not what a person should know of them.
    known = preview_of(files)
    told = dict(job["preview"]) if isinstance(job["preview"], dict) else {}
    expect(job | {"preview": {name: told.get(name) for name in known}}, status="ready", preview=known)
    ready = moment(job, "expires_at") - READY_FOR
    assert_same(before)
    settle(empty=False)
    confirmed = moment(stack.post(f"/jobs/{job['job_id']}/confirm"), "confirmed_at")
    ended = stack.wait(str(job["job_id"]))
    expect(ended, status="completed", updated_count=files.dearer)
    settle(empty=False)
    stack.post(f"/jobs/{job['job_id']}/undo")
    undone = stack.wait_undone(str(job["job_id"]))
    expect(undone, reverted_count=files.dearer, kept_count=0)
    undo = dict(undone["undo"]) if isinstance(undone["undo"], dict) else {}
    assert_same(before)
    return (
        (ready - moment(job, "created_at")).total_seconds(),
        (moment(ended, "completed_at") - confirmed).total_seconds(),
        (moment(undone, "undone_at") - moment(undo, "requested_at")).total_seconds(),
    )


def preview_of(files: Files) -> dict[str, int]:
    truth = files.truth
    return {
        "created": 0,
        "updated": files.dearer,
        "unchanged": truth.products - files.dearer,
        "superseded": truth.superseded,
        "errors": truth.bad,
        "deactivated": 0,
    }


def expect(job: dict[str, object], **expected: object) -> None:
    found = {name: job[name] for name in expected}
    if found != expected:
        raise AssertionError(f"The job says {found}, the truth is {expected}: {job}")


def moment(job: dict[str, object], name: str) -> datetime:
    return datetime.fromisoformat(str(job[name]))


def fingerprint() -> object:
    """Of all products, but for updated_at: what is taken back is a change, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(hashtextextended(row(id, sku, name, description, price, is_active, created_at)::text, 0))"
            " FROM catalog_product"
        )
        return cursor.fetchone()


def assert_same(before: object) -> None:
    if fingerprint() != before:
        raise AssertionError("The products are not what they were.")
