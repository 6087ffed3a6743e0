"""Where chunks of a plan end, and what they count."""

import random
from collections.abc import Callable

import pytest
from django.db import connection
from psycopg import sql

from catalog.models import Product
from imports.models import ImportJob
from imports.pipeline import chunks, ordered, plan, runner
from imports.pipeline.applying import apply
from imports.pipeline.chunks import Chunk, chunk_sizes, cut, read_slices
from imports.pipeline.runner import Requeued
from imports.queries import Tables, TablesEmptied
from tests.factories import make_csv, make_import, make_job
from tests.imports.crashing import empty_tables

transactional = pytest.mark.django_db(transaction=True)


def make_planned(*rows: str) -> Tables:
    """A job whose plan is made, and nothing of it carried out."""
    job = make_job(make_csv(*rows))
    run_until(job, lambda seen: seen.phase == "applying")
    job.refresh_from_db()
    return Tables(job)


def run_until(job: ImportJob, condition: Callable[[ImportJob], bool]) -> None:
    with pytest.raises(Requeued):
        runner.run(job.pk, should_stop=lambda: condition(ImportJob.objects.get(pk=job.pk)))


def slices(tables: Tables) -> list[Chunk]:
    return read_slices(tables)


def bounds(tables: Tables) -> list[tuple[int, int]]:
    return [(each.after, each.up_to) for each in slices(tables)]


def make_slice(kept: int, *, omitted: int = 0, done: int = 0) -> Chunk:
    return Chunk(done, done + 1, kept + omitted, 0, kept, 0, 0, 0, 0, 0, 0, 0, "A1", done)


@transactional
def test_slices_have_so_many_rows_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 2)
    assert bounds(make_planned(*(f"A{n},Mug,,1," for n in range(5)))) == [(0, 2), (2, 4), (4, 5)]


@transactional
def test_slice_ends_with_the_last_row_of_its_last_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 2)
    tables = make_planned("A1,Mug,,1,", "B2,Cup 1,,1,", "B2,Cup 2,,1,", "B2,Cup 3,,1,", "C3,Jug,,1,")
    assert bounds(tables) == [(0, 4), (4, 5)]
    assert [each.last_key for each in slices(tables)] == ["b2", "c3"]


@transactional
def test_slice_of_a_key_whose_last_row_changes_nothing_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    make_import(make_csv("A1,Mug,,1,", "B2,Cup,,1,"))
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 1)
    assert bounds(make_planned("A1,Other,,1,", "A1,Mug,,1,", "B2,Cups,,1,")) == [(0, 2), (2, 3)]


@transactional
def test_slices_count_the_unchanged_rows_between_those_that_change(monkeypatch: pytest.MonkeyPatch) -> None:
    make_import(make_csv(*(f"A{n},Mug,,1," for n in range(6))))
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 2)
    tables = make_planned("A0,Mug,,1,", "A1,Jug,,1,", "A2,Mug,,1,", "A3,Mug,,1,", "A4,Jug,,1,", "A5,Mug,,1,")
    assert [(each.rows, each.updated, each.unchanged) for each in slices(tables)] == [
        (2, 1, 1),
        (3, 1, 2),
        (1, 0, 1),
    ]


@transactional
def test_numbers_of_a_plan_in_parts_follow_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SMALL_ROWS", 2)
    tables = make_planned(*(f"A{n},Mug,,1," for n in range(6)))
    found = slices(tables)
    assert [each.last_key for each in found] == sorted(each.last_key for each in found)
    assert [(each.rows, each.done) for each in found] == [(3, 3), (3, 6)]
    assert found[1].after == plan.NUMBERS


def test_chunks_join_slices_until_they_keep_enough_rows() -> None:
    rows = [make_slice(2, done=2), make_slice(1, omitted=3, done=6), make_slice(0, omitted=4, done=10)]
    joined = list(cut(rows, iter([3, 3])))
    assert [(each.kept, each.rows, each.unchanged, each.done) for each in joined] == [
        (3, 6, 3, 6),
        (0, 4, 4, 10),
    ]


def test_chunks_grow_by_four_up_to_the_longest() -> None:
    sizes = chunk_sizes(1_000_000)
    assert [next(sizes) for _ in range(5)] == [3_000, 12_000, 48_000, 50_000, 50_000]


def test_last_chunks_are_a_share_of_the_rest_but_not_short() -> None:
    sizes = chunk_sizes(100_000)
    assert [next(sizes) for _ in range(6)] == [3_000, 12_000, 42_500, 21_250, 10_625, 10_000]


