"""Skipped rows corrected in a real browser: from the page of their import to the products."""

from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from catalog.models import Product
from imports.models import ImportJob
from tests.browser.axe import violations_in_every_dress
from tests.browser.conftest import Visit
from tests.factories import make_csv, make_import

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("left_empty"),
]

BAD_ROWS = (",Bucket,,3,true", 'C-3,Cup,,"1,234",true', "D-4,Drum,,cheap,perhaps")
THREE_BAD = make_csv("A-1,Anvil,,12,true", *BAD_ROWS)


def open_rows(visit: Visit, job: ImportJob) -> Page:
    visit.page.goto(f"{visit.site}/imports/{job.pk}/")
    visit.page.get_by_role("link", name="Correct skipped rows").click()
    expect(visit.page.get_by_role("heading", name="Correct skipped rows")).to_be_visible()
    # A page of a thousand rows arrives in parts.
    visit.page.wait_for_load_state()
    return visit.page


@pytest.mark.usefixtures("worker")
def test_three_rows_are_corrected_and_imported(visit: Visit) -> None:
    job = make_import(THREE_BAD)
    page = open_rows(visit, job)
    expect(page.get_by_label("sku, line 3")).to_be_focused()
    page.keyboard.type("B-2")
    page.get_by_role("button", name="1234.00 as price of line 4").click()
    page.get_by_label("price, line 5").fill("7.5")
    page.get_by_role("button", name="true as is_active of line 5").click()
    page.get_by_role("button", name="Import 3 rows").click()
    expect(page.locator("h1 .badge")).to_have_text("Completed", timeout=30_000)
    prices = dict(Product.objects.values_list("sku", "price"))
    assert prices == {"A-1": 12, "B-2": 3, "C-3": 1234, "D-4": Decimal("7.5")}
    page.goto(f"{visit.site}/imports/{job.pk}/")
    expect(
        page.get_by_text("3 of 3 skipped rows were corrected in products (3 corrected rows).csv")
    ).to_be_visible()


def test_row_that_is_not_to_be_imported_is_left(visit: Visit) -> None:
    job = make_import(THREE_BAD)
    page = open_rows(visit, job)
    page.get_by_label("sku, line 3").fill("B-2")
    page.get_by_label("Don't import line 4").check()
    page.get_by_label("Don't import line 5").check()
    page.get_by_role("button", name="Import 1 row").click()
    page.wait_for_url(lambda address: "/rows/" not in address)
    assert ImportJob.objects.get(corrects=job).corrected_lines == [3]


def test_what_was_typed_stays_until_it_is_right(visit: Visit) -> None:
    job = make_import(THREE_BAD)
    page = open_rows(visit, job)
    page.get_by_label("name, line 4").fill("Big cup")
    page.get_by_label("price, line 5").fill("dear")
    page.get_by_role("button", name="Import 3 rows").click()
    visit.expect_refusal(422)
    expect(page.get_by_role("alert").first).to_have_text("3 rows still have errors. Nothing was imported.")
    expect(page.get_by_text("'dear' is not a price.")).to_be_visible()
    expect(page.get_by_label("name, line 4")).to_have_value("Big cup")
    page.get_by_label("sku, line 3").fill("B-2")
    page.get_by_role("button", name="1.23 rounded as price of line 4").click()
    page.get_by_label("price, line 5").fill("7")
    page.get_by_label("is_active, line 5").fill("no")
    page.get_by_role("button", name="Preview 3 rows first").click()
    page.wait_for_url(lambda address: "/rows/" not in address)
    assert ImportJob.objects.get(corrects=job).parsed_options.dry_run


def test_leaving_with_changes_is_asked_for(visit: Visit) -> None:
    page, asked = open_rows(visit, make_import(THREE_BAD)), list[str]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_label("sku, line 3").fill("B-2")
    page.get_by_role("link", name="Products", exact=True).click(no_wait_after=True)
    expect(page.get_by_label("sku, line 3")).to_have_value("B-2")
    page.get_by_label("sku, line 3").fill("")
    page.get_by_role("link", name="Products", exact=True).click()
    expect(page.get_by_role("heading", name="Products")).to_be_visible()
    assert asked == ["beforeunload"]


def test_keys_move_as_in_a_spreadsheet(visit: Visit) -> None:
    page = open_rows(visit, make_import(THREE_BAD))
    page.get_by_label("name, line 3").focus()
    for key, line in (("Enter", 4), ("ArrowDown", 5), ("ArrowDown", 5), ("ArrowUp", 4), ("Shift+Enter", 3)):
        page.keyboard.press(key)
        expect(page.get_by_label(f"name, line {line}")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("description, line 3")).to_be_focused()
    assert ImportJob.objects.count() == 1


def test_a_thousand_rows_are_sent(visit: Visit) -> None:
    job = make_import(make_csv(*(f"B-{number},Bucket,a text,cheap,true" for number in range(1000))))
    page = open_rows(visit, job)
    page.evaluate("for (const cell of document.querySelectorAll('.is-price input')) cell.value = '1'")
    page.get_by_role("button", name="Import 1,000 rows").click()
    page.wait_for_url(lambda address: "/rows/" not in address)
    assert len(ImportJob.objects.get(corrects=job).corrected_lines) == 1000


def test_table_works_without_javascript(browser: Browser, site: str) -> None:
    job = make_import(THREE_BAD)
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site}/imports/{job.pk}/rows/")
    page.get_by_label("sku, line 3").fill("B-2")
    expect(page.get_by_text("Is this 1234.00 or 1.23 rounded?")).to_be_visible()
    page.get_by_label("price, line 4").fill("1234.00")
    page.get_by_label("Don't import line 5").check()
    page.get_by_role("button", name="Import 3 rows").click()
    expect(page.get_by_role("heading", name="products (2 corrected rows).csv")).to_be_visible()
    page.close()


def test_markup_in_cells_does_nothing(visit: Visit) -> None:
    nasty = '"<img src=x onerror=alert(1)>""\'><script>alert(1)</script>"'
    page = open_rows(visit, make_import(make_csv(f"A-1,{nasty},</textarea>{nasty},x,true")))
    expect(page.get_by_label("name, line 2")).to_have_value(
        "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>"
    )


def test_table_can_be_used_by_everybody(visit: Visit) -> None:
    page = open_rows(visit, make_import(THREE_BAD))
    page.get_by_label("Don't import line 5").check()
    assert violations_in_every_dress(page) == []
