"""Webhooks in the admin: kept by hand; what happened to them is there to look at."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from hooks import webhooks
from hooks.models import Attempt, Delivery, Webhook
from hooks.secrets import encryption
from tests.factories import make_delivery, make_product, make_staff, make_webhook
from tests.hooks.sending import send_all, statuses
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

WEBHOOKS, EVENTS, DELIVERIES = (f"/admin/hooks/{name}/" for name in ("webhook", "event", "delivery"))
FORM = {
    "url": "http://127.0.0.1:9000/hook", "event_types": ["product.created", "*"], "is_enabled": "on",
    "description": "mine", "headers": "{}", "max_in_flight": "16", "rate_per_second": "",
}  # fmt: skip


def save(client: Client, path: str, **fields: object) -> str:
    """What the page says afterwards."""
    return client.post(WEBHOOKS + path, {**FORM, **fields}, follow=True).content.decode()


def act(client: Client, where: str, action: str, *rows: Webhook | Delivery) -> str:
    selected = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(where, selected, follow=True).content.decode()


def test_a_new_webhook_shows_its_secret_once(admin_client: Client) -> None:
    response = admin_client.post(f"{WEBHOOKS}add/", FORM)
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    assert "messages" not in response.cookies
    page = response.content.decode()
    webhook = Webhook.objects.get()
    shown = re.search(r"whsec_[\w+/=]+", page)
    assert shown
    assert shown[0] == encryption.default_encryptor().decrypt(webhook.secret)
    assert (webhook.event_types, webhook.description) == (["product.created", "*"], "mine")
    assert "whsec_" not in admin_client.get(f"{WEBHOOKS}{webhook.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"url": "http://10.0.0.1/"}, "not"),
        ({"headers": '{"Host": "example.com"}'}, "Host"),
        ({"headers": "[1]"}, "JSON object"),
        ({"max_in_flight": "0"}, "1 to 100"),
    ],
)
def test_what_the_api_refuses_is_refused_here(
    admin_client: Client, fields: dict[str, str], expected: str
) -> None:
    page = save(admin_client, "add/", **fields)
    assert "errorlist" in page
    assert expected in page
    assert not Webhook.objects.exists()


def test_a_change_keeps_redacted_headers(admin_client: Client) -> None:
    webhook, _ = webhooks.create(
        url="http://127.0.0.1:9000/hook", event_types=["*"], headers={"Authorization": "Bearer abcdefgh"}
    )
    assert "abcdefgh" not in admin_client.get(f"{WEBHOOKS}{webhook.pk}/change/").content.decode()
    save(admin_client, f"{webhook.pk}/change/", headers='{"Authorization": "***"}', description="new")
    webhook.refresh_from_db()
    assert webhooks.headers_of(webhook) == {"Authorization": "Bearer abcdefgh"}
    assert webhook.description == "new"


def test_a_redacted_header_does_not_go_along_to_another_receiver(admin_client: Client) -> None:
    webhook, _ = webhooks.create(
        url="http://127.0.0.1:9000/hook", event_types=["*"], headers={"Authorization": "Bearer abcdefgh"}
    )
    masked = {"url": "http://127.0.0.1:9001/hook", "headers": '{"Authorization": "***"}'}
    assert "The URL now points to another endpoint." in save(admin_client, f"{webhook.pk}/change/", **masked)
    webhook.refresh_from_db()
    assert webhook.url == "http://127.0.0.1:9000/hook"


@pytest.mark.parametrize("is_new", [True, False])
def test_stars_that_stand_for_no_header_are_refused(admin_client: Client, is_new: bool) -> None:
    path = "add/" if is_new else f"{make_webhook().pk}/change/"
    page = save(admin_client, path, headers='{"Authorization": "***"}')
    assert "There is no stored value of Authorization to keep for ***" in page
    assert all(not webhooks.headers_of(webhook) for webhook in Webhook.objects.all())


def test_whoever_may_only_look_sees_no_token() -> None:
    webhook = make_webhook("http://127.0.0.1:9000/hook?token=abcdefgh")
    page = make_staff("hooks.view_webhook").get(f"{WEBHOOKS}{webhook.pk}/change/").content.decode()
    assert "http://127.0.0.1:9000/hook?***" in page
    assert "abcdefgh" not in page


def test_one_webhook_too_many_is_refused(admin_client: Client, settings: Settings) -> None:
    settings.WEBHOOKS_MAX = 0
    assert "The limit of 0 webhooks is reached" in save(admin_client, "add/")
    assert not Webhook.objects.exists()


def test_switching_on_by_hand_is_a_fresh_start(admin_client: Client) -> None:
    webhook = make_webhook(is_enabled=False, disabled_reason="It answered 410.")
    save(admin_client, f"{webhook.pk}/change/")
    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.disabled_reason) == (True, "")


def test_a_test_event_tells_the_answer(admin_client: Client, receiver: Receiver) -> None:
    good, bad = make_webhook(receiver.url("/ok")), make_webhook(receiver.url("/status/500"))
    page = act(admin_client, WEBHOOKS, "send_test_event", good, bad)
    assert f"Webhook {good.pk}: 200 after" in page
    assert f"Webhook {bad.pk}: The endpoint returned 500" in page


def test_a_new_secret_is_shown(admin_client: Client) -> None:
    webhook = make_webhook()
    page = act(admin_client, WEBHOOKS, "rotate_secret", webhook)
    webhook.refresh_from_db()
    assert encryption.default_encryptor().decrypt(webhook.secret) in page
    assert webhook.previous_secret


def test_history_is_listed_and_shown(admin_client: Client, receiver: Receiver) -> None:
    make_webhook(receiver.url("/status/500"))
    make_product(sku="MUG")
    send_all()
    delivery = Delivery.objects.get()
    for path in (
        EVENTS,
        DELIVERIES,
        f"{EVENTS}{delivery.event_id}/change/",
        f"{DELIVERIES}{delivery.pk}/change/",
    ):
        assert admin_client.get(path).status_code == 200
    page = admin_client.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    assert "MUG" in page
    assert "The endpoint returned 500" in page


@pytest.mark.parametrize("where", [EVENTS, DELIVERIES])
def test_history_is_neither_made_nor_changed_nor_deleted(admin_client: Client, where: str) -> None:
    delivery = make_delivery()
    row = delivery.event_id if where == EVENTS else delivery.pk
    for path in ("add/", f"{row}/delete/", f"{row}/change/"):
        assert admin_client.post(where + path, {"post": "yes"}).status_code == 403
    assert Delivery.objects.get().event.pk == delivery.event_id


def test_a_delivery_is_sent_again(admin_client: Client, receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    make_product()
    send_all()
    delivery = Delivery.objects.get()
    assert f"Delivery {delivery.pk} is being resent." in act(admin_client, DELIVERIES, "resend", delivery)
    send_all()
    assert len(receiver.received) == 2
    assert Attempt.objects.count() == 2
    assert statuses() == ["delivered"]


def test_a_removed_webhook_is_gone(admin_client: Client) -> None:
    webhook, other = make_webhook(), make_webhook()
    admin_client.post(f"{WEBHOOKS}{webhook.pk}/delete/", {"post": "yes"})
    act(admin_client, WEBHOOKS, "delete_selected", other)
    selected = {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"}
    admin_client.post(WEBHOOKS, selected)
    assert not Webhook.objects.exists()


def test_a_secret_that_cannot_be_read_is_told(admin_client: Client) -> None:
    webhook = make_webhook(secret="encrypted with a lost key")
    assert "WEBHOOK_SECRET_KEYS" in act(admin_client, WEBHOOKS, "send_test_event", webhook)


def test_attempts_and_the_rest_of_the_record_are_listed(admin_client: Client, receiver: Receiver) -> None:
    make_webhook(receiver.url("/status/500"))
    make_product()
    send_all()
    attempt = Attempt.objects.get()
    for path in ("attempt/", f"attempt/{attempt.pk}/change/", "batch/", "deliverycount/"):
        assert admin_client.get(f"/admin/hooks/{path}").status_code == 200
    assert admin_client.post(f"/admin/hooks/attempt/{attempt.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_delivery_whose_webhook_is_gone_is_not_sent_again(admin_client: Client) -> None:
    delivery = make_delivery()
    webhooks.remove(delivery.webhook_id)
    assert f"Delivery {delivery.pk} was not resent." in act(admin_client, DELIVERIES, "resend", delivery)


def test_a_million_deliveries_are_not_sent_again_by_one_click(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hooks.admin_history.RESENT_MAX", 1)
    webhook = make_webhook()
    chosen = [make_delivery(webhook, status="failed") for _ in range(2)]
    assert "More than 1 deliveries are selected." in act(admin_client, DELIVERIES, "resend", *chosen)
    assert statuses() == ["failed", "failed"]


@pytest.mark.parametrize("where", [EVENTS, DELIVERIES, "/admin/hooks/attempt/"])
def test_lists_of_history_count_no_further_than_they_page(
    admin_client: Client, where: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_delivery()
    with django_assert_num_queries(4) as queries:
        admin_client.get(where)
    counting = [query["sql"] for query in queries.captured_queries if "COUNT(" in query["sql"]]
    assert counting
    assert all("LIMIT 10000" in sql for sql in counting)
