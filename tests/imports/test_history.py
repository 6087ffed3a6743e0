"""imports.journal.product_history: which imports touched a product, and which products an import touched."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from imports import jobs
from imports.change_schemas import FieldChange
from imports.journal.product_history import history, products_changed_by
from imports.models import ImportJob
from imports.pipeline import runner
from tests.factories import make_csv, make_import, make_product, make_undone

pytestmark = pytest.mark.django_db(transaction=True)


def touches(product: Product) -> list[tuple[str, object, list[tuple[str, object, object]]]]:
    return [
        (
            touch.kind,
            touch.line,
            [(field.field, field.before, field.after) for field in touch.fields],
        )
        for touch in history(product.pk)
    ]


def touched(job: ImportJob) -> list[str]:
    return sorted(Product.objects.filter(products_changed_by(job)).values_list("sku", flat=True))


def test_product_made_by_hand_has_no_history() -> None:
    assert history(make_product().pk) == []


def test_import_that_created_it_is_told() -> None:
    job = make_import(make_csv("A-1,Anvil,,5,true", "B-2,Bucket,,1,true"))
    [touch] = history(Product.objects.get(sku="A-1").pk)
    assert (touch.job_id, touch.filename, touch.kind, touch.line) == (job.pk, "products.csv", "created", None)
    assert (touch.fields, touch.undone_at) == ([], None)


def test_product_made_by_hand_at_the_same_moment_has_no_history() -> None:
    make_import(make_csv("A-1,Anvil,,5,true"))
    by_hand = make_product()
    Product.objects.filter(pk=by_hand.pk).update(created_at=Product.objects.get(sku="A-1").created_at)
    assert history(by_hand.pk) == []


def test_changes_are_reported_with_old_and_new_values_the_newest_first() -> None:
    make_import(make_csv("A-1,Anvil,,5,true"))
    make_import(make_csv("B-2,Bucket,,1,true", "a-1,,,6,false"))
    make_import(make_csv("A-1,Big anvil,heavy,,"))
    assert touches(Product.objects.get(sku="A-1")) == [
        ("updated", 2, [("name", "Anvil", "Big anvil"), ("description", "", "heavy")]),
        ("updated", 3, [("price", "5.00", "6.00"), ("is_active", True, False)]),
        ("created", None, []),
    ]


def test_import_that_left_it_alone_is_not_told() -> None:
    product = make_product(sku="B", name="Bucket")
    make_import(make_csv("A,Anvil,,5,true", "B,Bucket,,,", "C,Cup,,5,true"))
    make_product(sku="0"), make_product(sku="Z")
    make_import(make_csv("0,Zero,,5,true", "Z,Zebra,,5,true"))
    assert history(product.pk) == []


def test_product_that_the_file_lacked_was_made_inactive() -> None:
    product = make_product(sku="A-1")
    job = make_import(make_csv("B-2,Bucket,,1,true"), mode="sync", max_missing=100)
    jobs.confirm(job.pk)
    runner.run(job.pk)
    assert touches(product) == [("deactivated", None, [("is_active", True, False)])]


def test_undone_import_is_reported_as_undone() -> None:
    product = make_product(sku="A-1", price=Decimal(5))
    job = make_import(make_csv("A-1,,,6,"))
    make_undone(job)
    [touch] = history(product.pk)
    assert touch.undone_at == ImportJob.objects.get().undone_at
    assert touch.fields == [FieldChange(field="price", before="5.00", after="6.00")]


def test_journal_is_found_by_an_index() -> None:
    make_import(make_csv("A-1,Anvil,,5,true"))
    with CaptureQueriesContext(connection) as captured:
        history(Product.objects.get().pk)
    [statement] = [query["sql"] for query in captured if "imports_changedproducts" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "changedproducts_by_key" in plan
    assert "createdproducts_by_time" in plan


@pytest.mark.parametrize("few", [5_000, 0])
def test_products_of_an_import_are_those_it_created_or_changed(few: int, monkeypatch: Any) -> None:
    monkeypatch.setattr("imports.journal.product_history.FEW", few)
    make_product(sku="B-2", name="Bucket"), make_product(sku="C-3", name="Cup"), make_product(sku="D-4")
    job = make_import(make_csv("A-1,Anvil,,5,true", "B-2,Big bucket,,,", "C-3,Cup,,,"))
    assert touched(job) == ["A-1", "B-2"]
    assert touched(make_import(make_csv("E-5,Eel,,5,true"))) == ["E-5"]
    assert touched(make_import(make_csv("C-3,Cups,,,"))) == ["C-3"]
    assert touched(make_import(make_csv("C-3,Cups,,,"))) == []


def test_products_that_are_gone_are_not_found() -> None:
    job = make_import(make_csv("A-1,Anvil,,5,true", "B-2,Bucket,,1,true"))
    Product.objects.filter(sku="A-1").delete()
    assert touched(job) == ["B-2"]
