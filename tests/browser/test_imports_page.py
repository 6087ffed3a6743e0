"""An import from the drop of a file to its undoing, as a person sees it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bench import sample
from catalog.models import Product
from imports.jobs import cancel
from imports.models import ImportJob
from tests import live
from tests.browser.axe import violations_in_every_dress
from tests.browser.conftest import Visit
from tests.factories import make_csv, make_import, make_job, make_product

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS = 50_000
DROP = """([content, name]) => {
    const dropped = new DataTransfer();
    dropped.items.add(new File([content], name, { type: "text/csv" }));
    return dropped;
}"""
# What the bar and the figures beside it have said, though the page replaces them.
RECORD = """
    globalThis.seen = [];
    new MutationObserver(() => {
        const bar = document.querySelector("#job progress");
        const text = (name) => document.querySelector(`#job [data-fact="${name}"]`)?.textContent;
        if (bar) seen.push([bar.value, text("rows"), text("left")]);
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""


@pytest.fixture
def worker() -> Iterator[None]:
    with live.worker(DEBUG="True"):
        yield


@pytest.fixture(autouse=True)
def left_empty() -> Iterator[None]:
    yield
    live.empty_database()


def drop(page: Page, content: bytes, name: str = "products.csv") -> None:
    dropped = page.evaluate_handle(DROP, [content.decode(), name])
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": dropped})


def see_dry_run(visit: Visit, content: bytes) -> Page:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    drop(page, content)
    expect(page.locator("#chosen")).to_have_text("products.csv")
    page.get_by_role("button", name="Start the dry run").click()
    expect(page.get_by_role("heading", name="The dry run is over")).to_be_visible(timeout=30_000)
    return page


@pytest.mark.usefixtures("worker")
def test_file_is_dropped_confirmed_and_undone(visit: Visit, tmp_path: Path) -> None:
    truth = sample.write(tmp_path / "products.csv", ROWS)
    page = see_dry_run(visit, (tmp_path / "products.csv").read_bytes())
    assert not Product.objects.exists()
    expect(page.locator(".stat", has_text="Created")).to_contain_text(f"{truth.products:,}")
    expect(page.locator("#changes tbody tr")).to_have_count(25)

    page.add_init_script(RECORD)
    page.get_by_role("button", name=f"Write {truth.products:,} changes").click()
    expect(page.locator("h1 .badge")).to_have_text("Completed", timeout=60_000)
    seen = page.evaluate("seen")
    assert seen[-1][:2] == [100, f"{ROWS:,} of {ROWS:,}"]
    assert any(left.endswith(" s") for _, _, left in seen)
    assert Product.objects.count() == truth.products

    page.get_by_role("button", name="Undo …").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{truth.products:,} products")
    page.get_by_role("button", name="Undo ").last.click()
    expect(page.locator("h1 .badge")).to_have_text("Undone")
    assert not Product.objects.exists()


@pytest.mark.usefixtures("worker")
def test_preview_shows_old_and_new(visit: Visit) -> None:
    make_product(sku="A-1", name="Anvil", price=Decimal(10))
    page = see_dry_run(visit, make_csv("A-1,Anvil,,12.50,true", "B-2,Bucket,,3,true"))
    changes = page.locator("#changes")
    expect(changes.locator("del")).to_have_text("before: 10.00")
    expect(changes.locator("tr", has_text="A-1").locator("ins")).to_have_text("after: 12.50")
    changes.get_by_role("link", name="Created").click()
    expect(changes.locator("tbody tr")).to_have_count(1)
    expect(changes.locator("tbody tr")).to_contain_text("Bucket")


@pytest.mark.usefixtures("worker")
def test_rejected_rows_are_downloaded_corrected_and_uploaded(visit: Visit, tmp_path: Path) -> None:
    page = see_dry_run(visit, make_csv("A-1,Anvil,,12.50,true", "B-2,Bucket,,cheap,true"))
    page.get_by_role("button", name="Write 1 change").click()
    expect(page.locator("#errors")).to_contain_text("'cheap' is not a price.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rows").click()
    corrected = tmp_path / "corrected.csv"
    corrected.write_bytes(download.value.path().read_bytes().replace(b"B-2,Bucket,,cheap", b"B-2,Bucket,,3"))

    page.goto(f"{visit.site}/imports/")
    page.get_by_label("Drop a file here").set_input_files(corrected)
    page.get_by_label("Dry run").uncheck()
    page.get_by_role("button", name="Import now").click()
    expect(page.locator("h1 .badge")).to_have_text("Completed", timeout=30_000)
    assert list(Product.objects.order_by("sku").values_list("sku", flat=True)) == ["A-1", "B-2"]


def test_refused_file_is_told_where_it_was_chosen(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    drop(page, b"name,price\nAnvil,1\n")
    page.get_by_role("button", name="Start the dry run").click()
    expect(page.locator("#file-error")).to_contain_text("sku")
    # Chromium tells of every refused request.
    assert [text for text in visit.complaints if "422" in text] == visit.complaints
    visit.complaints.clear()
    assert not ImportJob.objects.exists()


def test_refused_option_is_told_at_its_field(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    drop(page, make_csv("A-1,Anvil,,1,true"))
    page.get_by_text("More options").click()
    page.get_by_label("Encoding").fill("klingon")
    page.get_by_role("button", name="Start the dry run").click()
    expect(page.locator('[data-error="encoding"]')).to_contain_text("encoding")
    visit.complaints.clear()


def test_import_that_waits_is_cancelled(visit: Visit) -> None:
    job = make_job(make_csv("A-1,Anvil,,1,true"))
    visit.page.goto(f"{visit.site}/imports/{job.pk}/")
    visit.page.get_by_role("button", name="Cancel").click()
    expect(visit.page.locator("h1 .badge")).to_have_text("Cancelled")


def test_times_are_in_the_zone_of_the_reader(browser: Browser, site: str) -> None:
    job = make_import(make_csv("A-1,Anvil,,1,true"))
    ImportJob.objects.filter(pk=job.pk).update(created_at=datetime(2026, 1, 31, 22, 5, tzinfo=UTC))
    page = browser.new_page(timezone_id="Asia/Tokyo", locale="en-GB")
    page.goto(f"{site}/imports/{job.pk}/")
    expect(page.locator(".lead time")).to_have_text("1 Feb 2026, 07:05")
    expect(page.locator(".lead time")).to_have_attribute("datetime", "2026-01-31T22:05:00Z")


def test_pages_are_for_everybody(visit: Visit) -> None:
    jobs = [
        make_import(make_csv("A-1,Anvil,,1,true", "B-2,Bucket,,cheap,true")),
        make_import(make_csv("A-1,Anvil,,2,true"), dry_run=True),
        make_import(make_csv("A-1,Anvil,,x,true"), on_error="reject"),
        make_job(make_csv("A-1,Anvil,,1,true")),
    ]
    for path in ("/", "/imports/", "/sign-in/", *(f"/imports/{job.pk}/" for job in jobs)):
        visit.page.goto(f"{visit.site}{path}")
        for details in visit.page.locator("details").all():
            details.evaluate("element => element.open = true")
        assert violations_in_every_dress(visit.page) == [], path
    # Or the server would wait, at its end, for whoever watches this one.
    cancel(jobs[-1].pk)


def test_empty_pages_say_what_to_do(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/imports/")
    expect(visit.page.locator("#list .empty")).to_contain_text("Drop a file above")
    visit.page.goto(f"{visit.site}/")
    expect(visit.page.locator("#running .empty")).to_contain_text("Import a file")
    assert violations_in_every_dress(visit.page) == []
