"""An import from the drop of a file to its undoing, as a person sees it."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from bench import sample
from catalog.models import Product
from imports.jobs import cancel, confirm
from imports.models import ImportJob
from imports.pipeline import runner, undo_chunks, undo_runner
from tests.browser.axe import violations_in_every_dress
from tests.browser.conftest import Visit
from tests.factories import make_csv, make_import, make_job, make_product

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("left_empty"),
]

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


def drop(page: Page, content: bytes, name: str = "products.csv") -> None:
    dropped = page.evaluate_handle(DROP, [content.decode(), name])
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": dropped})


def see_dry_run(visit: Visit, content: bytes) -> Page:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    drop(page, content)
    expect(page.locator("#chosen")).to_have_text("products.csv")
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("heading", name="Review your changes")).to_be_visible(timeout=30_000)
    return page


@pytest.mark.usefixtures("worker")
def test_file_is_dropped_confirmed_corrected_and_undone(visit: Visit, tmp_path: Path) -> None:
    truth = sample.write(tmp_path / "products.csv", ROWS)
    page = see_dry_run(visit, (tmp_path / "products.csv").read_bytes())
    assert not Product.objects.exists()
    expect(page.locator(".stat", has_text="New products")).to_contain_text(f"{truth.products:,}")
    expect(page.locator("#changes tbody tr")).to_have_count(25)

    page.add_init_script(RECORD)
    page.get_by_role("button", name=f"Import {truth.products:,} changes").click()
    expect(page.locator("h1 .badge")).to_have_text("Completed", timeout=60_000)
    seen = page.evaluate("seen")
    assert seen[-1][:2] == [100, f"{ROWS:,} of {ROWS:,} done"]
    assert any(left.endswith(" s") for _, _, left in seen)
    assert Product.objects.count() == truth.products

    first = page.url
    corrected = corrected_errors(page)
    assert corrected.count("\n") == truth.bad + 1
    import_at_once(visit, corrected.encode())
    assert Product.objects.count() == truth.products + truth.bad

    undo(page, truth.bad)
    assert Product.objects.count() == truth.products
    page.goto(first)
    undo(page, truth.products)
    assert not Product.objects.exists()


def corrected_errors(page: Page) -> str:
    """What is wrong is read on the page; the rows are downloaded, and the cell that each is told for is mended."""
    errors = page.locator("#errors")
    not_numbers = errors.locator("details", has_text="The price is not a number")
    if not_numbers.get_attribute("open") is None:
        not_numbers.locator("summary").click()
    expect(errors.get_by_text("'on request' is not a price.").first).to_be_visible()
    with page.expect_download() as download:
        errors.get_by_role("link", name="Download error rows").click()
    header, *rows = csv.reader(download.value.path().read_text("utf-8-sig").splitlines())
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *(mended(header, row) for row in rows)])
    return text.getvalue()


def mended(header: list[str], row: list[str]) -> list[str]:
    cells = dict(zip(header, row, strict=False))
    right = {"sku": f"NEW-{cells['_line']}", "price": "1", "is_active": "true"}
    told = {name: right[name] for name in cells["_column"].split()}
    # A newline in a cell would make two lines of it.
    return [({**right, **cells} | told)[name].replace("\n", " ") for name in header]


def import_at_once(visit: Visit, content: bytes) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    page.get_by_label("Review changes before importing").uncheck()
    drop(page, content, "errors.csv")
    page.get_by_role("button", name="Import now").click()
    expect(page.locator("h1 .badge")).to_have_text("Completed", timeout=30_000)
    expect(page.locator(".stat", has_text="Rows with errors").locator(".figure")).to_have_text("0")


def undo(page: Page, products: int) -> None:
    page.get_by_role("button", name="Undo import …").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{products:,} products")
    page.get_by_role("button", name="Undo import", exact=True).click()
    expect(page.locator("h1 .badge")).to_have_text("Undone", timeout=30_000)
    expect(page.locator("#job")).to_contain_text(f"{products:,} products reverted.")


def test_undo_is_followed_to_its_end(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_chunks, "FIRST_CHUNK_PRODUCTS", 10)
    job, page = make_import(make_csv(*(f"A-{number},Anvil,,1,true" for number in range(40)))), visit.page
    page.goto(f"{visit.site}/imports/{job.pk}/")
    page.get_by_role("button", name="Undo import …").click()
    page.get_by_role("button", name="Undo import", exact=True).click()
    expect(page.locator("h1 .badge")).to_have_text("Undo queued")
    assert violations_in_every_dress(page) == []

    stops = iter([False, True])
    with pytest.raises(runner.Requeued):
        undo_runner.run(job.pk, should_stop=lambda: next(stops))
    expect(page.locator("h1 .badge")).to_have_text("Undoing")
    expect(page.locator('[data-fact="products"]')).to_have_text("10 of 40 done")
    expect(page.locator("#job progress")).to_have_attribute("value", "25")
    undo_runner.run(job.pk)
    expect(page.locator("#job")).to_contain_text("40 products reverted.")


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


def test_button_says_what_it_will_do(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    page.get_by_label("Review changes before importing").uncheck()
    expect(page.locator("#send")).to_have_text("Import now")
    page.get_by_label("What should this import do?").select_option("sync")
    expect(page.locator("#send")).to_have_text("Preview import")


def test_going_back_previews_again(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    page.get_by_label("What should this import do?").select_option("update_only")
    page.get_by_label("Review changes before importing").uncheck()
    page.get_by_role("link", name="Products", exact=True).click()
    expect(page.locator("#filters")).to_be_visible()
    page.wait_for_load_state()
    page.go_back()
    expect(page.get_by_label("Review changes before importing")).to_be_checked()
    expect(page.get_by_label("What should this import do?")).to_have_value("upsert")
    expect(page.locator("#send")).to_have_text("Preview import")


def test_form_that_changed_unseen_is_not_sent(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    drop(page, make_csv("A-1,Anvil,,1,true"))
    # The columns that were found may fill in settings, and name the button anew.
    expect(page.locator("#match-summary")).to_be_visible()
    page.evaluate("document.getElementById('option-dry_run').checked = false")
    page.get_by_role("button", name="Preview import").click()
    expect(page.locator("#send")).to_have_text("Import now")
    assert not ImportJob.objects.exists()


def test_leaving_during_an_upload_is_asked_for(visit: Visit) -> None:
    page, asked = visit.page, list[str]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.route("**/api/upload", lambda route: None)
    page.goto(f"{visit.site}/imports/")
    drop(page, make_csv("A-1,Anvil,,1,true"))
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("button", name="Cancel upload")).to_be_visible()
    page.get_by_role("link", name="Products", exact=True).click(no_wait_after=True)
    page.get_by_role("button", name="Cancel upload").click()
    expect(page.locator("#sent")).to_have_text("Upload cancelled. Nothing was imported.")
    assert asked == ["beforeunload"]


def test_second_file_of_a_drop_is_named_as_not_taken(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    two = page.evaluate_handle("""() => {
        const dropped = new DataTransfer();
        for (const name of ["a.csv", "b.csv"]) dropped.items.add(new File(["sku,name"], name));
        return dropped;
    }""")
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": two})
    expect(page.locator("#chosen")).to_have_text("a.csv")
    expect(page.locator("#file-error")).to_contain_text("You dropped 2 files. Only a.csv is uploaded")


def test_refused_file_is_told_where_it_was_chosen(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    drop(page, b'"sku,name\n')
    expect(page.locator("#match-failure")).to_contain_text("quote")
    page.get_by_role("button", name="Preview import").click()
    expect(page.locator("#file-error")).to_contain_text("quote")
    visit.expect_refusal(422)
    assert not ImportJob.objects.exists()


def test_refused_option_is_told_at_its_field(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    drop(page, make_csv("A-1,Anvil,,1,true"))
    page.get_by_text("Advanced settings").click()
    page.get_by_label("Empty cells").evaluate("field => field.append(new Option('', 'fill', true, true))")
    page.get_by_role("button", name="Preview import").click()
    expect(page.locator('[data-error="blank"]')).to_contain_text("blank")
    visit.expect_refusal(422)


def test_import_that_waits_is_cancelled(visit: Visit) -> None:
    job = make_job(make_csv("A-1,Anvil,,1,true"))
    visit.page.goto(f"{visit.site}/imports/{job.pk}/")
    visit.page.get_by_role("button", name="Cancel …").click()
    expect(visit.page.get_by_role("dialog")).to_contain_text("Nothing has been imported yet.")
    visit.page.get_by_role("button", name="Keep importing").click()
    assert ImportJob.objects.get().status == "pending"
    visit.page.get_by_role("button", name="Cancel …").click()
    visit.page.get_by_role("button", name="Cancel import").click()
    expect(visit.page.locator("h1 .badge")).to_have_text("Cancelled")


def test_times_are_in_the_zone_of_the_reader_and_in_english(browser: Browser, site: str) -> None:
    job = make_import(make_csv("A-1,Anvil,,1,true"))
    ImportJob.objects.filter(pk=job.pk).update(created_at=datetime(2026, 1, 31, 22, 5, tzinfo=UTC))
    visit = Visit(browser.new_page(timezone_id="Asia/Tokyo", locale="de-DE"), site)
    visit.begin()
    visit.page.goto(f"{site}/imports/{job.pk}/")
    expect(visit.page.locator(".lead time")).to_have_text("1 Feb 2026, 07:05")
    expect(visit.page.locator(".lead time")).to_have_attribute("datetime", "2026-01-31T22:05:00Z")
    visit.end()


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


@pytest.mark.usefixtures("worker")
def test_overview_tells_of_an_import_that_somebody_else_starts(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/")
    products = page.locator(".stat", has=page.get_by_role("link", name="Products", exact=True))
    expect(products.locator(".figure")).to_have_text("0")
    job = make_job(make_csv("A-1,Anvil,,1,true"), dry_run=True)
    expect(page.locator("#running")).to_contain_text("1 change to review.", timeout=20_000)
    confirm(job.pk)
    expect(products.locator(".figure")).to_have_text("1", timeout=20_000)


def test_violation_of_the_policy_fails_a_test(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/imports/")
    visit.page.evaluate("document.body.setAttribute('style', 'color: red')")
    visit.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), { text: '1' }))"
    )
    with pytest.raises(AssertionError, match="Content Security Policy"):
        visit.end()
    visit.complaints.clear()


def test_tabs_that_watch_imports_leave_connections_to_others(browser: Browser, site: str) -> None:
    job = make_job(make_csv("A1,Mug,,,"))
    with browser.new_context() as context:
        tabs = [context.new_page() for _ in range(7)]
        for tab in tabs:
            tab.goto(f"{site}/imports/{job.pk}/", timeout=5_000)
        cancel(job.pk)
        for tab in tabs:
            expect(tab.locator("h1 .badge")).to_have_text("Cancelled")
