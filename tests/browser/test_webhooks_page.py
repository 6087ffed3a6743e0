"""A webhook from its creation to a delivery sent again, as a person sees it; its receiver and its worker are real."""

from datetime import timedelta

import pytest
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from hooks.models import Batch, Health, Webhook
from hooks.webhooks import encrypt_headers
from tests.browser.axe import violations_in_every_dress
from tests.browser.conftest import Visit
from tests.factories import make_delivery, make_event, make_product, make_webhook
from tests.receiver import Receiver

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("left_empty"),
]

LONG = "https://shop.example/" + "a-very-long-path-without-a-place-to-break/" * 12 + "?token=abcdefgh"


def create(visit: Visit, url: str) -> Page:
    """By the form, up to the page of the webhook."""
    page = visit.page
    page.goto(f"{visit.site}/webhooks/")
    page.get_by_role("link", name="New webhook").click()
    page.get_by_label("URL").fill(url)
    page.get_by_label("product.*", exact=True).check()
    page.get_by_label("Name").fill("The shop")
    page.get_by_role("button", name="Create webhook").click()
    page.get_by_role("link", name="Continue to test").click()
    expect(page.locator("h1")).to_contain_text("The shop")
    return page


@pytest.mark.usefixtures("worker")
def test_webhook_is_created_tested_and_a_delivery_sent_again(visit: Visit, receiver: Receiver) -> None:
    receiver.script("/hook", "ok", "status/500?retry-after=3600", "ok")
    page = create(visit, receiver.url("/hook"))
    page.get_by_label("Event", exact=True).select_option("product.updated")
    page.get_by_role("button", name="Send test").click()
    expect(page.locator("#test")).to_contain_text("Success")
    expect(page.locator("#test pre")).to_have_text("ok")
    assert receiver.received[0].headers["x-event-type"] == "product.updated"

    make_product(sku="MUG-1")
    receiver.wait_for(2, 20)
    expect(page.locator("#deliveries .empty")).to_be_visible()
    page.reload()
    page.locator("#deliveries").get_by_role("link", name="product.created").click()
    expect(page.locator("h1 .badge")).to_have_text("Retrying", timeout=10_000)
    expect(page.locator(".timeline")).to_contain_text("500 Internal Server Error")
    expect(page.locator("#body")).to_have_text(receiver.received[1].body.decode())

    page.get_by_role("button", name="Send now").click()
    expect(page.locator("h1 .badge")).to_have_text("Delivered", timeout=20_000)
    expect(page.locator(".timeline > li")).to_have_count(2)
    expect(page.locator("#spoken")).to_have_text("Delivered, 2 attempts")
    assert len(receiver.received) == 3


def test_secret_is_copied_and_gone_after_a_reload(visit: Visit) -> None:
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=visit.site)
    page.goto(f"{visit.site}/webhooks/new/")
    page.get_by_label("URL").fill("http://127.0.0.1:9000/hook")
    page.get_by_label("*", exact=True).check()
    page.get_by_role("button", name="Create webhook").click()
    secret = page.locator("#secret").inner_text()
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.reload()
    expect(page.locator("h1 .badge")).to_have_text("Healthy")
    assert secret not in page.content()
    assert Webhook.objects.count() == 1


def test_refused_form_keeps_what_was_filled_in(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.site}/webhooks/new/")
    page.get_by_label("URL").fill("http://10.0.0.1/")
    page.get_by_label("product.deleted", exact=True).check()
    page.get_by_role("button", name="Create webhook").click()
    expect(page.locator("#error-url")).to_contain_text("is not allowed")
    expect(page.get_by_label("URL")).to_be_focused()
    expect(page.get_by_label("product.deleted", exact=True)).to_be_checked()
    assert violations_in_every_dress(page) == []
    # Chromium tells of every refused request.
    assert [text for text in visit.complaints if "422" in text] == visit.complaints
    visit.complaints.clear()


def test_deliveries_are_filtered_without_leaving_the_page(visit: Visit) -> None:
    webhook = make_webhook()
    make_delivery(webhook, status="failed", attempts=10, status_code=500, completed_at=now())
    for _ in range(30):
        make_delivery(webhook, status="delivered", attempts=1, status_code=200, completed_at=now())
    visit.page.goto(f"{visit.site}/webhooks/{webhook.pk}/")
    deliveries = visit.page.locator("#deliveries")
    expect(deliveries.locator("tbody tr")).to_have_count(25)
    deliveries.get_by_role("link", name="Older").click()
    expect(deliveries.locator("tbody tr")).to_have_count(6)
    deliveries.get_by_role("link", name="Failed").click()
    expect(deliveries.locator("tbody tr")).to_have_count(1)
    expect(deliveries.get_by_role("link", name="Failed")).to_be_focused()
    assert visit.page.url == f"{visit.site}/webhooks/{webhook.pk}/?status=failed"
    visit.page.reload()
    expect(deliveries.locator("tbody tr")).to_have_count(1)