@transactional
def test_products_are_written_in_the_order_of_their_keys_wherever_rows_lie_on_disk() -> None:
    skus = [f"A{n:03}" for n in range(200)]
    random.Random(1).shuffle(skus)  # noqa: S311 - the same order every time
    job = make_job(make_csv(*(f"{sku},Mug,{'x' * (n * 37 % 2_000)},1," for n, sku in enumerate(skus))))
    runner.run(job.pk)
    assert list(Product.objects.order_by("pk").values_list("sku", flat=True)) == sorted(skus)


@transactional
@pytest.mark.parametrize("stops_after", [1, 2])
def test_plan_that_a_crash_emptied_is_made_again_from_the_last_key(
    stops_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 2)
    make_import(make_csv(*(f"B{n},Mug,,1," for n in range(0, 12, 2))))
    job = make_job(make_csv(*(f"B{n},{'Jug' if n % 4 == 0 else 'Mug'},,1," for n in range(12)), "B3,Cup,,1,"))
    commits = iter(range(1, 100))
    run_until(
        job, lambda seen: seen.phase == "applying" and seen.applied_key != "" and next(commits) == stops_after
    )
    empty_tables(job)
    runner.run(job.pk)
    job.refresh_from_db()
    counts = (job.created_count, job.updated_count, job.unchanged_count, job.superseded_count)
    assert counts == (6, 3, 3, 1)
    assert (job.superseded.count(), Product.objects.count()) == (1, 12)


@transactional
def test_plan_whose_rows_have_moved_on_disk_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they have in a database that was restored from a dump."""
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 50)
    # Two workers draw ids for their chunks in any order.
    monkeypatch.setattr(ordered, "WORKERS", 1)
    job = make_job(make_csv(*(f"A{n:03},Mug {n},,1," for n in range(300))))
    run_until(job, lambda seen: seen.applied_rows > 0)
    job.refresh_from_db()
    part = Tables(job).name("plan_0000")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TEMPORARY TABLE moved AS SELECT * FROM {}").format(part))
        cursor.execute(sql.SQL("TRUNCATE {}").format(part))
        cursor.execute(sql.SQL("INSERT INTO {} SELECT * FROM moved ORDER BY md5(key)").format(part))
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.created_count, job.attempt) == ("completed", 300, 2)
    names = Product.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == [f"Mug {n}" for n in range(300)]


@transactional
@pytest.mark.parametrize("lost", ["created", "updated", "superseded"])
def test_rows_that_the_plan_lost_on_the_way_are_planned_again(lost: str) -> None:
    make_import(make_csv("A1,Mug,,1,", "C3,Jug,,1,"))
    tables = make_planned("A1,Cup,,1,", "B2,Cup,,1,", "B3,Pot,,1,", "B3,Pan,,1,", "C3,Jug,,1,")
    job, table = tables.job, tables.name("plan")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DELETE FROM {} WHERE kind = %s").format(table), [lost])
    with pytest.raises(TablesEmptied):
        apply(job, tables, lambda: None)
    assert Product.objects.count() == 2
    runner.run(job.pk)
    job.refresh_from_db()
    counts = (job.created_count, job.updated_count, job.superseded_count, job.unchanged_count)
    assert (job.status, *counts) == ("completed", 2, 1, 1, 1)


@transactional
def test_plan_without_its_slices_is_not_applied() -> None:
    tables = make_planned("A1,Mug,,1,")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(tables.name("slices")))
    with pytest.raises(TablesEmptied):
        apply(tables.job, tables, lambda: None)
    assert not Product.objects.exists()


@transactional
def test_import_that_counts_a_row_too_few_fails() -> None:
    make_import(make_csv("A1,Mug,,1,"))
    tables = make_planned("A1,Mug,,1,", "B2,Cup,,1,")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("UPDATE {} SET rows = rows - 1").format(tables.name("slices")))
    runner.run(tables.job.pk)
    job = ImportJob.objects.get(pk=tables.job.pk)
    assert (job.status, job.failure_code) == ("failed", "job.miscounted")
    assert (job.total_rows, job.created_count, job.unchanged_count) == (2, 1, 0)


@transactional
def test_indexes_of_parts_have_names_of_their_own_after_many_plans() -> None:
    tables = make_planned("A1,Mug,,1,")
    tables.job.plan_number = 9999
    names = [
        tables.name(f"plan_000{part}_{index}").as_string()
        for part in (0, 1)
        for index in ("number", "repeats")
    ]
    assert len({name.strip('"')[:63] for name in names}) == 4
