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
from imports.faults import Fault
from imports.reader import Lines, Records
from imports.rows import CleanRow, read_header

COLUMNS = "sku, name, description, price, is_active"


@dataclass
class Files:
    new: Path
    changed: Path
    truth: sample.Truth
    clean: bytes

    @classmethod
    def make(cls, folder: Path, rows: int) -> Self:
        new, changed = folder / "new.csv", folder / "changed.csv"
        truth = sample.write(new, rows)
        sample.write(changed, rows, price_factor=2)
        return cls(new, changed, truth, b"".join(map(copy_line, clean_rows(new))))


def clean_rows(path: Path) -> Iterator[CleanRow]:
    """The rows of the file that can be imported, the last of each SKU, in the order of the file."""
    by_key: dict[str, CleanRow] = {}
    with path.open("rb") as file:
        records = Records(Lines(iter(lambda: file.read(2**20), b"")), ",")
        _, header, _ = next(iter(records))
        layout = read_header(header)
        for _, cells, _ in records:
            try:
                row = layout.clean(cells)
            except Fault:
                continue
            by_key.pop(row[0].lower(), None)
            by_key[row[0].lower()] = row
    yield from by_key.values()


def copy_line(row: CleanRow) -> bytes:
    """The row in COPY's text format, made beforehand: T is the server's time, not that of any driver."""
    *texts, is_active = row
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
    changed = timed_import(stack, files.changed, updated_count=files.truth.products)
    return Round(reference, new, again, changed)


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


def timed_import(stack: Stack, path: Path, **expected: int) -> float:
    """Seconds from the upload's acceptance to the job's completion, by the server's own clock."""
    job = stack.wait(stack.upload(path))
    counted = {name: job[name] for name in expected}
    if job["status"] != "completed" or counted != expected:
        raise AssertionError(f"The import counted {counted}, the truth is {expected}: {job}")
    begun, ended = (datetime.fromisoformat(str(job[moment])) for moment in ("created_at", "completed_at"))
    return (ended - begun).total_seconds()
