"""Products that are written by others while an import is under way: the result is as if one had gone after the other."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from time import perf_counter

import psycopg
import pytest
from django.db import connection
from django.test import Client

from catalog.models import Product, ProductCount
from imports.models import ImportJob, Status
from imports.pipeline import chunks, runner
from tests.factories import make_csv, make_job, make_product
from tests.imports.stopping import run_with
from tests.imports.workers import database_url, until

pytestmark = pytest.mark.django_db(transaction=True)

# Between plan and end: created, updated, unchanged, rejected.
Counts = tuple[int, int, int, int]
ANSWERS_WITHIN_SECONDS = 1


def make_import_with(content: bytes, act: Callable[[], object]) -> Counts:
    """An import with something done by another session after its plan was made and before any of it is carried out."""
    job = make_job(content)
    run_with(job, act)
    return counts(job)


@contextmanager
def importing(job: ImportJob) -> Iterator["Future[None]"]:
    """The import in a thread of its own; it has ended when the block has."""

    def run() -> None:
        try:
            runner.run(job.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        ended = thread.submit(run)
        yield ended
    ended.result()


def counts(job: ImportJob) -> Counts:
    job.refresh_from_db()
    assert (job.status, job.processed_rows) == (Status.COMPLETED, job.total_rows)
    return job.created_count, job.updated_count, job.unchanged_count, job.error_count


def catalog() -> dict[str, tuple[str, str, Decimal]]:
    found = Product.objects.order_by("id").values_list("sku", "name", "description", "price")
    return {sku: (name, description, price) for sku, name, description, price in found}


def another_session_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ 'catalog_product'"
        )
        return bool(cursor.fetchone()[0])


def test_new_product_that_another_session_creates_first_is_updated() -> None:
    counted = make_import_with(
        make_csv("A1,Mug,,1,", "B2,Cup,,2,"), lambda: make_product(sku="a1", name="Pot", description="Red")
    )
    assert catalog() == {"a1": ("Mug", "Red", Decimal(1)), "B2": ("Cup", "", Decimal(2))}
    assert counted == (1, 1, 0, 0)


def test_new_product_that_another_session_creates_just_so_is_unchanged() -> None:
    made: list[Product] = []
    counted = make_import_with(
        make_csv("A1,Mug,,1,", "B2,Cup,,2,"),
        lambda: made.append(make_product(sku="A1", name="Mug", price=Decimal(1))),
    )
    assert counted == (1, 0, 1, 0)
    assert Product.objects.get(sku="A1").updated_at == made[0].updated_at


def test_changed_product_that_another_session_deletes_is_created() -> None:
    mug = make_product(sku="A1", name="Mug", description="Red")
    counted = make_import_with(make_csv("A1,Cup,,2,"), mug.delete)
    assert catalog() == {"A1": ("Cup", "", Decimal(2))}
    assert counted == (1, 0, 0, 0)


def test_changed_product_that_another_session_deletes_cannot_come_back_without_a_name() -> None:
    mug = make_product(sku="A1", name="Mug")
    counted = make_import_with(make_csv("B2,Cup,,1,", "A1,,,2,"), mug.delete)
    assert catalog() == {"B2": ("Cup", "", Decimal(1))}
    assert counted == (1, 0, 0, 1)
    rejected = ImportJob.objects.get().rejected.values_list("row", "line", "column", "code")
    assert list(rejected) == [(2, 3, "name", "name.required")]


def test_changed_product_that_another_session_renames_is_left_alone_and_its_sku_created() -> None:
    mug = make_product(sku="A1", name="Mug", price=Decimal(1))
    counted = make_import_with(make_csv("A1,Cup,,2,"), lambda: mug.change({"sku": "Z9"}))
    assert catalog() == {"Z9": ("Mug", "", Decimal(1)), "A1": ("Cup", "", Decimal(2))}
    assert counted == (1, 0, 0, 0)


def test_product_that_another_session_renames_to_a_new_sku_is_updated() -> None:
    mug = make_product(sku="Z9", name="Mug", description="Red")
    counted = make_import_with(make_csv("A1,Cup,,2,"), lambda: mug.change({"sku": "A1"}))
    assert catalog() == {"A1": ("Cup", "Red", Decimal(2))}
    assert counted == (0, 1, 0, 0)


def test_changed_product_that_another_session_changes_just_so_is_unchanged() -> None:
    mug = make_product(sku="A1", name="Mug", price=Decimal(1))
    counted = make_import_with(
        make_csv("A1,Cup,,2,"), lambda: mug.change({"name": "Cup", "price": Decimal(2)})
    )
    assert counted == (0, 0, 1, 0)
    assert Product.objects.get().updated_at == mug.updated_at


def test_changed_product_that_another_session_changes_otherwise_gets_what_the_file_says_and_keeps_the_rest() -> (
    None
):
    mug = make_product(sku="A1", name="Mug", description="Red", price=Decimal(1))
    counted = make_import_with(
        make_csv("A1,Cup,,2,"),
        lambda: mug.change({"name": "Pot", "description": "Blue", "price": Decimal(9)}),
    )
    assert catalog() == {"A1": ("Cup", "Blue", Decimal(2))}
    assert counted == (0, 1, 0, 0)


def test_several_at_once_are_each_counted_for_what_became_of_them() -> None:
    deleted, changed, same = (make_product(sku=sku, name="Old") for sku in ("A1", "B2", "C3"))

    def act() -> None:
        deleted.delete()
        changed.change({"name": "Other"})
        same.change({"name": "New"})
        make_product(sku="D4", name="Old")

    counted = make_import_with(make_csv(*(f"{sku},New,,," for sku in ("A1", "B2", "C3", "D4", "E5"))), act)
    assert {name for name, *_ in catalog().values()} == {"New"}
    assert counted == (2, 2, 1, 0)
    assert ProductCount.objects.totals() == (5, 5)


def test_bulk_delete_takes_what_was_there_and_leaves_what_the_file_still_brings(client: Client) -> None:
    make_product(sku="A1", name="Mug")
    make_product(sku="B2", name="Cup")
    counted = make_import_with(
        make_csv("A1,Mug,,,", "B2,Big cup,,,", "C3,Pen,,,"),
        lambda: client.delete("/api/products/bulk-delete/"),
    )
    # A1 was just so when the import looked, and gone later.
    assert set(catalog()) == {"B2", "C3"}
    assert counted == (2, 0, 1, 0)
    assert ProductCount.objects.totals() == (2, 2)


def test_product_that_another_session_is_just_creating_is_waited_for_and_updated() -> None:
    job = make_job(make_csv("A1,Mug,,1,", "B2,Cup,,2,"))
    with psycopg.connect(database_url()) as other:
        other.execute("INSERT INTO catalog_product (sku, name) VALUES ('a1', 'Pot')")
        with importing(job):
            until(another_session_waits, "the import waits")
            other.commit()
    assert catalog() == {"a1": ("Mug", "", Decimal(1)), "B2": ("Cup", "", Decimal(2))}
    assert counts(job) == (1, 1, 0, 0)


def test_deadlock_with_another_session_is_survived() -> None:
    make_product(sku="A1", name="Mug")
    make_product(sku="B2", name="Mug")
    job = make_job(make_csv("A1,Cup,,,", "B2,Cup,,,"))
    with psycopg.connect(database_url()) as other:
        other.execute("UPDATE catalog_product SET name = 'Pot' WHERE sku = 'B2'")
        with importing(job):
            until(another_session_waits, "the import has A1 and waits for B2")
            other.execute("UPDATE catalog_product SET description = 'Red' WHERE sku = 'A1'")
            other.commit()
    assert catalog() == {"A1": ("Cup", "Red", Decimal(0)), "B2": ("Cup", "", Decimal(0))}
    assert counts(job) == (0, 2, 0, 0)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many commits where there would be one."""
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 500)


