"""Where chunks of a plan end, and what they count."""

import random
from collections.abc import Callable

import pytest
from django.db import connection
from psycopg import sql

from catalog.models import Product
from imports.errors import FileError
from imports.models import ImportJob
from imports.pipeline import applying, ordered, runner
from imports.pipeline.applying import apply
from imports.pipeline.chunks import Chunk, Parts
from imports.pipeline.runner import Requeued
from imports.queries import Tables
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


def bounds(tables: Tables, size: int) -> list[tuple[int, int]]:
    parts, done = Parts(tables), 0
    found: list[Chunk] = []
    while done < parts.rows:
        found.append(parts.chunk(done, size))
        done = found[-1].done
    return [(chunk.after, chunk.up_to) for chunk in found]


@transactional
def test_chunks_have_so_many_rows_of_the_plan() -> None:
    assert bounds(make_planned(*(f"A{n},Mug,,1," for n in range(5))), 2) == [(0, 2), (2, 4), (4, 5)]


@transactional
def test_chunk_ends_with_the_last_row_of_its_last_key() -> None:
    tables = make_planned("A1,Mug,,1,", "B2,Cup 1,,1,", "B2,Cup 2,,1,", "B2,Cup 3,,1,", "C3,Jug,,1,")
    assert bounds(tables, 2) == [(0, 4), (4, 5)]


@transactional
def test_chunk_of_a_key_whose_last_row_changes_nothing_ends_with_it() -> None:
    make_import(make_csv("A1,Mug,,1,", "B2,Cup,,1,"))
    tables = make_planned("A1,Other,,1,", "A1,Mug,,1,", "B2,Cups,,1,")
    assert bounds(tables, 1) == [(0, 2), (2, 3)]


@transactional
def test_chunks_count_the_unchanged_rows_between_those_that_change() -> None:
    make_import(make_csv(*(f"A{n},Mug,,1," for n in range(6))))
    tables = make_planned("A0,Mug,,1,", "A1,Jug,,1,", "A2,Mug,,1,", "A3,Mug,,1,", "A4,Jug,,1,", "A5,Mug,,1,")
    parts = Parts(tables)
    first, second, last = parts.chunk(0, 1), parts.chunk(2, 1), parts.chunk(5, 1)
    unchanged = [applying.planned(tables, chunk).unchanged_of(chunk) for chunk in (first, second, last)]
    assert unchanged == [1, 2, 1]


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
    monkeypatch.setattr(applying, "CHUNK_ROWS", 3)
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
    monkeypatch.setattr(applying, "CHUNK_ROWS", 50)
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
@pytest.mark.parametrize("lost", ["created", "unchanged"])
def test_rows_that_the_plan_lost_on_the_way_fail_the_import(lost: str) -> None:
    make_import(make_csv("A1,Mug,,1,", "C3,Jug,,1,"))
    tables = make_planned("A1,Mug,,1,", "B2,Cup,,1,", "B3,Pot,,1,", "C3,Jug,,1,")
    table = tables.name("plan")
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("DELETE FROM {0} WHERE key = (SELECT max(key) FROM {0} WHERE kind = %s)").format(table),
            [lost],
        )
    apply(tables.job, tables, lambda: None)
    with pytest.raises(FileError) as raised:
        runner.check_row_counts(tables.job)
    assert raised.value.code == "job.miscounted"


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
