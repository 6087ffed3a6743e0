"""The result of an import equals applying the file's valid rows one by one, in file order: with whatever options.

tests.imports.oracle says what that comes to, tests.imports.generated makes up what to try. The suite tries the same 200
cases each time; `make proof` tries 5,000 new ones, and prints how to have a failure again."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st

from catalog import products
from catalog.models import Product as Stored
from catalog.models import ProductCount
from imports import jobs
from imports.formats import source
from imports.journal import changes
from imports.models import FLAGS, ImportJob
from imports.options import Options as Chosen
from imports.pipeline import chunks, plan, runner, staging, undo_chunks
from imports.reading import batches
from imports.upload import handler
from tests.database import empty_database
from tests.factories import make_undone
from tests.imports import oracle
from tests.imports.generated import (
    FULL,
    Move,
    Style,
    Written,
    catalogs,
    files,
    moves,
    options,
    sku_of,
    styles,
    write,
)
from tests.imports.oracle import Broken, Column, File, Options, Product, Row

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", 0))
tries = settings(
    max_examples=EXAMPLES or 50,
    derandomize=not EXAMPLES,
    database=None,
    print_blob=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Without the phase that explains a failure, which takes longer than finding it.
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
fewer = settings(tries, max_examples=(EXAMPLES or 50) // 3)

COUNTED = ("created", "updated", "deactivated", "superseded", "unchanged", *FLAGS)


@pytest.fixture(autouse=True)
def small_steps(read_here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit for every few lines of the file, for the parts of its plan, and for each page of it."""
    # Segments end by the clock, which is looked at for each block.
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=count().__next__))
    monkeypatch.setattr(staging, "FIRST_BATCH_SECONDS", 1.5)
    monkeypatch.setattr(staging, "BATCH_SECONDS", 1.5)
    monkeypatch.setattr(source, "READ_BYTES", 48)
    monkeypatch.setattr(plan, "SMALL_ROWS", 3)
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 5)
    monkeypatch.setattr(undo_chunks, "FIRST_CHUNK_PRODUCTS", 1)
    monkeypatch.setattr(undo_chunks, "CHUNK_PRODUCTS", 3)


@dataclass(frozen=True)
class Stop:
    """An attempt that ends after so many commits; a server that crashes then has its unlogged tables empty."""

    after: int
    crashed: bool = False


MUG = Product("A1", "Mug")
BLUE = Product("A1", "Mug", "Blue")
LONG = Column("x" * 70)

stops = st.lists(st.builds(Stop, after=st.integers(0, 6), crashed=st.booleans()), max_size=3)


@tries
@given(catalogs(), files(), styles(), options(), stops)
# Found: a row that is too short for what its NUL is reported with, and a heading too long for it.
@example([], File(FULL, (("\0",),)), Style(), Options(), [])
@example([], File((*FULL, LONG), (("A1", "Mug", "", "", "", "\0"),)), Style(), Options(), [])
def test_import_equals_applying_rows_one_by_one(
    catalog: list[Product], file: File, style: Style, options: Options, stops: list[Stop]
) -> None:
    job, written = start(catalog, file, style, options)
    run(job, stops)
    compare(job, oracle.run(catalog, file, options), written)


@fewer
@given(catalogs(), files(), styles(), options(), stops, moves(), stops)
# Found: a row that is rejected only when the import is confirmed had lent its description to the other.
@example(
    [MUG],
    File(FULL, (("A1", "", "Blue", "", ""), ("A1", "Cup", "", "", ""))),
    Style(),
    Options(),
    [],
    ["A1"],
    [],
)
def test_confirmed_import_equals_applying_rows_to_the_catalog_as_it_is_by_then(
    catalog: list[Product],
    file: File,
    style: Style,
    options: Options,
    stops: list[Stop],
    moves: list[Move],
    later_stops: list[Stop],
) -> None:
    options = replace(options, dry_run=True)
    job, written = start(catalog, file, style, options)
    run(job, stops)
    dry = oracle.run(catalog, file, options)
    compare(job, dry, written)
    if dry.status == "ready":
        make(moves)
        now = products_now().values()
        jobs.confirm(job.pk)
        run(job, later_stops)
        compare(job, oracle.confirm(dry, now, file, options), written)


