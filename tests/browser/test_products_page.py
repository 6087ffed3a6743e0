"""Products found, edited in place and changed by the hundred, as a person with a mouse or a keyboard does it."""

from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from catalog.models import Product
from tests.browser.axe import violations_in_every_dress
from tests.browser.conftest import Visit
from tests.factories import make_csv, make_import, make_product

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("left_empty"),
]


def make_catalog() -> None:
    make_product(sku="MUG", name="Enamel mug", price=Decimal("7.50"))
    make_product(sku="CUP", name="Little cup", price=Decimal(3), is_active=False)
    make_product(sku="PEN", name="Pen", price=Decimal(1))


def rows(page: Page) -> Locator:
    return page.locator("table.products tbody tr")


def begin(visit: Visit) -> Page:
    visit.page.goto(f"{visit.site}/products/")
    return visit.page


def edit(page: Page, sku: str) -> Locator:
    page.get_by_role("link", name=f"Edit {sku}").click()
    form = page.locator("tr.is-edited")
    expect(form.get_by_label("SKU")).to_be_focused()
    return form


def test_row_is_edited_in_place(visit: Visit) -> None:
    make_catalog()
    page = begin(visit)
    form = edit(page, "MUG")
    form.get_by_label("Name").fill("Large mug")
    form.get_by_label("Price").fill("8.25")
    form.get_by_label("Status").select_option("Inactive")
    form.get_by_role("button", name="Save").click()
    saved = rows(page).filter(has_text="MUG")
    expect(saved).to_contain_text("Large mug")
    expect(saved.locator(".badge")).to_have_text("Inactive")
    expect(page.locator("#spoken")).to_have_text("MUG saved")
    expect(page.get_by_role("link", name="Edit MUG")).to_be_focused()
    mug = Product.objects.get(sku="MUG")
    assert (mug.name, mug.price, mug.is_active) == ("Large mug", Decimal("8.25"), False)


def test_bad_value_is_told_beside_it_and_mended_by_keyboard(visit: Visit) -> None:
    make_catalog()
    page = begin(visit)
    form = edit(page, "PEN")
    form.get_by_label("Price").fill("cheap")
    form.get_by_label("Price").press("Enter")
    price = page.locator("tr.is-edited").get_by_label("Price")
    expect(price).to_be_focused()
    expect(price).to_have_attribute("aria-invalid", "true")
    expect(price).to_have_accessible_description("'cheap' is not a price.")
    assert violations_in_every_dress(page) == []
    visit.expect_refusal(422)
    price.fill("2")
    price.press("Enter")
    expect(rows(page).filter(has_text="PEN")).to_contain_text("2.00")
    assert Product.objects.get(sku="PEN").price == 2


def test_escape_leaves_a_row_as_it_was(visit: Visit) -> None:
    make_catalog()
    page = begin(visit)
    edit(page, "MUG").get_by_label("Name").fill("Something else")
    page.keyboard.press("Escape")
    expect(page.locator("tr.is-edited")).to_have_count(0)
    expect(rows(page).filter(has_text="MUG")).to_contain_text("Enamel mug")
    expect(page.get_by_role("link", name="Edit MUG")).to_be_focused()


def test_products_are_found_as_one_types(visit: Visit) -> None:
    make_catalog()
    page = begin(visit)
    page.get_by_label("Search", exact=True).press_sequentially("mug")
    expect(rows(page)).to_have_count(1)
    expect(page.locator(".count")).to_contain_text("1 product")
    expect(page.locator("#spoken")).to_have_text("1 product")
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    page.wait_for_url("**/products/?q=mug*")
    page.get_by_label("Search", exact=True).fill("zebra")
    expect(page.locator("#list .empty")).to_contain_text("No products found")
    page.go_back()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_label("Search", exact=True)).to_have_value("mug")


def test_filter_that_cannot_be_read_is_told_beside_it(visit: Visit) -> None:
    make_catalog()
    page = begin(visit)
    page.get_by_label("Min price").fill("x")
    page.get_by_label("Min price").press("Tab")
    expect(page.get_by_label("Min price")).to_have_accessible_description("'x' is not a price.")
    expect(page.get_by_label("Min price")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Min price").fill("2")
    page.get_by_label("Min price").press("Tab")
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_label("Min price")).to_have_attribute("aria-invalid", "false")


