"""Many products changed at once and changed back, as a person sees it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.models import Product
from tests import live
from tests.browser.axe import violations_in_every_dress
from tests.browser.conftest import Visit
from tests.factories import make_bulk_change, make_bulk_request, make_product

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("left_empty"),
]

# The moments at which the page shows the button's click and the outcome, by its own clock.
TIMED = """
    document.addEventListener("submit", () => sessionStorage.setItem("sent", Date.now()));
    new MutationObserver(() => {
        if (document.querySelector("#change .notice")) globalThis.took ??= Date.now() - sessionStorage.getItem("sent");
    }).observe(document, { subtree: true, childList: true });
"""


def make_products(count: int) -> None:
    Product.objects.bulk_create(Product(sku=f"MUG-{number:05}", name="Mug") for number in range(count))


def change_all(visit: Visit, action: str, count: int) -> Page:
    page = visit.page
    page.goto(f"{visit.site}/products/")
    page.get_by_label("Apply to").select_option(f"All {count:,} products")
    page.get_by_role("button", name=f"{action} …").click()
    page.get_by_role("dialog").get_by_role("button", name=f"{action} {count:,} products").click()
    return page


def undo(page: Page) -> None:
    page.get_by_role("button", name="Undo …").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo change").click()
    expect(page.locator("h1 .badge")).to_have_text("Undone")


@pytest.mark.usefixtures("worker")
def test_small_change_is_done_within_a_second_and_undone(visit: Visit) -> None:
    make_products(500)
    visit.page.add_init_script(TIMED)
    page = change_all(visit, "Deactivate", 500)
    expect(page.locator("#change .notice")).to_have_text("500 products deactivated.")
    expect(page.locator("#spoken")).to_have_text("500 products deactivated.")
    # With room for the other tests of a busy machine.
    assert page.evaluate("took") < 2_000
    assert not Product.objects.filter(is_active=True).exists()
    undo(page)
    expect(page.locator("#change .notice").last).to_have_text("500 products activated again.")
    assert Product.objects.filter(is_active=True).count() == 500


def test_change_that_waits_shows_its_progress_and_is_found_again(visit: Visit) -> None:
    make_products(3)
    page = change_all(visit, "Deactivate", 3)
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("link", name="Bulk changes").click()
    page.get_by_role("link", name="Deactivate 3 products").click()
    expect(page.locator("h1 .badge")).to_have_text("Queued")
    with live.worker(DEBUG="True"):
        expect(page.locator("#change .notice")).to_have_text("3 products deactivated.")
    assert not Product.objects.filter(is_active=True).exists()


def test_pages_are_for_everybody(visit: Visit) -> None:
    make_product(), make_product()
    for change in (make_bulk_change("deactivate"), make_bulk_request("delete")):
        visit.page.goto(f"{visit.site}/products/changes/{change.pk}/")
        assert violations_in_every_dress(visit.page) == [], change
    visit.page.goto(f"{visit.site}/products/changes/")
    assert violations_in_every_dress(visit.page) == []


def test_dialog_is_for_everybody(visit: Visit) -> None:
    make_product()
    change = make_bulk_change("delete")
    visit.page.goto(f"{visit.site}/products/changes/{change.pk}/")
    visit.page.get_by_role("button", name="Undo …").click()
    expect(visit.page.get_by_role("dialog")).to_be_visible()
    assert violations_in_every_dress(visit.page) == []


@pytest.mark.usefixtures("worker")
def test_undo_goes_without_a_script(browser: Browser, site: str) -> None:
    make_product(sku="MUG")
    change = make_bulk_change("delete")
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/products/changes/{change.pk}/")
    page.get_by_role("button", name="Undo …").click()
    page.get_by_role("button", name="Undo change").click()
    expect(page.locator("#change .notice").last).to_have_text("1 product restored.")
    assert Product.objects.get().sku == "MUG"