@fewer
@given(catalogs(), files(), styles(), options(), stops, st.integers(0, 8), moves())
# Found: what happened between refusing rows and planning was seen by neither.
@example([MUG], File(FULL, (("A1", "", "Blue", "", ""),)), Style(), Options(), [], 3, ["A1"])
@example([MUG], File(FULL, (("A1", "Cup", "", "", ""),)), Style(), Options("update_only"), [], 3, ["A1"])
@example([], File(FULL, (("A1", "Cup", "", "", ""),)), Style(), Options("create_only"), [], 3, [MUG])
@example(
    [],
    File(FULL, (("A1", "", "Red", "", ""), ("A1", "Mug", "", "", "no"))),
    Style(),
    Options(),
    [],
    4,
    [BLUE],
)
def test_products_that_move_meanwhile_are_imported_before_or_after(
    catalog: list[Product],
    file: File,
    style: Style,
    options: Options,
    stops: list[Stop],
    moved_after: int,
    moves: list[Move],
) -> None:
    options = replace(options, mode="upsert" if options.mode == "sync" else options.mode, dry_run=False)
    options = replace(options, on_error="skip", max_errors=100_000)
    job, _ = start(catalog, file, style, options)
    meanwhile = Meanwhile(moved_after, lambda: make(moves))
    run(job, stops, meanwhile)
    assert job.status == "completed"
    if not meanwhile.happened:
        make(moves)
    as_if_before = oracle.run(moved(catalog, moves).values(), file, options).catalog
    as_if_after = moved(oracle.run(catalog, file, options).catalog.values(), moves)
    # A row that was good when the import was planned keeps its say, also where the product is removed after that.
    as_if_blank = (
        oracle.run(blanked(catalog, moves), file, options).catalog if options.mode == "upsert" else {}
    )
    # And one that was rejected then has none, also where the product comes after that.
    planned = oracle.run(catalog, file, replace(options, dry_run=True))
    as_if_refused = oracle.confirm(planned, moved(catalog, moves).values(), file, options).catalog
    now = products_now()
    for key in now.keys() | as_if_before.keys() | as_if_after.keys():
        product = now.get(key)
        exactly = [outcome.get(key) for outcome in (as_if_before, as_if_after, as_if_refused)]
        assert product in exactly or is_same(product, as_if_blank.get(key))


@fewer
@given(catalogs(), files(), styles(), options(), stops, st.none() | st.integers(0, 8), moves())
def test_undo_gives_back_what_has_not_changed_since(
    catalog: list[Product],
    file: File,
    style: Style,
    options: Options,
    stops: list[Stop],
    cancelled_after: int | None,
    moves: list[Move],
) -> None:
    job, _ = start(catalog, file, style, options)
    run(job, stops, Meanwhile(cancelled_after, lambda: jobs.cancel(job.pk)))
    if job.status == "ready":
        jobs.confirm(job.pk)
        run(job, [], Meanwhile(cancelled_after, lambda: jobs.cancel(job.pk)))
    before, after = oracle.keyed(catalog), products_now()
    moved_since = make(moves)
    now = products_now()
    make_undone(job)
    touched = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    back = touched - moved_since
    expected = now | {key: before.get(key) for key in back}
    assert products_now() == {key: product for key, product in expected.items() if product}
    assert (job.reverted_count, job.kept_count) == (len(back), len(touched - back))


def start(catalog: list[Product], file: File, style: Style, options: Options) -> tuple[ImportJob, Written]:
    start_with(catalog)
    written = write(file, style)
    note(repr(written.content))
    chosen = Chosen.model_validate(vars(options) | written.options)
    return handler.accept_body("products.csv", [written.content], chosen), written


def start_with(catalog: list[Product]) -> None:
    empty_database()
    Stored.objects.bulk_create(Stored(**vars(product)) for product in catalog)


