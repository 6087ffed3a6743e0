"""Undo the products of an import in chunks, each one commit of products, counters and checkpoint.

A product is reverted if it is as the import left it: restored if the import changed it, deleted if it created it. One that
changed since is kept. The products of the journal have an order, and the job's counters say how many of them are done."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from django.db import transaction

from hooks.outbox import set_event_mode
from imports.models import ImportJob
from imports.pipeline.applying import use_nested_loops
from imports.queries import Parameters, Tables
from imports.undo_errors import UndoError

# As for an import: a fraction of a second's work, and less at first.
CHUNK_PRODUCTS = 50_000
FIRST_CHUNK_PRODUCTS = 10_000
# Until the undo has ended.
PROGRESS_MAX = 99


class Part(NamedTuple):
    """Products of one row of the journal: after some of its arrays, and up to a place."""

    # The table of the row: changed or created.
    kind: str
    entry: int
    after: int
    up_to: int


def undo_products(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Undo the products from the job's checkpoint on. `check` raises if the undo must stop."""
    journal = read_journal(job, tables)
    sizes = chunk_sizes()
    while job.undo_handled < job.products_written:
        check()
        first = job.undo_handled
        undo_chunk(job, tables, list(parts(journal, first, first + next(sizes))))


def read_journal(job: ImportJob, tables: Tables) -> list[Part]:
    """Each row of the journal as a whole. Raises UndoError unless they have every product that the import wrote."""
    journal = [
        Part(kind, entry, 0, products)
        for kind, entry, products in tables.fetch_all("journal_entries", {"job": job.pk})
    ]
    found = sum(part.up_to for part in journal)
    if found != job.products_written:
        message = f"The change history has {found:,} of the {job.products_written:,} products that the import wrote."
        raise UndoError("undo.history_incomplete", message)
    return journal


def chunk_sizes() -> Iterator[int]:
    size = FIRST_CHUNK_PRODUCTS
    while True:
        yield size
        size = min(4 * size, CHUNK_PRODUCTS)


def parts(journal: Sequence[Part], first: int, end: int) -> Iterator[Part]:
    """The parts that have the products from number `first` up to before `end`, counted over the whole journal from 0."""
    start = 0
    for whole in journal:
        part = whole._replace(after=max(first - start, 0), up_to=min(end - start, whole.up_to))
        if part.after < part.up_to:
            yield part
        start += whole.up_to


def undo_chunk(job: ImportJob, tables: Tables, chunk: Sequence[Part]) -> None:
    products = sum(part.up_to - part.after for part in chunk)
    with transaction.atomic():
        use_nested_loops(lock_timeout="0")
        set_event_mode(job.parsed_options.events)
        reverted = revert(tables, chunk)
        commit(job, reverted=reverted, kept=products - reverted)


def revert(tables: Tables, chunk: Sequence[Part]) -> int:
    """Revert the products of the chunk that have not changed since. Returns how many."""
    about: Parameters = {
        "kinds": [part.kind for part in chunk],
        "entries": [part.entry for part in chunk],
        "after": [part.after for part in chunk],
        "up_to": [part.up_to for part in chunk],
    }
    tables.fetch("lock_journaled", about)
    return tables.execute("restore_changed", about) + tables.execute("remove_created", about)


def commit(job: ImportJob, *, reverted: int, kept: int) -> None:
    done = 100 * (job.undo_handled + reverted + kept) // job.products_written
    job.checkpoint_undo(
        reverted_count=job.reverted_count + reverted,
        kept_count=job.kept_count + kept,
        undo_progress=min(done, PROGRESS_MAX),
    )