def test_recovery_is_asked_for_in_the_zone_of_the_reader(visit: Visit) -> None:
    webhook = make_webhook()
    make_event(occurred_at=now() - timedelta(days=1))
    page = visit.page.context.browser.new_page(timezone_id="Asia/Tokyo")  # type: ignore[union-attr] # it has one
    page.goto(f"{visit.site}/webhooks/{webhook.pk}/")
    page.get_by_label("From").fill("2026-01-31T09:30")
    expect(page.locator("#about-since")).to_have_text("Asia/Tokyo time: 31 Jan 2026, 09:30")
    page.get_by_role("button", name="Resend").click()
    expect(page.locator("#notices")).to_contain_text("Resending missed events")
    assert f"{Batch.objects.get().since:%Y-%m-%dT%H:%M}" == "2026-01-31T00:30"


def test_new_secret_and_deletion(visit: Visit) -> None:
    webhook = make_webhook(description="The shop")
    page = visit.page
    page.goto(f"{visit.site}/webhooks/{webhook.pk}/")
    page.get_by_role("button", name="Rotate secret …").click()
    question = page.get_by_role("dialog", name="Rotate the signing secret?")
    question.get_by_label("Keep the old secret valid for").fill("999")
    question.get_by_role("button", name="Rotate secret").click()
    expect(question).to_contain_text("Enter 0 to 168 hours.")
    visit.expect_refusal(422)
    question.get_by_label("Keep the old secret valid for").fill("1")
    question.get_by_role("button", name="Rotate secret").click()
    expect(page.locator("#secret")).to_contain_text("whsec_")
    page.get_by_role("link", name="Back to webhook").click()
    page.get_by_role("button", name="Delete …").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("button", name="Delete webhook").click()
    expect(page.locator("#notices")).to_contain_text("Webhook deleted")
    assert not Webhook.objects.exists()


def test_disabling_is_asked_for(visit: Visit) -> None:
    webhook = make_webhook()
    page = visit.page
    page.goto(f"{visit.site}/webhooks/{webhook.pk}/")
    page.get_by_role("button", name="Disable …").click()
    page.get_by_role("button", name="Cancel").click()
    assert Webhook.objects.get().is_enabled
    page.get_by_role("button", name="Disable …").click()
    page.get_by_role("button", name="Disable webhook").click()
    expect(page.locator("h1 .badge")).to_have_text("Disabled")
    assert not Webhook.objects.get().is_enabled


def test_pages_are_for_everybody(visit: Visit) -> None:
    webhook = make_webhook(
        LONG,
        ["product.created", "product.updated", "import.completed"],
        headers=encrypt_headers({"X-A": "1"}),
    )
    off = make_webhook(
        description="Off", is_enabled=False, disabled_at=now(), disabled_reason="It answered 410."
    )
    Health.objects.create(webhook=webhook, state="open", consecutive_failures=12, failing_since=now())
    deliveries = [
        make_delivery(webhook, attempts=2, tries=2, next_attempt_at=now() + timedelta(hours=1), status_code=500,
                      error_code="status.5xx", duration_ms=12),
        make_delivery(webhook, status="delivered", attempts=1, status_code=200, duration_ms=3, completed_at=now()),
        make_delivery(webhook, status="failed", attempts=10, error_code="connect.refused", completed_at=now()),
    ]  # fmt: skip
    for number in (1, 2):
        deliveries[0].log.create(
            number=number, started_at=now(), duration_ms=12, status_code=500, error_code="status.5xx",
            error="The endpoint returned 500.", response_headers={"x-long": "y" * 300}, response_body="z" * 3000,
        )  # fmt: skip
    paths = ["", "new/", f"{webhook.pk}/", f"{webhook.pk}/edit/", f"{off.pk}/"]
    paths += [f"{webhook.pk}/deliveries/{delivery.pk}/" for delivery in deliveries]
    for path in paths:
        visit.page.goto(f"{visit.site}/webhooks/{path}")
        for details in visit.page.locator("details").all():
            details.evaluate("element => element.open = true")
        assert violations_in_every_dress(visit.page) == [], path


def test_page_of_a_secret_is_for_everybody(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/webhooks/new/")
    visit.page.get_by_label("URL").fill(LONG)
    visit.page.get_by_label("*", exact=True).check()
    visit.page.get_by_role("button", name="Create webhook").click()
    expect(visit.page.locator("#secret")).to_be_visible()
    assert violations_in_every_dress(visit.page) == []


def test_empty_pages_say_what_to_do(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/webhooks/")
    visit.page.get_by_role("link", name="Create webhook").click()
    visit.page.wait_for_url("**/webhooks/new/")
    visit.page.goto(f"{visit.site}/webhooks/{make_webhook().pk}/")
    expect(visit.page.locator("#deliveries .empty")).to_contain_text("Change a product")
    assert violations_in_every_dress(visit.page) == []
