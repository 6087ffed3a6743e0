"""What becomes of a form whose session ends before it is sent."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Page, expect

from catalog.models import Product
from hooks.models import Webhook
from imports.jobs import cancel
from imports.models import ImportJob
from tests.browser.conftest import Visit
from tests.browser.test_imports_page import drop
from tests.database import empty_database
from tests.factories import make_csv, make_import, make_job, make_product

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

BACK = "Your input is back in the form, without files and secrets. Check it and save again."


# The server of a developer is open to a browser on the same machine.
BEHIND_PROXY = {"X-Forwarded-For": "192.0.2.1"}


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """A person who has signed in."""
    User.objects.create_superuser("ada", password="engine")
    visit = Visit(browser.new_page(extra_http_headers=BEHIND_PROXY), site)
    visit.begin()
    visit.page.goto(f"{site}/sign-in/")
    sign_in(visit.page)
    expect(visit.page.get_by_role("heading", name="Overview")).to_be_visible()
    yield visit
    visit.end()
    empty_database()


def sign_in(page: Page) -> None:
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("engine")
    page.get_by_role("button", name="Sign in").click()


def end_session_and_sign_in(page: Page, press: str) -> None:
    Session.objects.all().delete()
    page.get_by_role("button", name=press).click()
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    sign_in(page)


def expect_nothing_kept(page: Page) -> None:
    page.wait_for_function("sessionStorage.getItem('unsent') === null")


def test_new_product_is_filled_in_again(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/products/new/")
    page.get_by_label("SKU").fill("MUG")
    page.get_by_label("Name").fill("Tin mug")
    page.get_by_label("Status").select_option("Inactive")
    end_session_and_sign_in(page, "Add product")
    expect(page.locator("#notices")).to_have_text(BACK)
    expect(page.get_by_label("Name")).to_have_value("Tin mug")
    expect_nothing_kept(page)
    page.get_by_role("button", name="Add product").click()
    expect(page.locator("#notices")).to_have_text("Product added")
    product = Product.objects.get()
    assert (product.sku, product.name, product.is_active) == ("MUG", "Tin mug", False)
    expect_nothing_kept(page)


def test_row_of_the_list_is_opened_and_filled_in_again(visit: Visit) -> None:
    make_product(sku="MUG"), make_product(sku="PEN")
    page = visit.page
    page.goto(f"{visit.site}/products/?q=mug")
    page.get_by_role("link", name="Edit MUG").click()
    page.get_by_label("Name", exact=True).fill("Tin mug")
    end_session_and_sign_in(page, "Save")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Tin mug")
    assert page.url.endswith("/products/?q=mug")


def test_search_is_kept(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/products/")
    page.get_by_label("Search", exact=True).type("mug")
    page.wait_for_url("**/?q=mug")
    Session.objects.all().delete()
    page.get_by_label("Search", exact=True).fill("cup")
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    sign_in(page)
    expect(page.get_by_label("Search", exact=True)).to_have_value("cup")


def test_settings_of_an_upload_are_kept_but_not_its_file(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/imports/")
    page.get_by_label("What should this import do?").select_option("update_only")
    drop(page, make_csv("A-1,Anvil,,1,true"))
    expect(page.locator("#match-summary")).to_be_visible()
    end_session_and_sign_in(page, "Preview import")
    visit.expect_refusal(401)
    expect(page.get_by_label("What should this import do?")).to_have_value("update_only")
    expect(page.locator("#chosen")).to_have_text("Drop a file here or browse")


def test_secrets_of_a_webhook_are_not_kept(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/webhooks/new/")
    page.get_by_label("URL").fill("https://shop.example.com/hook?token=hush")
    page.get_by_label("Name").fill("The shop")
    page.get_by_label("Enabled").uncheck()
    Session.objects.all().delete()
    page.get_by_role("button", name="Create webhook").click()
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    assert "hush" not in str(page.evaluate("JSON.stringify(sessionStorage)"))
    sign_in(page)
    expect(page.get_by_label("Name")).to_have_value("The shop")
    expect(page.get_by_label("Enabled")).not_to_be_checked()
    expect(page.get_by_label("URL")).to_have_value("")
    assert not Webhook.objects.exists()


def test_another_account_does_not_get_what_was_typed(visit: Visit) -> None:
    User.objects.create_superuser("bob", password="engine")
    page = visit.page
    page.goto(f"{visit.site}/products/new/")
    page.get_by_label("Name").fill("Tin mug")
    Session.objects.all().delete()
    page.get_by_role("button", name="Add product").click()
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password").fill("engine")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Name")).to_have_value("")
    expect_nothing_kept(page)


def test_form_that_was_accepted_is_not_kept(visit: Visit) -> None:
    make_product(sku="MUG")
    page = visit.page
    page.goto(f"{visit.site}/products/")
    page.get_by_role("link", name="Edit MUG").click()
    page.get_by_label("Name", exact=True).fill("Tin mug")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tr.is-saved")).to_be_visible()
    expect_nothing_kept(page)


def test_page_that_follows_an_import_says_that_the_session_has_ended(visit: Visit) -> None:
    job = make_job(make_csv("A-1,Anvil,,1,true"))
    page = visit.page
    with page.expect_response("**/events"):
        page.goto(f"{visit.site}/imports/{job.pk}/")
    Session.objects.all().delete()
    cancel(job.pk)
    expect(page.locator("#notices")).to_have_text("You were signed out. Sign in")


def test_corrected_rows_are_filled_in_again(visit: Visit) -> None:
    job = make_import(make_csv("B-2,Bucket,,cheap,true", ",Cup,,1,true"))
    page = visit.page
    page.goto(f"{visit.site}/imports/{job.pk}/rows/")
    page.get_by_label("price, line 2").fill("5")
    page.get_by_label("Don't import line 3").check()
    end_session_and_sign_in(page, "Import 1 row")
    expect(page.locator("#notices")).to_have_text(BACK)
    expect(page.get_by_label("price, line 2")).to_have_value("5")
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_role("heading", name="products (1 corrected row).csv")).to_be_visible()
    assert ImportJob.objects.get(corrects=job).corrected_lines == [2]