def run(job: ImportJob, stops: list[Stop], meanwhile: "Meanwhile | None" = None) -> None:
    """Attempt after attempt, until one goes through; in that one something may happen."""
    # A line or two, and never more than a dozen segments.
    source.READ_BYTES = max(48, job.file_bytes // 12)
    for stop in stops:
        try:
            runner.run(job.pk, should_stop=Meanwhile(stop.after, hand_back=True))
        except runner.Requeued:
            if stop.crashed:
                crash()
    runner.run(job.pk, should_stop=meanwhile or Meanwhile(None))
    job.refresh_from_db()


@dataclass
class Meanwhile:
    """What happens between two commits of an import: the engine asks each time whether to stop."""

    after: int | None
    do: Callable[[], object] = lambda: None
    hand_back: bool = False
    asked: int = 0
    happened: bool = False

    def __call__(self) -> bool:
        self.asked += 1
        if self.asked - 1 != self.after:
            return False
        self.happened = True
        self.do()
        return self.hand_back


def crash() -> None:
    """What a crash of the server does to what is not in its log."""
    for table in tables_of_jobs():
        execute(f"TRUNCATE {table}")


def tables_of_jobs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'")
        return [name for (name,) in cursor.fetchall()]


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def make(moves: list[Move]) -> set[oracle.Key]:
    """Do this to products. The keys of those that are not what they were, or not the same any more."""
    return {oracle.key_of(sku_of(move)) for move in moves if make_move(move)}


def make_move(move: Move) -> bool:
    stored = Stored.objects.with_sku(sku_of(move)).first()
    if isinstance(move, str):
        if stored:
            products.remove(stored.pk)
        return stored is not None
    if stored:
        return products.change(stored.pk, **move.values).updated_at != stored.updated_at
    try:
        products.create(**vars(move))
    except products.SkuTaken:
        # By the import, just now.
        return make_move(move)
    return True


def moved(catalog: Iterable[Product], moves: list[Move]) -> dict[oracle.Key, Product]:
    """The same to a catalog that is not in the database."""
    now = oracle.keyed(catalog)
    for move in moves:
        if isinstance(move, str):
            now.pop(oracle.key_of(move), None)
        else:
            now[move.key] = now.get(move.key, move).with_values(move.values)
    return now


def blanked(catalog: Iterable[Product], moves: list[Move]) -> list[Product]:
    """With products that are like new in the place of those that are removed."""
    removed = {oracle.key_of(move) for move in moves if isinstance(move, str)}
    return [Product(product.sku, "") if product.key in removed else product for product in catalog]


def is_same(one: Product | None, other: Product | None) -> bool:
    """But for the spelling of the SKU."""
    return one is not None and other is not None and one.values == other.values


def compare(job: ImportJob, expected: oracle.Outcome, written: Written) -> None:
    assert (job.status, job.failure_code) == (expected.status, expected.failure)
    assert products_now() == expected.catalog
    assert ProductCount.objects.totals() == totals(expected.catalog)
    found = set(job.rejected.values_list("row", "line", "column", "code"))
    errors = {(row, written.line(row), column, code) for row, column, code in expected.errors}
    if job.failure_code == "job.too_many_errors":
        # It stops as soon as it knows.
        assert found <= errors
        return
    assert found == errors
    assert job.total_rows == len(written.rows)
    # With the first error of each row, and with no other.
    cells = list(job.rejected.exclude(cells=None).order_by("line").values_list("row", "cells"))
    rows = sorted({row for row, *_ in found if row is not None})
    assert cells == [(row, kept(written.rows[row - 1])) for row in rows]
    if job.status != "failed":
        assert counts(job) == expected.counts
        assert changes_of(job) == {seen_change(change, job, written) for change in expected.changes}


def kept(row: Row) -> list[str]:
    """A rejected row as errors.csv has it: what cannot be stored is shown by signs for it."""
    if isinstance(row, Broken):
        return []
    return [
        re.sub("[\udc80-\udcff]", "\N{REPLACEMENT CHARACTER}", cell.replace("\0", "\u2400")) for cell in row
    ]


def products_now() -> dict[oracle.Key, Product]:
    stored = Stored.objects.values_list("sku", "name", "description", "price", "is_active")
    return oracle.keyed(Product(*values) for values in stored)


def totals(catalog: dict[oracle.Key, Product]) -> tuple[int, int]:
    return len(catalog), sum(product.is_active for product in catalog.values())


def counts(job: ImportJob) -> dict[str, int]:
    if job.status == "ready":
        return dict(job.preview or {})
    found = {name: getattr(job, f"{name}_count") for name in COUNTED}
    return {**found, "errors": job.error_count}


Seen = tuple[str, int | None, oracle.Key | None, int | None, frozenset[tuple[str, object, object]]]


def changes_of(job: ImportJob) -> set[Seen]:
    total, rows = changes.changes(job, changes.Filters(), 1, 1_000)
    assert total == len(rows)
    return {
        (
            row.kind,
            row.line,
            None if row.sku is None else oracle.key_of(row.sku),
            row.superseded_by,
            frozenset((field.field, field.before, field.after) for field in row.fields),
        )
        for row in rows
    }


def seen_change(change: oracle.Change, job: ImportJob, written: Written) -> Seen:
    """What is known of it: a plan knows every line and key, the journal what it needs to undo it."""
    line, key = None if change.row is None else written.line(change.row), change.key
    differences = {(field, shown(before), shown(after)) for field, before, after in change.differences}
    return (
        change.kind,
        None if change.kind == "created" and job.status != "ready" else line,
        None if change.kind == "superseded" and job.status != "ready" else key,
        None if change.superseded_by is None else written.line(change.superseded_by),
        frozenset(differences),
    )


def shown(value: oracle.Value | None) -> object:
    return f"{value:.2f}" if isinstance(value, Decimal) else value