@pytest.mark.usefixtures("small_chunks")
def test_other_products_are_written_at_once_while_chunks_are_committed(client: Client) -> None:
    pen = make_product(sku="PEN", name="Pen")
    job = make_job(make_csv(*(f"A{row},Mug,,1," for row in range(20_000))))
    seconds: list[float] = []
    with importing(job) as import_ended:
        while not import_ended.done():
            began = perf_counter()
            body = {"sku": "PEN", "name": f"Pen {len(seconds)}"}
            answer = client.put(f"/api/products/{pen.pk}/", body, content_type="application/json")
            assert answer.status_code == 200
            seconds.append(perf_counter() - began)
    assert max(seconds) < ANSWERS_WITHIN_SECONDS
    assert len(seconds) > 10
    assert catalog()["PEN"][0] == f"Pen {len(seconds) - 1}"
    assert counts(job) == (20_000, 0, 0, 0)


@pytest.mark.usefixtures("small_chunks")
def test_bulk_delete_between_two_chunks_takes_the_first_and_not_the_second(client: Client) -> None:
    job = make_job(make_csv(*(f"A{row},Mug,,1," for row in range(20_000))))
    with importing(job):
        until(
            lambda: ImportJob.objects.filter(pk=job.pk, created_count__gt=0).exists(), "a chunk is committed"
        )
        deleted = client.delete("/api/products/bulk-delete/").json()["deleted"]
    left = Product.objects.count()
    assert deleted > 0
    assert deleted + left == 20_000
    assert counts(job) == (20_000, 0, 0, 0)
    assert ProductCount.objects.totals() == (left, left)