def test_columns_are_sorted_and_the_order_stays_with_a_search(visit: Visit) -> None:
    make_catalog()
    page = begin(visit)
    page.get_by_role("link", name="Price").click()
    expect(rows(page).first).to_contain_text("PEN")
    page.get_by_role("link", name="Price").click()
    expect(rows(page).first).to_contain_text("MUG")
    page.get_by_label("Status", exact=True).first.select_option("Active")
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_contain_text("MUG")


def see_done(page: Page, outcome: str) -> None:
    """The page of the bulk change, which shows its outcome without being reloaded."""
    expect(page.locator("#change .notice")).to_have_text(outcome)


@pytest.mark.usefixtures("worker")
def test_selection_is_deleted_once_the_number_is_confirmed(visit: Visit) -> None:
    make_catalog()
    page = begin(visit)
    delete = page.get_by_role("button", name="Delete …")
    expect(delete).to_be_disabled()
    page.get_by_label("Select MUG").check()
    page.get_by_label("Select PEN").check()
    expect(page.get_by_label("Apply to").locator("option").first).to_have_text("2 selected")
    delete.click()
    question = page.get_by_role("dialog", name="Delete 2 products?")
    expect(question).to_contain_text("You can undo this for 30 days.")
    question.get_by_role("link", name="Cancel").click()
    expect(question).to_be_hidden()
    expect(delete).to_be_focused()
    assert Product.objects.count() == 3

    delete.click()
    question.get_by_role("button", name="Delete 2 products").click()
    see_done(page, "2 products deleted.")
    assert Product.objects.get().sku == "CUP"


@pytest.mark.usefixtures("worker")
def test_deletion_of_many_is_typed(visit: Visit) -> None:
    Product.objects.bulk_create(Product(sku=f"MUG-{number:03}", name="Mug") for number in range(101))
    page = begin(visit)
    page.get_by_label("Apply to").select_option("All 101 products")
    page.get_by_role("button", name="Delete …").click()
    question = page.get_by_role("dialog", name="Delete 101 products?")
    question.get_by_label("Type 101 to confirm").fill("10")
    question.get_by_role("button", name="Delete 101 products").click()
    expect(question.locator("input:invalid")).to_have_count(1)
    question.get_by_label("Type 101 to confirm").fill("101")
    question.get_by_role("button", name="Delete 101 products").click()
    see_done(page, "101 products deleted.")


@pytest.mark.usefixtures("worker")
def test_whole_filter_is_deactivated_beyond_the_page(visit: Visit) -> None:
    Product.objects.bulk_create(Product(sku=f"MUG-{number:02}", name="Mug") for number in range(60))
    make_product(sku="PEN")
    page = begin(visit)
    page.get_by_label("Search", exact=True).fill("mug")
    expect(page.locator(".count")).to_contain_text("60 products")
    page.get_by_label("Apply to").select_option("All 60 results")
    page.get_by_role("button", name="Deactivate …").click()
    page.get_by_role("dialog").get_by_role("button", name="Deactivate 60 products").click()
    see_done(page, "60 products deactivated.")
    page.get_by_role("link", name="Back to products").click()
    expect(page.get_by_label("Search", exact=True)).to_have_value("mug")
    assert Product.objects.get(is_active=True).sku == "PEN"


def test_all_on_the_page_are_ticked_at_once(visit: Visit) -> None:
    make_catalog()
    page = begin(visit)
    page.get_by_label("Select page").check()
    expect(page.locator("table.products :checked")).to_have_count(3)
    page.get_by_label("Select MUG").uncheck()
    assert page.locator("#tick-all").evaluate("tick => tick.indeterminate")


def test_pages_are_turned(visit: Visit) -> None:
    Product.objects.bulk_create(Product(sku=f"MUG-{number:02}", name="Mug") for number in range(60))
    page = begin(visit)
    page.get_by_role("link", name="Next").click()
    expect(rows(page)).to_have_count(10)
    expect(rows(page).first).to_contain_text("MUG-50")
    page.get_by_role("link", name="Previous").click()
    expect(rows(page).first).to_contain_text("MUG-00")


