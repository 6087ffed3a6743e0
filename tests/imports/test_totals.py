"""imports.pipeline.totals: the row below a list that adds it up is skipped, and a product never is."""

from decimal import Decimal

import pytest
from django.test import Client

from catalog.models import Product
from imports import jobs
from imports.models import ImportJob, Status
from imports.pipeline import runner
from imports.pipeline.totals import total_words
from tests.factories import make_csv, make_import, make_product
from tests.imports.packing import make_sheets, make_workbook
from tests.imports.results import counters, errors, names

pytestmark = pytest.mark.django_db(transaction=True)

MUG = "A1,Mug,,12.00,"
TOTAL = "row.looks_like_total"


@pytest.mark.parametrize(
    "last",
    [
        "Total,24,,72.00,", "TOTAL:,,,72.00,", 'Summe,24,,"72,00",', "Total général,,,72.00,", "Gesamt: 296 Artikel,,,5840.00,",
        "Sub-total (3 items),3,,72.00,", "ИТОГО,24,,72.00,", "合計,24,,72.00,", "Toplam,24 adet,,72.00,", "Yhteensä,,24,72.00,",
        "Total,,,,", "Total €,,,72.00,", "Razem =,24 szt.,,72.00,", "sous-total,-,,72.00,",
    ],
)  # fmt: skip
def test_total_below_the_products_is_skipped(last: str) -> None:
    job = make_import(make_csv(MUG, last))
    assert errors(job) == [(2, 3, None, TOTAL)]
    assert names() == {"A1": "Mug"}


@pytest.mark.parametrize(
    "row",
    [
        "TOTAL-1,24,,72.00,", "Total,Cereal,,72.00,", "Total,24,Oats and honey,72.00,", "Total,24,,72.00,true", "Totally,24,,72.00,",
        "Sumatra,24,,72.00,", "Total 24,24,,72.00,", "Total: A1,24,,72.00,", "Итого,Чайник,,72.00,", "Total,Ç,,72.00,", "A2,Total,,1.00,",
    ],
)  # fmt: skip
@pytest.mark.parametrize("after", [[], [MUG]])
def test_product_is_imported_wherever_it_is(row: str, after: list[str]) -> None:
    job = make_import(make_csv("B2,Cup,,3.00,", row, *after))
    assert job.error_count == 0
    assert row.split(",")[0] in names()


def test_product_that_is_in_the_catalog_is_updated() -> None:
    suma = make_product(sku="SUMA", name="Salt", price=Decimal("1.00"))
    job = make_import(b"sku,price\nA1,2.00\nSuma,12.50\n", mode="update_only")
    suma.refresh_from_db()
    assert (str(suma.price), job.updated_count) == ("12.50", 1)


def test_subtotals_between_products_are_skipped() -> None:
    job = make_import(make_csv(MUG, "Zwischensumme,1,,12.00,", "B2,Cup,,3.00,", "Summe,2,,15.00,"))
    assert errors(job) == [(2, 3, None, TOTAL), (4, 5, None, TOTAL)]
    assert counters(job) == (2, 0, 0, 0, 2, 0)


def test_every_word_for_total_is_known() -> None:
    words = [word for word in total_words() if word.isprintable()]
    job = make_import(make_csv(*(f'"{word}",24,,72.00,' for word in words)))
    assert (job.error_count, names()) == (len(words), {})


@pytest.mark.parametrize("blank", ["keep", "clear"])
def test_blank_cells_make_no_difference(blank: str) -> None:
    job = make_import(make_csv(MUG, "Total,24,,72.00,"), blank=blank)
    assert errors(job) == [(2, 3, None, TOTAL)]


def test_total_of_a_file_without_names_is_skipped() -> None:
    make_product(sku="A1")
    job = make_import(b"sku,price\nA1,2.00\nTotal,2.00\n")
    assert errors(job) == [(2, 3, None, TOTAL)]


def test_total_among_lines_that_are_not_parsed_is_skipped_with_its_cells(client: Client) -> None:
    rows = [f"A{number},Mug {number},A blue mug for tea and coffee,1.50,true" for number in range(4_000)]
    job = make_import(make_csv(*rows, "Total,4000,,6000.00,"))
    assert errors(job) == [(4_001, 4_002, None, TOTAL)]
    assert counters(job) == (4_000, 0, 0, 0, 1, 0)
    assert b"Total,4000,,6000.00," in client.get(f"/api/jobs/{job.pk}/errors.csv").getvalue()


def test_total_of_a_workbook_is_skipped_on_each_sheet(client: Client) -> None:
    content = make_sheets(
        Nord=[["sku", "name", "price"], ["N1", "Boot", 80], ["Total", 1, 80]],
        Süd=[["sku", "name", "price"], ["S1", "Sock", 5], ["Total", 1, 5]],
    )
    job = make_import(content, other_sheets="import")
    told = client.get(f"/api/jobs/{job.pk}").json()["errors"]
    assert [(error["sheet"], error["line"], error["code"]) for error in told] == [
        ("Nord", 3, TOTAL),
        ("Süd", 3, TOTAL),
    ]
    assert names() == {"N1": "Boot", "S1": "Sock"}


def test_total_is_skipped_once_in_a_preview_and_its_import() -> None:
    job = make_import(make_csv(MUG, "Total,24,,72.00,"), dry_run=True)
    assert (job.status, job.error_count) == (Status.READY, 1)
    jobs.confirm(job.pk)
    runner.run(job.pk)
    assert counters(job) == (1, 0, 0, 0, 1, 0)
    assert errors(job) == [(2, 3, None, TOTAL)]


def test_total_stops_an_import_that_skips_no_rows() -> None:
    job = make_import(make_csv(MUG, "Total,24,,72.00,"), on_error="reject")
    assert (job.status, job.failure_code, Product.objects.count()) == (Status.FAILED, "job.rejected", 0)


def test_total_that_got_a_name_is_imported() -> None:
    make_import(make_csv(MUG, "Total,24,,72.00,"))
    job = make_import(make_csv("Total,Cereal,,72.00,"))
    assert (job.created_count, ImportJob.objects.count()) == (1, 2)


def test_note_below_a_sheet_is_no_product() -> None:
    job = make_import(make_workbook(["sku", "name"], ["A1", "Mug"], [], ["Powered by Example"]))
    assert (names(), job.error_count) == ({"A1": "Mug"}, 1)
