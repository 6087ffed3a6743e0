"""GET /jobs/{id}/changes with filters: by flag, by SKU, and the largest changes of prices first."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from imports import jobs
from imports.models import ImportJob
from imports.pipeline import chunks, plan, runner
from tests.factories import make_csv, make_import, make_product

pytestmark = pytest.mark.django_db(transaction=True)

FILE = make_csv(
    "A1,Mug,,11,", "a2,Cup,,30,", "A10,Jar,,1,", "B1,Pen,,5,", "B2,Ink,,,no", "C1,Lid,,,", "C2,Pot,,9,", "C2,Pot,,8,",
)  # fmt: skip


def make_catalog() -> None:
    for sku, price in {"A1": 10, "A2": 10, "A10": 10, "B1": 0, "B2": 4}.items():
        make_product(sku=sku, name="Old", price=Decimal(price))


@pytest.fixture(params=["preview", "import"])
def job(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ImportJob:
    """Of several slices and parts."""
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 2)
    monkeypatch.setattr(plan, "SMALL_ROWS", 4)
    make_catalog()
    job = make_import(FILE, dry_run=True)
    if request.param == "import":
        runner.run(jobs.confirm(job.pk).pk)
        job.refresh_from_db()
    return job


def page(client: Client, job: ImportJob, query: str) -> dict[str, Any]:
    answer = client.get(f"/api/jobs/{job.pk}/changes?{query}")
    assert answer.status_code == 200
    return dict(answer.json())


def skus(client: Client, job: ImportJob, query: str) -> list[str]:
    told = page(client, job, query)
    assert told["count"] == len(told["results"])
    return [change["sku"].upper() for change in told["results"]]


@pytest.mark.parametrize(
    ("flag", "found"),
    [("new_at_zero", ["C1"]), ("large_price_change", ["A10", "A2", "B1"]), ("goes_inactive", ["B2"])],
)
def test_changes_with_a_flag_are_listed(client: Client, job: ImportJob, flag: str, found: list[str]) -> None:
    assert sorted(skus(client, job, f"flag={flag}")) == found


def test_flag_of_another_kind_finds_nothing(client: Client, job: ImportJob) -> None:
    assert skus(client, job, "flag=new_at_zero&kind=updated") == []


@pytest.mark.parametrize(
    ("sku", "found"),
    [("a1", ["A1", "A10"]), ("A10", ["A10"]), ("B", ["B1", "B2"]), ("c1", ["C1"]), ("1", []), ("%25", [])],
)
def test_changes_are_found_by_the_beginning_of_their_sku(
    client: Client, job: ImportJob, sku: str, found: list[str]
) -> None:
    # Two chunks at a time write the journal, so neighbours may be in either order.
    assert sorted(skus(client, job, f"sku={sku}")) == found


def test_sku_and_flag_are_combined(client: Client, job: ImportJob) -> None:
    assert sorted(skus(client, job, "sku=a&flag=large_price_change")) == ["A10", "A2"]


def test_duplicates_of_a_preview_are_found_by_their_sku(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    assert [change["kind"] for change in page(client, job, "sku=c2")["results"]] == ["superseded", "created"]


def test_largest_changes_of_prices_come_first(client: Client, job: ImportJob) -> None:
    """In proportion to the old price; from 0.00 is the largest."""
    assert skus(client, job, "order=price_change&kind=updated") == ["B1", "A2", "A10", "A1", "B2"]


def test_changes_without_an_old_price_come_last(client: Client, job: ImportJob) -> None:
    results = page(client, job, "order=price_change")["results"]
    assert [change["kind"] for change in results[:5]] == ["updated"] * 5


@pytest.mark.parametrize(
    "query", ["", "sku=", "kind=updated", "flag=large_price_change", "sku=a", "order=price_change"]
)
def test_pages_are_the_parts_of_the_list(client: Client, job: ImportJob, query: str) -> None:
    whole = page(client, job, query)["results"]
    parts = [page(client, job, f"{query}&page_size=2&page={number}") for number in range(1, 6)]
    assert [change for part in parts for change in part["results"]] == whole
    assert {part["count"] for part in parts} == {len(whole)}


@pytest.mark.parametrize("query", ["flag=x", "order=sku", f"sku={'x' * 257}", "sku=%00"])
def test_unknown_filter_is_refused(client: Client, query: str) -> None:
    job = make_import(FILE, dry_run=True)
    assert client.get(f"/api/jobs/{job.pk}/changes?{query}").status_code == 422