@pytest.mark.usefixtures("worker")
def test_everything_goes_without_a_script(browser: Browser, site: str) -> None:
    make_catalog()
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/products/")
    page.get_by_label("Search", exact=True).fill("mug")
    page.get_by_role("button", name="Search").click()
    expect(rows(page)).to_have_count(1)
    page.get_by_label("Select MUG").check()
    page.get_by_role("button", name="Deactivate …").click()
    page.get_by_role("button", name="Deactivate 1 product").click()
    see_done(page, "1 product deactivated.")
    page.get_by_role("link", name="Back to products").click()
    page.get_by_role("link", name="Edit MUG").click()
    page.get_by_label("Name").fill("Tin mug")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#notices")).to_have_text("Product saved")
    mug = Product.objects.get(sku="MUG")
    assert (mug.name, mug.is_active) == ("Tin mug", False)
    expect(page.get_by_role("button", name="Delete product")).to_be_hidden()
    page.get_by_role("button", name="Delete …").click()
    page.get_by_role("button", name="Delete product").click()
    expect(page.locator("#notices")).to_have_text("Product deleted")


def test_product_is_made_looked_at_and_deleted(visit: Visit) -> None:
    page = begin(visit)
    page.locator("#list").get_by_role("link", name="New product").click()
    page.get_by_label("SKU").fill("MUG")
    page.get_by_role("button", name="Add product").click()
    expect(page.get_by_label("Name")).to_have_accessible_description("The name is blank.")
    visit.expect_refusal(422)
    page.get_by_label("Name").fill("Mug")
    page.get_by_role("button", name="Add product").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("MUG")
    page.wait_for_load_state()
    page.get_by_role("button", name="Delete …").click()
    page.get_by_role("button", name="Delete product").click()
    expect(page.locator("#notices")).to_have_text("Product deleted")
    assert not Product.objects.exists()


def test_export_downloads_what_is_shown(visit: Visit) -> None:
    make_catalog()
    visit.page.goto(f"{visit.site}/products/?q=mug")
    with visit.page.expect_download() as download:
        choose_export(visit, "CSV (comma)")
    assert download.value.suggested_filename == "products.csv"
    assert "MUG,Enamel mug,,7.50,true" in download.value.path().read_text()


def choose_export(visit: Visit, label: str) -> None:
    visit.page.get_by_text("Export", exact=True).click()
    visit.page.get_by_role("link", name=label).click()


def test_export_downloads_a_workbook(visit: Visit) -> None:
    make_catalog()
    visit.page.goto(f"{visit.site}/products/")
    with visit.page.expect_download() as download:
        choose_export(visit, "Excel workbook")
    assert download.value.suggested_filename == "products.xlsx"
    assert download.value.path().read_bytes().startswith(b"PK")
    expect(visit.page.locator(".menu[open]")).to_have_count(0)


def test_export_menu_is_used_with_the_keyboard(visit: Visit) -> None:
    make_catalog()
    visit.page.goto(f"{visit.site}/products/")
    visit.page.get_by_text("Export", exact=True).focus()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    expect(visit.page.get_by_role("link", name="Excel workbook")).to_be_focused()
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator(".menu[open]")).to_have_count(0)
    expect(visit.page.locator(".menu > summary")).to_be_focused()


def test_pages_are_for_everybody(visit: Visit) -> None:
    make_catalog()
    make_import(make_csv("MUG,Tin mug,Blue,8,no", "A-1,Anvil,,1,true"))
    job = make_import(make_csv("MUG,,,9,"))
    mug = Product.objects.get(sku="MUG")
    for path in (
        "/products/",
        "/products/?q=zebra",
        "/products/?price_min=x",
        f"/products/?import={job.pk}",
        "/products/new/",
        f"/products/{mug.pk}/",
        "/products/confirm/?action=delete&scope=filter&q=mug",
        "/products/confirm/?action=delete&scope=selection",
        "/products/changes/",
    ):
        visit.page.goto(f"{visit.site}{path}")
        assert violations_in_every_dress(visit.page) == [], path
    Product.objects.all().delete()
    begin(visit)
    assert violations_in_every_dress(visit.page) == []


def test_dialog_is_for_everybody(visit: Visit) -> None:
    make_catalog()
    page = begin(visit)
    page.get_by_label("Select page").check()
    page.get_by_role("button", name="Delete …").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations_in_every_dress(page) == []
