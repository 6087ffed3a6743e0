"""The console on a phone: lists are short, nothing is cut off, and everything can be hit by a finger."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Locator, Page

from catalog.models import Product
from hooks.models import Webhook
from imports.models import ImportJob
from tests.browser.conftest import Visit
from tests.factories import make_csv, make_delivery, make_import, make_product, make_webhook

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NAME = "Garden chair “Verdano”, acacia wood, foldable"
DESCRIPTION = (
    "Foldable chair of oiled acacia wood with brass hinges, for terrace and balcony, carries up to 120 kg."
)
TOO_SMALL = """list => [...list.querySelectorAll("a, button, input, select, summary")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".visually-hidden"))
    .map((one) => [one.textContent.trim() || one.name, one.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.height < 24 || box.width < 24))
    .map(([label, box]) => `${label}: ${box.width} x ${box.height}`)"""


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Visit]:
    visit = Visit(browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True), site)
    visit.begin()
    yield visit
    visit.end()


def opened(phone: Visit, address: str, part: str) -> Locator:
    phone.page.goto(f"{phone.site}{address}")
    return phone.page.locator(part)


def height(part: Locator) -> float:
    box = part.bounding_box()
    assert box
    return box["height"]


def overflow(page: Page) -> int:
    page.set_viewport_size({"width": 320, "height": 640})
    return int(page.evaluate("document.documentElement.scrollWidth")) - 320


def make_preview() -> ImportJob:
    """25 changes: products that are new, and products with another name, price and status."""
    for number in range(13):
        make_product(sku=f"GA-{number:05}", name=NAME, description=DESCRIPTION, price=Decimal(129))
    changed = [f'GA-{number:05},"{NAME}, green","{DESCRIPTION}",99.90,false' for number in range(13)]
    created = [f'NEW-{number:05},"{NAME}","{DESCRIPTION}",129.00,true' for number in range(12)]
    return make_import(make_csv(*changed, *created), dry_run=True)


def make_sent() -> Webhook:
    """25 deliveries, every other one failed."""
    webhook = make_webhook()
    for number in range(25):
        if number % 2:
            make_delivery(webhook, status="delivered", attempts=1, status_code=200, duration_ms=141)
        else:
            make_delivery(webhook, status="failed", attempts=10, error_code="timeout", duration_ms=15_000)
    return webhook


def test_fifty_products_are_short(phone: Visit) -> None:
    Product.objects.bulk_create(
        Product(sku=f"GA-{number:05}", name=NAME, price="129.00", is_active=bool(number % 3))
        for number in range(50)
    )
    products = opened(phone, "/products/", "#list")
    assert products.locator("tbody tr").count() == 50
    assert height(phone.page.locator("body")) < 5_000
    assert products.evaluate(TOO_SMALL) == []
    assert overflow(phone.page) == 0


def test_twenty_five_changes_are_short(phone: Visit) -> None:
    changes = opened(phone, f"/imports/{make_preview().pk}/", "#changes")
    assert changes.locator("tbody tr").count() == 25
    assert height(changes) < 3_500
    assert changes.evaluate(TOO_SMALL) == []
    assert overflow(phone.page) == 0


def test_twenty_five_deliveries_are_short(phone: Visit) -> None:
    deliveries = opened(phone, f"/webhooks/{make_sent().pk}/", "#deliveries")
    assert deliveries.locator("tbody tr").count() == 25
    assert height(deliveries) < 2_800
    assert deliveries.evaluate(TOO_SMALL) == []
    assert overflow(phone.page) == 0


def test_row_that_is_edited_fits(phone: Visit) -> None:
    make_product(sku="A-1", name=NAME)
    opened(phone, "/products/", "#list").get_by_role("link", name="Edit A-1").click()
    row = phone.page.locator("tr.is-edited")
    assert row.get_by_role("textbox", name="Name").input_value() == NAME
    assert overflow(phone.page) == 0


def test_long_text_of_a_new_product_is_opened(phone: Visit) -> None:
    job = make_import(make_csv(f'A-1,Anvil,"{DESCRIPTION * 9}",1,'), dry_run=True)
    changes = opened(phone, f"/imports/{job.pk}/", "#changes")
    before = height(changes)
    changes.locator("summary").click()
    assert height(changes) > before + 200
    assert overflow(phone.page) == 0
