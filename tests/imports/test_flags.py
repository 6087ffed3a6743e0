"""What a person should know before confirming: new products at 0.00, large changes of prices, products set to inactive."""

from decimal import Decimal

import pytest
from django.test import Client

from imports import jobs
from imports.models import FLAGS, ImportJob
from imports.pipeline import runner
from tests.factories import make_csv, make_import, make_job, make_product
from tests.imports.stopping import run_with

pytestmark = pytest.mark.django_db(transaction=True)

# Two new products at 0.00, three large changes of prices, and one product that is set to inactive.
FILE = make_csv(
    "A1,Mug,,15.01,", "B2,Cup,,4.99,", "C3,Jar,,3,", "D4,Pen,,15,no", "E5,Ink,,,no", "F6,Lid,,0,", "G7,Pot,,9,",
)  # fmt: skip


def make_catalog() -> None:
    for sku, price in {"A1": 10, "B2": 10, "C3": 0, "D4": 10}.items():
        make_product(sku=sku, name="Old", price=Decimal(price))


def flags(job: ImportJob) -> tuple[int, ...]:
    job.refresh_from_db()
    return tuple(job.counts[flag] for flag in FLAGS)


def flags_of(*lines: str, mode: str = "upsert") -> tuple[int, ...]:
    return flags(make_import(make_csv(*lines), mode=mode, max_missing=100))


def test_preview_counts_what_a_person_should_know(client: Client) -> None:
    make_catalog()
    job = make_import(FILE, dry_run=True)
    told = client.get(f"/api/jobs/{job.pk}").json()["preview"]
    assert {flag: told[flag] for flag in FLAGS} == {
        "new_at_zero": 2, "large_price_change": 3, "goes_inactive": 1,
    }  # fmt: skip


def test_import_counts_what_it_did(client: Client) -> None:
    make_catalog()
    told = client.get(f"/api/jobs/{make_import(FILE).pk}").json()
    assert [told[f"{flag}_count"] for flag in FLAGS] == [2, 3, 1]


def test_confirmed_preview_has_the_counts_that_it_showed() -> None:
    make_catalog()
    job = jobs.confirm(make_import(FILE, dry_run=True).pk)
    runner.run(job.pk)
    assert flags(job) == (2, 3, 1)


def test_price_that_moves_by_just_half_is_no_large_change() -> None:
    make_product(sku="A1", price=Decimal(10))
    make_product(sku="B2", price=Decimal(10))
    assert flags_of("A1,,,15,", "B2,,,5,") == (0, 0, 0)


def test_price_that_falls_to_nothing_is_a_large_change() -> None:
    make_product(sku="A1", price=Decimal("0.01"))
    assert flags_of("A1,,,0,") == (0, 1, 0)


def test_product_that_was_inactive_does_not_become_it() -> None:
    make_product(sku="A1", name="Mug", is_active=False)
    assert flags_of("A1,Cup,,,no") == (0, 0, 0)


def test_row_that_a_later_one_replaces_has_no_flag() -> None:
    assert flags_of("A1,Mug,,0,", "A1,Mug,,5,") == (0, 0, 0)


def test_product_missing_from_the_file_is_not_set_to_inactive_by_it() -> None:
    make_product(sku="A1")
    job = make_import(make_csv(), mode="sync", max_missing=100)
    assert (job.counts["deactivated"], flags(job)) == (1, (0, 0, 0))


def test_flags_are_those_of_the_products_as_they_were_when_it_was_written() -> None:
    product = make_product(sku="A1", price=Decimal(10))
    job = make_job(make_csv("A1,,,11,"))
    run_with(job, lambda: product.change({"price": Decimal(2)}))
    assert flags(job) == (0, 1, 0)


# --- No prices at all ---


def warnings(content: bytes, **options: object) -> list[dict[str, object]]:
    return [
        warning for warning in make_import(content, **options).warnings if warning["code"] != "header.unknown"
    ]


def test_file_without_prices_says_what_new_products_get() -> None:
    assert warnings(make_csv("A1,Mug", header="sku,name")) == [
        {
            "column": None,
            "code": "price.no_column",
            "message": "No column has prices, so new products get the price 0.00.",
        }
    ]


def test_file_with_prices_has_no_such_warning() -> None:
    assert warnings(make_csv("A1,Mug,1", header="sku,name,price")) == []


def test_update_without_prices_has_no_such_warning() -> None:
    assert warnings(make_csv("A1,Mug", header="sku,name"), mode="update_only") == []
