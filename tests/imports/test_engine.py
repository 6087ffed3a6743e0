"""imports.pipeline.runner: what an import does to the catalog, and what it counts."""

from decimal import Decimal

import pytest
from django.db import connection

from catalog.models import Product, ProductCount
from imports.models import ImportJob, Status
from tests.factories import make_csv, make_import, make_product
from tests.imports.results import catalog, errors

pytestmark = pytest.mark.django_db(transaction=True)

COUNTERS = (
    "total_rows",
    "error_count",
    "created_count",
    "updated_count",
    "unchanged_count",
    "superseded_count",
)


def counters(job: ImportJob) -> tuple[int, ...]:
    assert (job.status, job.progress, job.processed_rows) == (Status.COMPLETED, 100, job.total_rows)
    return tuple(getattr(job, name) for name in COUNTERS)


def test_new_products_are_created() -> None:
    job = make_import(make_csv("A1,Mug,Blue,1.50,true", "B2,Cup,,,no"))
    assert catalog() == [
        ("A1", "Mug", "Blue", Decimal("1.50"), True),
        ("B2", "Cup", "", Decimal("0.00"), False),
    ]
    assert counters(job) == (2, 0, 2, 0, 0, 0)


def test_file_with_a_header_alone_imports_nothing() -> None:
    assert counters(make_import(make_csv())) == (0, 0, 0, 0, 0, 0)


def test_known_product_is_updated_and_keeps_its_spelling_of_the_sku() -> None:
    mug = make_product(sku="a1", name="Mug", price=Decimal("1.00"))
    job = make_import(make_csv("A1,Big mug,,2,"))
    mug.refresh_from_db()
    assert (mug.sku, mug.name, mug.price) == ("a1", "Big mug", Decimal("2.00"))
    assert counters(job) == (1, 0, 0, 1, 0, 0)


def test_sku_matches_ignoring_case_beyond_ascii() -> None:
    make_product(sku="Éclair", name="Old")
    make_import(make_csv("éCLAIR,New,,,"))
    assert [name for _, name, *_ in catalog()] == ["New"]


def test_update_moves_updated_at_and_leaves_created_at() -> None:
    mug = make_product(sku="A1", name="Mug")
    make_import(make_csv("A1,Cup,,,"))
    changed = Product.objects.get()
    assert changed.created_at == mug.created_at
    assert changed.updated_at > mug.updated_at


def test_blank_cell_keeps_the_value() -> None:
    make_product(sku="A1", name="Mug", description="Blue", price=Decimal("1.00"), is_active=False)
    make_import(make_csv("A1,,,2,"))
    assert catalog() == [("A1", "Mug", "Blue", Decimal("2.00"), False)]


def test_absent_column_is_never_touched() -> None:
    make_product(sku="A1", name="Mug", description="Blue", price=Decimal("1.00"))
    make_import(make_csv("2,A1", header="price,sku"))
    assert catalog() == [("A1", "Mug", "Blue", Decimal("2.00"), True)]


def test_new_product_needs_a_name() -> None:
    job = make_import(make_csv("A1,2", "B2,3", header="sku,price"))
    assert errors(job) == [(1, 2, "name", "name.required"), (2, 3, "name", "name.required")]
    assert counters(job) == (2, 2, 0, 0, 0, 0)
    assert not Product.objects.exists()


def test_last_row_of_a_sku_wins() -> None:
    job = make_import(make_csv("A1,First,,1,", "a1,Second,,2,", "B2,Cup,,,", "a1,Last,,3,"))
    assert [(sku, name) for sku, name, *_ in catalog()] == [("A1", "Last"), ("B2", "Cup")]
    assert counters(job) == (4, 0, 2, 0, 0, 2)


def test_blank_cell_of_the_last_row_keeps_what_an_earlier_row_said() -> None:
    make_import(make_csv("A1,Mug,Blue,1,", "A1,,,2,no"))
    assert catalog() == [("A1", "Mug", "Blue", Decimal("2.00"), False)]


def test_nameless_row_of_a_new_sku_is_rejected_only_before_the_first_name() -> None:
    job = make_import(make_csv("A1,,,1,", "A1,Mug,,,", "A1,,,3,"))
    assert errors(job) == [(1, 2, "name", "name.required")]
    assert catalog() == [("A1", "Mug", "", Decimal("3.00"), True)]
    assert counters(job) == (3, 1, 1, 0, 0, 1)


def test_invalid_row_between_good_ones_changes_nothing() -> None:
    job = make_import(make_csv("A1,Mug,,1,", "A1,Mug,,abc,", "B2,Cup,,1,"))
    assert errors(job) == [(2, 3, "price", "price.invalid")]
    assert counters(job) == (3, 1, 2, 0, 0, 0)


def test_same_file_again_writes_no_product_and_draws_no_id() -> None:
    file = make_csv("A1,Mug,Blue,1.50,true", "a1,Mug,Blue,1.5,yes", "B2,Cup,,2,no", "C3,,,x,")
    make_import(file)
    before = list(Product.objects.order_by("id").values())
    lines = ProductCount.objects.count()
    job = make_import(file)
    assert list(Product.objects.order_by("id").values()) == before
    assert ProductCount.objects.count() == lines
    assert make_product().pk == before[-1]["id"] + 1
    assert counters(job) == (4, 1, 0, 0, 2, 1)


def test_only_what_differs_is_written() -> None:
    make_import(make_csv("A1,Mug,,1,", "B2,Cup,,1,"))
    untouched = Product.objects.get(sku="A1")
    job = make_import(make_csv("A1,Mug,,1.00,", "B2,Cup,,2,"))
    assert Product.objects.get(sku="A1").updated_at == untouched.updated_at
    assert counters(job) == (2, 0, 0, 1, 1, 0)


def test_count_of_products_is_kept() -> None:
    make_import(make_csv("A1,Mug,,1,yes", "B2,Cup,,1,no", "A1,Mug,,1,no"))
    assert ProductCount.objects.totals() == (2, 0)


def test_tables_of_the_job_are_gone_at_the_end() -> None:
    make_import(make_csv("A1,Mug,,1,"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname ~ '^imports_(stage|plan|again)_'")
        assert cursor.fetchall() == []


def test_file_that_is_gone_fails_the_job() -> None:
    from django.core.files.storage import default_storage

    from imports.pipeline import runner
    from tests.factories import make_job

    job = make_job(make_csv("A1,Mug,,1,"))
    default_storage.delete(job.stored_as)
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code) == (Status.FAILED, "file.missing")
    assert not Product.objects.exists()
