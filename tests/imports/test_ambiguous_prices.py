"""imports.pipeline.ambiguous_prices: a price such as 1,234 means what the file's other prices say, or is rejected."""

from decimal import Decimal

import pytest
from django.db import connection

from catalog.models import Product
from imports.models import ImportJob
from imports.pipeline import runner
from imports.queries import Tables
from tests.factories import make_import, make_job

pytestmark = pytest.mark.django_db(transaction=True)


def make_prices(*prices: str) -> bytes:
    """A file of a product for each price, A1, A2 and so on; the delimiter leaves the commas alone."""
    rows = (f"A{number};Mug {number};{price}" for number, price in enumerate(prices, start=1))
    return "\n".join(["sku;name;price", *rows, ""]).encode()


def stored() -> list[str]:
    return [str(price) for price in Product.objects.order_by("sku").values_list("price", flat=True)]


def errors(job: ImportJob) -> list[tuple[int | None, int, str | None, str, str]]:
    return list(job.rejected.values_list("row", "line", "column", "code", "value"))


def test_other_prices_with_a_point_resolve_the_ambiguity() -> None:
    job = make_import(make_prices("1,234", "9.50", "€ 12,000"))
    assert (job.status, job.error_count, stored()) == ("completed", 0, ["1234.00", "9.50", "12000.00"])


def test_other_prices_with_a_comma_resolve_the_ambiguity() -> None:
    job = make_import(make_prices("1.234", "9,50", "1,230"))
    assert (job.status, job.error_count, stored()) == ("completed", 0, ["1234.00", "9.50", "1.23"])


def test_price_that_resolves_the_ambiguity_may_stand_anywhere() -> None:
    assert make_import(make_prices("1,234", *["5"] * 50, "1,234,567")).error_count == 0
    assert stored()[0] == "1234.00"


def test_price_that_proves_to_have_three_decimals_is_rejected() -> None:
    job = make_import(make_prices("1.234", "9.50"))
    assert (job.error_count, stored()) == (1, ["9.50"])
    assert errors(job) == [(1, 2, "price", "price.too_precise", "1.234")]
    message = "'1.234' has more than two decimals: other prices of the file use a decimal point."
    assert job.rejected.get().message == message


def test_ambiguous_price_that_no_other_resolves_is_rejected() -> None:
    job = make_import(make_prices("5", "CHF 1,234", "7"))
    assert (job.status, job.created_count, stored()) == ("completed", 2, ["5.00", "7.00"])
    assert errors(job) == [(2, 3, "price", "price.ambiguous", "1,234")]
    assert job.rejected.get().message == (
        "'1,234' can mean 1234 or 1.234, and no other price of the file shows which. "
        "Set the option decimal, or write 1234.00."
    )


def test_ambiguous_price_is_rejected_when_the_file_shows_both_marks() -> None:
    job = make_import(make_prices("1,234", "9.50", "9,50"))
    assert errors(job) == [(1, 2, "price", "price.ambiguous", "1,234")]
    assert "and the other prices of the file use both marks." in job.rejected.get().message
    assert stored() == ["9.50", "9.50"]


def test_rejected_ambiguous_price_is_kept_as_it_was_uploaded() -> None:
    job = make_import(make_prices("CHF 1,234"))
    assert job.rejected.get().cells == ["A1", "Mug 1", "CHF 1,234"]


def test_option_leaves_nothing_ambiguous() -> None:
    assert make_import(make_prices("1,234"), decimal=".").error_count == 0
    assert make_import(make_prices("x", "1.234"), decimal=",").error_count == 1
    assert stored() == ["1234.00", "1234.00"]


def test_resolved_price_counts_like_any_other() -> None:
    make_import(make_prices("1234", "9.50"))
    again = make_import(make_prices("1,234", "9.50"))
    assert (again.unchanged_count, again.updated_count, again.created_count) == (2, 0, 0)


def test_blank_price_of_a_later_row_keeps_the_resolved_one() -> None:
    content = b"sku;name;price\nA1;Mug;1,234\nB2;Cup;9.50\nA1;Big mug;\n"
    assert make_import(content).superseded_count == 1
    product = Product.objects.get(sku="A1")
    assert (product.name, product.price) == ("Big mug", Decimal("1234.00"))


def test_rejected_ambiguous_price_does_not_supersede() -> None:
    make_import(b"sku;name;price\nA1;Mug;5\nA1;Big mug;1,234\n")
    assert list(Product.objects.values_list("name", "price")) == [("Mug", Decimal("5.00"))]


def test_marks_are_remembered_from_one_attempt_to_the_next() -> None:
    job = make_job(make_prices("9,50", "1.234"))
    with pytest.raises(runner.Requeued):
        runner.run(job.pk, should_stop=lambda: ImportJob.objects.get(pk=job.pk).rows_read > 0)
    assert (stored(), ImportJob.objects.get(pk=job.pk).decimal_marks) == ([], ",")
    runner.run(job.pk)
    assert stored() == ["9.50", "1234.00"]


def test_ambiguous_price_rejected_before_a_crash_is_rejected_once() -> None:
    job = make_job(make_prices("5", "1,234"))
    with pytest.raises(runner.Requeued):
        runner.run(job.pk, should_stop=lambda: ImportJob.objects.get(pk=job.pk).error_count > 0)
    lose_staged_rows(job)
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_count, job.created_count, job.rejected.count()) == ("completed", 1, 1, 1)


def lose_staged_rows(job: ImportJob) -> None:
    """What a crash of the server does to unlogged tables."""
    tables = Tables(job)
    with connection.cursor() as cursor:
        for table in ("stage", "plan"):
            if tables.exists(table):
                cursor.execute(f"TRUNCATE {tables.name(table).as_string()}")
