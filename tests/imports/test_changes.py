"""GET /jobs/{id}/changes: field by field what a dry run would do, and what an import did."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Product
from imports import jobs
from imports.journal.changes import Filters, changes
from imports.models import ImportJob
from imports.pipeline import chunks, runner
from tests.factories import make_csv, make_import, make_job, make_product, make_undone
from tests.imports.crashing import empty_tables
from tests.imports.stopping import run_and_cancel_when, stop_when_applying

pytestmark = pytest.mark.django_db(transaction=True)

FILE = make_csv("A1,Mug,,2,no", "B2,Cup,Red,5,", "b2,Pot,,,", "C3,Jar,,,", "D4,Pen,,x,")


def make_known() -> Product:
    make_product(sku="C3", name="Jar")
    return make_product(sku="a1", name="Mug", description="Blue", price=Decimal(1))


def page_told(client: Client, job: ImportJob, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/jobs/{job.pk}/changes{query}")
    assert answer.status_code == 200
    return dict(answer.json())


def told(client: Client, job: ImportJob, query: str = "") -> list[dict[str, Any]]:
    page = page_told(client, job, query)
    assert page["count"] == len(page["results"])
    return list(page["results"])


def fields(change: dict[str, Any]) -> dict[str, tuple[object, object]]:
    return {field["field"]: (field["before"], field["after"]) for field in change["fields"]}


def kinds(client: Client, job: ImportJob, query: str = "") -> list[tuple[str, int | None]]:
    return [(change["kind"], change["line"]) for change in told(client, job, query)]


# --- What would change ---


def test_changed_product_is_reported_with_the_fields_that_differ(client: Client) -> None:
    mug = make_known()
    job = make_import(FILE, dry_run=True)
    assert told(client, job, "?kind=updated") == [
        {
            "kind": "updated",
            "line": 2,
            "sku": "A1",
            "product_id": mug.pk,
            "superseded_by": None,
            "fields": [
                {"field": "price", "before": "1.00", "after": "2.00"},
                {"field": "is_active", "before": True, "after": False},
            ],
        }
    ]


def test_new_product_is_reported_with_every_field_it_would_have(client: Client) -> None:
    job = make_import(make_csv("B2,Cup,,,"), dry_run=True)
    [change] = told(client, job)
    assert (change["kind"], change["sku"], change["product_id"]) == ("created", "B2", None)
    assert fields(change) == {
        "name": (None, "Cup"), "description": (None, ""), "price": (None, "0.00"), "is_active": (None, True),
    }  # fmt: skip


def test_new_product_of_several_rows_is_reported_as_it_would_become(client: Client) -> None:
    job = make_import(make_csv("B2,Cup,Red,5,", "b2,Pot,,,"), dry_run=True)
    [change] = told(client, job, "?kind=created")
    assert (change["line"], change["sku"]) == (3, "B2")
    assert [after for _, after in fields(change).values()] == ["Pot", "Red", "5.00", True]


def test_superseded_row_names_the_line_that_takes_its_place(client: Client) -> None:
    [change] = told(client, make_import(FILE, dry_run=True), "?kind=superseded")
    assert (change["line"], change["superseded_by"], change["sku"], change["fields"]) == (3, 4, "B2", [])


def test_product_that_sync_would_deactivate_is_reported_with_no_line_of_the_file(client: Client) -> None:
    pen = make_product(sku="D4")
    [change] = told(client, make_import(make_csv(), mode="sync", max_missing=100))
    assert (change["kind"], change["line"], change["sku"], change["product_id"]) == (
        "deactivated",
        None,
        "D4",
        pen.pk,
    )
    assert fields(change) == {"is_active": (True, False)}


def test_unchanged_and_rejected_rows_are_no_changes(client: Client) -> None:
    make_known()
    job = make_import(FILE, dry_run=True)
    assert kinds(client, job) == [("updated", 2), ("superseded", 3), ("created", 4)]


def test_changes_come_in_pages(client: Client) -> None:
    job = make_import(make_csv(*(f"A{number},Mug,,," for number in range(5))), dry_run=True)
    here = f"http://testserver/api/jobs/{job.pk}/changes?page_size=2"
    pages = [page_told(client, job, f"?page_size=2&page={number}") for number in (1, 2, 3, 4)]
    assert [[change["sku"] for change in page["results"]] for page in pages] == [
        ["A0", "A1"],
        ["A2", "A3"],
        ["A4"],
        [],
    ]
    assert {page["count"] for page in pages} == {5}
    assert (pages[0]["previous"], pages[0]["next"]) == (None, f"{here}&page=2")
    assert (pages[2]["previous"], pages[2]["next"]) == (f"{here}&page=2", None)


def test_one_kind_comes_in_pages_of_its_own(client: Client) -> None:
    make_known()
    job = make_import(FILE, dry_run=True)
    for kind in ("updated", "superseded", "created"):
        page = page_told(client, job, f"?kind={kind}&page_size=1")
        assert (page["count"], page["next"], page["results"][0]["kind"]) == (1, None, kind)
    assert page_told(client, job, "?kind=deactivated")["count"] == 0


def test_dry_run_whose_tables_a_crash_emptied_has_nothing_to_show(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    empty_tables(job)
    assert page_told(client, job)["results"] == []


def test_dry_run_that_is_cancelled_just_then_has_changed_nothing() -> None:
    job = make_import(FILE, dry_run=True)
    jobs.cancel(job.pk)
    assert (job.status, changes(job, Filters(), 1, 100)) == ("ready", (0, []))


def test_dry_run_that_is_confirmed_and_done_just_then_reports_what_it_did() -> None:
    job = make_import(FILE, dry_run=True)
    jobs.confirm(job.pk)
    runner.run(job.pk)
    count, found = changes(job, Filters(), 1, 100)
    assert (count, [change.kind for change in found]) == (
        4,
        ["created", "created", "created", "superseded"],
    )


# --- What was changed ---


def test_import_reports_what_it_did_as_its_dry_run_reported_what_it_would(client: Client) -> None:
    make_known()
    job = make_import(FILE, dry_run=True)
    planned = {kind: told(client, job, f"?kind={kind}") for kind in ("updated", "created", "superseded")}
    jobs.confirm(job.pk)
    runner.run(job.pk)
    [updated], [created], [superseded] = (
        told(client, job, f"?kind={kind}") for kind in ("updated", "created", "superseded")
    )
    # The product has the spelling it had, and a new one an id by now; of rows that lost only the lines are kept.
    assert updated == {**planned["updated"][0], "sku": "a1"}
    assert created == {
        **planned["created"][0], "line": None, "product_id": Product.objects.get(sku="B2").pk,
    }  # fmt: skip
    assert superseded == {**planned["superseded"][0], "sku": None}


def test_kinds_follow_one_another_over_the_pages(client: Client) -> None:
    make_known()
    job = make_import(FILE)
    pages = [page_told(client, job, f"?page_size=1&page={number}") for number in (1, 2, 3)]
    assert [page["results"][0]["kind"] for page in pages] == ["updated", "created", "superseded"]
    assert [page["count"] for page in pages] == [3, 3, 3]
    assert kinds(client, job) == [("updated", 2), ("created", None), ("superseded", 3)]


def test_change_stays_reported_although_the_product_moved_on(client: Client) -> None:
    mug = make_known()
    job = make_import(make_csv("A1,,,2,"))
    mug.change({"sku": "Z9", "price": Decimal(7)})
    [change] = told(client, job)
    assert (change["sku"], fields(change)) == ("Z9", {"price": ("1.00", "2.00")})


def test_product_that_is_gone_is_reported_by_its_id_alone(client: Client) -> None:
    mug = make_known()
    job = make_import(make_csv("A1,,,2,", "B2,Cup,,,"))
    made = Product.objects.get(sku="B2").pk
    Product.objects.all().delete()
    updated, created = told(client, job)
    assert (updated["sku"], updated["product_id"], fields(updated)) == (
        None,
        mug.pk,
        {"price": ("1.00", "2.00")},
    )
    assert (created["sku"], created["product_id"], created["fields"]) == (None, made, [])


def test_deactivated_products_are_a_kind_of_their_own(client: Client) -> None:
    make_product(sku="A1", name="Mug")
    make_product(sku="D4")
    job = jobs.confirm(make_import(make_csv("A1,Cup,,,"), mode="sync", max_missing=50).pk)
    runner.run(job.pk)
    assert kinds(client, job, "?kind=updated") == [("updated", 2)]
    [change] = told(client, job, "?kind=deactivated")
    assert (change["line"], change["sku"], fields(change)) == (None, "D4", {"is_active": (True, False)})


def test_changes_of_many_chunks_are_all_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 60)
    make_import(make_csv(*(f"A{number},Mug,,1," for number in range(0, 600, 2))))
    job = make_import(make_csv(*(f"A{number},Mug,,{number}," for number in range(600))))
    assert job.changed.count() > 1
    assert job.created.count() > 1
    pages = [page_told(client, job, f"?page_size=250&page={number}")["results"] for number in (1, 2, 3)]
    found = [change for page in pages for change in page]
    assert [len(page) for page in pages] == [250, 250, 100]
    assert sorted(change["sku"] for change in found) == sorted(f"A{number}" for number in range(600))
    assert all(
        change["fields"][-1]["after"] == f"{change['line'] - 2}.00" for change in found if change["line"]
    )


def test_import_that_is_running_reports_what_it_has_committed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 60)
    job = make_job(make_csv(*(f"A{number},Mug,,1," for number in range(1_000))))
    run_and_cancel_when(client, job, lambda seen: seen.created_count > 0)
    assert page_told(client, job)["count"] == job.created_count < 1_000


def test_import_that_has_only_its_plan_has_changed_nothing_yet(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,,"))
    assert told(client, job) == []
    stop_when_applying(job)
    assert told(client, job) == []


def test_changes_stay_reported_after_they_were_undone(client: Client) -> None:
    make_known()
    job = make_import(FILE)
    make_undone(job)
    assert [kind for kind, _ in kinds(client, job)] == ["updated", "created", "superseded"]


# --- Refused ---


@pytest.mark.parametrize("query", ["page=0", "page_size=501", "kind=unchanged", "page=x"])
def test_bad_query_is_rejected(client: Client, query: str) -> None:
    assert client.get(f"/api/jobs/{make_job(make_csv()).pk}/changes?{query}").status_code == 422


def test_job_that_never_was_is_not_found(client: Client) -> None:
    answer = client.get(f"/api/jobs/{uuid4()}/changes")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:job.not_found")


def test_numbers_of_the_journal_are_stored_uncompressed() -> None:
    """Compressing them took half of the time of writing them."""
    make_import(make_csv(*(f"A{n},Mug,,1," for n in range(2_000))))
    make_import(make_csv(*(f"A{n},Mug,,2," for n in range(2_000))))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_column_compression(product_ids), pg_column_compression(lines),"
            " pg_column_compression(prices_after) FROM imports_changedproducts"
        )
        assert cursor.fetchall() == [(None, None, None)]
        cursor.execute("SELECT pg_column_compression(product_ids) FROM imports_createdproducts")
        assert cursor.fetchall() == [(None,)]
