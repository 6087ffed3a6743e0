"""Other readings of a file, chosen in a browser on the page of its import."""

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.models import Product
from imports.models import ImportJob
from tests.browser.axe import violations_in_every_dress
from tests.browser.conftest import Visit
from tests.factories import make_csv, make_import
from tests.imports.packing import make_sheets

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AMBIGUOUS = make_csv('A-1,Anvil,,"1,234",')
TWO_PRICES = b"sku,name,Preis A,Preis B\nA-1,Anvil,1.00,2.00\nB-2,Bucket,3.00,4.00\n"


def make_failed() -> ImportJob:
    return make_import(AMBIGUOUS, on_error="reject")


def run_again(page: Page, job: ImportJob) -> None:
    """Press the button of a reading, which leads to the new import."""
    page.get_by_role("button", name="Read 1,234 as 1234.00").click()
    expect(page.locator(".lead")).to_contain_text("a retry")
    assert ImportJob.objects.get(retry_of=job).parsed_options.decimal == "."


def test_failed_import_is_read_in_another_way(visit: Visit, worker: None, left_empty: None) -> None:
    job = make_failed()
    page = visit.page
    page.goto(f"{visit.site}/imports/{job.pk}/")
    run_again(page, job)
    expect(page.locator("#changes")).to_contain_text("1234.00")
    assert not Product.objects.exists()


def test_reading_is_chosen_without_a_script(browser: Browser, site: str) -> None:
    job = make_failed()
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site}/imports/{job.pk}/")
    run_again(page, job)
    page.close()


def test_sheet_is_chosen_on_the_page_of_the_import(visit: Visit) -> None:
    rows = {name: [["sku", "name"], [name, "Mug"]] for name in ("Old", "New")}
    job = make_import(make_sheets(**rows))
    page = visit.page
    page.goto(f"{visit.site}/imports/{job.pk}/")
    page.get_by_text("The sheet “Old” was read. Import another one?").click()
    page.get_by_role("button", name="New", exact=True).click()
    expect(page.locator(".lead")).to_contain_text("a retry")
    assert ImportJob.objects.get(retry_of=job).file_sheet == "New"


def test_columns_that_become_unclear_are_asked_about_with_what_was_typed(visit: Visit) -> None:
    job = make_import(TWO_PRICES, mapping={"Preis A": "price", "Preis B": ""})
    page = visit.page
    page.goto(f"{visit.site}/imports/{job.pk}/settings/")
    page.get_by_label("Error limit").fill("7")
    page.get_by_label("Match the columns again").check()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_label("Error limit")).to_have_value("7")
    page.get_by_role("radio", name="Preis B").check()
    page.get_by_role("button", name="Run again").click()
    expect(page.locator(".lead")).to_contain_text("a retry")
    options = ImportJob.objects.get(retry_of=job).parsed_options
    assert (options.max_errors, options.mapping) == (7, {"Preis B": "price"})
    visit.expect_refusal(422)


def test_pages_are_for_everybody(visit: Visit) -> None:
    job = make_import('sku,name,price\nA-1,Größe,"1,234"\n'.encode("cp1252"))
    for part in ("", "settings/"):
        visit.page.goto(f"{visit.site}/imports/{job.pk}/{part}")
        assert violations_in_every_dress(visit.page) == []
