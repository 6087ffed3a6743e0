"""The pages of webhooks: the list, one webhook with what can be done with it, one delivery."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.utils.html import escape
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.metrics import webhook_metrics
from dashboard.metrics.webhook_metrics import RecentDeliveries, recent_deliveries
from hooks import webhooks
from hooks.models import Attempt, Batch, Delivery, Event, Health, Webhook
from hooks.policy.retry import SCHEDULE
from hooks.secrets import encryption
from tests.factories import (
    make_csv,
    make_delivery,
    make_event,
    make_import,
    make_product,
    make_staff,
    make_webhook,
)
from tests.hooks.sending import Time, send_all, statuses
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = {"Accept": "text/html"}
SECRET = re.compile(r"whsec_[\w+/=]+")
FORM = {
    "url": "http://127.0.0.1:9000/hook", "event_types": ["product.created", "import.*"], "is_enabled": "true",
    "description": "The shop", "headers": "", "max_in_flight": "16", "rate_per_second": "",
}  # fmt: skip


def text_of(response: object) -> str:
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined] # of the test client


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address, headers=BROWSER)
    assert response.status_code == status
    return text_of(response)


def send(client: Client, address: str, status: int = 200, **fields: object) -> str:
    """The page that the form leads to."""
    response = client.post(address, fields, headers=BROWSER, follow=True)
    assert response.status_code == status
    return text_of(response)


def fill_in(
    client: Client, address: str = "/webhooks/new/", status: int = 200, **fields: str | list[str]
) -> str:
    return send(client, address, status, **{**FORM, **fields})


def act(client: Client, webhook: Webhook, action: str, status: int = 200, **fields: object) -> str:
    return send(client, f"/webhooks/{webhook.pk}/{action}/", status, **fields)


def one(client: Client, webhook: Webhook, query: str = "") -> str:
    return page(client, f"/webhooks/{webhook.pk}/{query}")


def make_sent(url: str, **fields: object) -> Delivery:
    """A delivery that was tried once."""
    make_webhook(url, **fields)  # type: ignore[arg-type] # fields of the model
    make_product(sku="MUG-1")
    send_all()
    return Delivery.objects.get()


def show(client: Client, delivery: Delivery, query: str = "") -> str:
    return page(client, f"/webhooks/{delivery.webhook_id}/deliveries/{delivery.pk}/{query}")


# --- The list ---


def test_empty_list_says_what_to_do(client: Client) -> None:
    shown = page(client, "/webhooks/")
    assert "No webhooks yet" in shown
    assert 'href="/webhooks/new/">Create webhook</a>' in shown


def test_list_masks_what_may_be_a_token(client: Client) -> None:
    webhook = make_webhook("http://127.0.0.1:9/hook?token=abcdefgh")
    shown = page(client, "/webhooks/")
    assert f'href="/webhooks/{webhook.pk}/">127.0.0.1:9</a>' in shown
    assert "http://127.0.0.1:9/hook?***</span>" in shown
    assert "abcdefgh" not in shown
    assert "abcdefgh" not in one(client, webhook)


def test_list_tells_how_webhooks_are_doing(client: Client) -> None:
    failing, off, gone = make_webhook(), make_webhook(is_enabled=False), make_webhook()
    Health.objects.create(webhook=failing, state="open", consecutive_failures=12)
    Webhook.objects.filter(pk=gone.pk).update(
        is_enabled=False, disabled_at=now(), disabled_reason="It answered 410."
    )
    make_delivery(make_webhook(), status="delivered", attempts=1)
    shown = page(client, "/webhooks/")
    assert "Failing</span>" in shown
    assert "12 failed attempts in a row." in shown
    assert "Disabled manually." in shown
    assert "It answered 410." in shown
    assert 'badge is-ok">Healthy</span>' in shown
    assert off.pk


@pytest.mark.parametrize(
    ("failures", "told"), [(1, "Last attempt failed."), (3, "3 failed attempts in a row.")]
)
def test_unsteady_webhook_is_told(client: Client, failures: int, told: str) -> None:
    Health.objects.create(webhook=make_webhook(), state="healthy", consecutive_failures=failures)
    assert told in page(client, "/webhooks/")


def test_pause_asked_for_is_told_until_it_is_over(client: Client) -> None:
    health = Health.objects.create(webhook=make_webhook(), paused_until=now() + timedelta(minutes=5))
    assert "The endpoint asked for a pause (Retry-After)." in page(client, "/webhooks/")
    Health.objects.update(paused_until=now() - timedelta(seconds=1))
    assert "Healthy</span>" in one(client, health.webhook)


def test_figures_are_of_the_last_day(client: Client) -> None:
    webhook = make_webhook()
    for status, attempts in [
        ("delivered", 1),
        ("delivered", 2),
        ("failed", 10),
        ("pending", 1),
        ("pending", 0),
    ]:
        make_delivery(webhook, status=status, attempts=attempts)
    make_delivery(webhook, status="failed", attempts=10, created_at=now() - timedelta(hours=25))
    assert recent_deliveries([webhook.pk], now()) == {webhook.pk: RecentDeliveries(2, 1, 1, 1)}
    assert '50% <span class="muted">of 4</span>' in page(client, "/webhooks/")


def test_figures_are_of_the_newest_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_metrics, "SAMPLE_SIZE", 2)
    webhook = make_webhook()
    for status in ("failed", "delivered", "delivered"):
        make_delivery(webhook, status=status, attempts=1)
    newest = recent_deliveries([webhook.pk], now())[webhook.pk]
    assert (newest.success_rate, newest.is_sample) == ("100%", True)


def test_rate_is_rounded_down() -> None:
    counts = [RecentDeliveries(1999, 1), RecentDeliveries(2000), RecentDeliveries(0, 3), RecentDeliveries()]
    assert [count.success_rate for count in counts] == [
        "99.9%",
        "100%",
        "0%",
        "",
    ]


def test_queries_of_the_list_do_not_grow(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(10):
        make_delivery()
    with django_assert_max_num_queries(4):
        page(client, "/webhooks/")


def test_list_has_pages(client: Client) -> None:
    for _ in range(26):
        make_webhook()
    assert "1\N{EN DASH}25 of 26 webhooks" in page(client, "/webhooks/")
    assert ">26 of 26 webhooks" in page(client, "/webhooks/?page=2")
    assert "Page 3 doesn't exist" in page(client, "/webhooks/?page=3")


# --- Create ---


def test_new_webhook_is_as_the_form_says(client: Client) -> None:
    fill_in(
        client,
        headers="X-Tenant: a\r\nAuthorization: Bearer abcdefgh\r\n",
        max_in_flight="4",
        rate_per_second="9",
    )
    webhook = Webhook.objects.get()
    assert (webhook.url, webhook.description, webhook.is_enabled) == (FORM["url"], "The shop", True)
    assert webhook.event_types == ["product.created", "import.*"]
    assert (webhook.max_in_flight, webhook.rate_per_second) == (4, 9)
    assert webhooks.headers_of(webhook) == {"X-Tenant": "a", "Authorization": "Bearer abcdefgh"}


def test_webhook_is_created_switched_off(client: Client) -> None:
    fill_in(client, is_enabled="")
    assert not Webhook.objects.get().is_enabled


def test_secret_is_shown_in_the_answer_and_nowhere_else(client: Client) -> None:
    response = client.post("/webhooks/new/", FORM, headers=BROWSER)
    [secret] = set(SECRET.findall(response.content.decode()))
    webhook = Webhook.objects.get()
    assert secret == encryption.default_encryptor().decrypt(webhook.secret)
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert secret not in str(response.cookies)
    assert not client.session.items()
    for address in ("", f"{webhook.pk}/", f"{webhook.pk}/edit/"):
        assert "whsec_" not in page(client, f"/webhooks/{address}")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"url": ""}, 'id="error-url">The URL is required.'),
        ({"url": "http://10.0.0.1/"}, 'id="error-url">The URL points to an address'),
        ({"url": "https://shop.example/" + "x" * 2000}, 'id="error-url">The URL is'),
        ({"url": "https://shop.example/\0"}, 'id="error-url">Null characters'),
        ({"event_types": []}, 'id="error-event_types">Choose at least one event.'),
        ({"event_types": ["odd"]}, 'id="error-event_types">Select a valid choice. odd'),
        ({"description": "x" * 501}, 'id="error-description">Ensure'),
        ({"headers": "Host: a"}, 'id="error-headers">Host: The header Host'),
        ({"headers": "no colon"}, 'id="error-headers">“no colon” has no colon.'),
        ({"headers": "X-A: 1\nX-A: 2"}, 'id="error-headers">The header X-A appears twice.'),
        ({"headers": "X-A: 1\nx-a: 2"}, 'id="error-headers">x-a: The header x-a is given twice'),
        ({"max_in_flight": "101"}, 'id="error-max_in_flight">Enter a number from 1 to 100.'),
        ({"max_in_flight": ""}, 'id="error-max_in_flight">Enter a number from 1 to 100.'),
        (
            {"rate_per_second": "0"},
            'id="error-rate_per_second">Enter a number from 1 to 10,000, or leave it empty.',
        ),
    ],
)
def test_refusal_stands_at_its_field(client: Client, fields: dict[str, str | list[str]], told: str) -> None:
    shown = fill_in(client, "/webhooks/new/", 422, **fields)
    assert told in shown
    assert "Not saved. Check the highlighted field." in shown
    assert 'value="The shop"' in shown or "description" in fields
    assert not Webhook.objects.exists()


def test_longest_url_is_taken(client: Client) -> None:
    fill_in(client, url="https://shop.example/".ljust(2000, "x"))
    assert len(Webhook.objects.get().url) == 2000


def test_url_that_grows_too_long_when_escaped_is_refused(client: Client) -> None:
    assert 'id="error-url">The URL is' in fill_in(client, status=422, url="https://shop.example/" + "ä" * 600)


def test_event_types_are_explained(client: Client) -> None:
    shown = page(client, "/webhooks/new/")
    for name in ("*", "product.*", "import.*", "product.deleted", "import.completed"):
        assert f'value="{name}"' in shown
    assert "A product was deleted" in shown


# --- What is sent, before it is ---


def bodies_shown(client: Client) -> list[str]:
    shown = client.get("/webhooks/new/").content.decode()
    examples = re.findall(r'<pre class="code is-tall"[^>]*>(.*?)</pre>', shown, re.DOTALL)
    return [unescape(example).partition("\n\n")[2] for example in examples]


def test_example_is_what_is_sent(client: Client, receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"), ["product.created"])
    make_product(sku="MÜG-1", name='Mug, "large" <b>', description="\n", price=Decimal("7.50"))
    send_all()
    sent = receiver.received[0].body.decode()
    stamp = re.compile(r'"timestamp":"[^"]*"')
    shown = stamp.sub("", bodies_shown(client)[0])
    assert shown == stamp.sub("", sent)


def test_each_event_has_its_example(client: Client) -> None:
    make_import(make_csv("A-1,Anvil,,12.50,true"))
    bodies = [json.loads(body) for body in bodies_shown(client)]
    assert [body["event_type"] for body in bodies] == [
        "product.created", "product.updated", "product.deleted", "import.completed",
    ]  # fmt: skip
    assert bodies[0]["data"]["sku"] == "A-1"
    assert bodies[3]["data"]["created_count"] == 1


def test_empty_catalog_has_examples_too(client: Client) -> None:
    bodies = [json.loads(body) for body in bodies_shown(client)]
    assert bodies[0]["data"]["price"] == 29.99
    assert bodies[3]["data"]["filename"] == "products.csv"


# --- Edit, switch, delete ---


def test_edit_changes_what_was_changed_alone(client: Client) -> None:
    fill_in(client, headers="Authorization: Bearer abcdefgh")
    webhook = Webhook.objects.get()
    shown = page(client, f"/webhooks/{webhook.pk}/edit/")
    assert "Authorization: ***</textarea>" in shown
    assert "abcdefgh" not in shown
    assert 'value="import.*" checked' in shown
    address = f"/webhooks/{webhook.pk}/edit/"
    assert "Saved</p>" in fill_in(client, address, description="New", headers="Authorization: ***\nX-A: 1")
    webhook.refresh_from_db()
    assert webhook.description == "New"
    assert webhooks.headers_of(webhook) == {"Authorization": "Bearer abcdefgh", "X-A": "1"}


def test_edit_does_not_switch(client: Client) -> None:
    webhook = make_webhook(is_enabled=False)
    fill_in(client, f"/webhooks/{webhook.pk}/edit/")
    webhook.refresh_from_db()
    assert not webhook.is_enabled


def test_refused_edit_changes_nothing(client: Client) -> None:
    webhook = make_webhook()
    shown = fill_in(client, f"/webhooks/{webhook.pk}/edit/", 422, url="ftp://shop.example/")
    assert "must begin with https:// or http://" in shown
    webhook.refresh_from_db()
    assert webhook.url == "http://127.0.0.1:9/"


def test_redacted_header_that_no_key_opens_is_told(client: Client) -> None:
    webhook = make_webhook(headers="encrypted with a lost key")
    shown = fill_in(client, f"/webhooks/{webhook.pk}/edit/", 422, headers="Authorization: ***")
    assert 'id="error-headers">The stored secrets of this webhook cannot be decrypted' in shown


def test_webhook_is_switched_off_and_on(client: Client) -> None:
    webhook = make_webhook()
    assert "Disabled</span>" in act(client, webhook, "disable")
    assert not Webhook.objects.get().is_enabled
    assert "Healthy</span>" in act(client, webhook, "enable")
    assert Webhook.objects.get().is_enabled


def test_list_and_page_show_the_same_rate(client: Client) -> None:
    webhook = make_webhook()
    for number in range(201):
        status = "delivered" if number < 200 else "failed"
        make_delivery(webhook, status=status, attempts=1, completed_at=now())
    assert '99.5% <span class="muted">of 201</span>' in page(client, "/webhooks/")
    assert '<dd class="figure">99.5%</dd><dd class="meaning">of 201 events, 24 h</dd>' in one(client, webhook)


def test_question_about_disabling_says_what_is_kept(client: Client) -> None:
    webhook = make_webhook()
    assert "New events are recorded, and you can resend them." in one(client, webhook)
    make_delivery(webhook), make_delivery(webhook)
    assert "2 pending deliveries are kept." in one(client, webhook)


def test_webhook_is_deleted(client: Client) -> None:
    webhook = make_webhook()
    assert "Webhook deleted" in act(client, webhook, "delete")
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("action", ["enable", "disable", "delete", "test", "recover", "rotate-secret"])
def test_nothing_is_done_by_a_look(client: Client, action: str) -> None:
    webhook = make_webhook()
    assert client.get(f"/webhooks/{webhook.pk}/{action}/", headers=BROWSER).status_code == 405


@pytest.mark.parametrize("address", ["7/", "7/edit/", "99999999999999999999/", "7/deliveries/1/"])
def test_unknown_webhook_is_not_found(client: Client, address: str) -> None:
    page(client, f"/webhooks/{address}", status=404)


def test_unknown_webhook_is_not_found_by_its_buttons(client: Client) -> None:
    gone = Webhook(pk=7)
    for action in ("enable", "disable", "delete", "test"):
        act(client, gone, action, 404)
    act(client, gone, "rotate-secret", 404, overlap_hours=0)
    act(client, gone, "recover", 404, since="2026-01-01T00:00")


# --- A new secret ---


def test_new_secret_is_shown_once(client: Client) -> None:
    webhook = make_webhook()
    before = webhook.secret
    response = client.post(f"/webhooks/{webhook.pk}/rotate-secret/", {"overlap_hours": 24}, headers=BROWSER)
    webhook.refresh_from_db()
    [secret] = set(SECRET.findall(response.content.decode()))
    assert secret == encryption.default_encryptor().decrypt(webhook.secret)
    assert response.headers["Cache-Control"] == "no-store"
    assert webhook.previous_secret == before
    assert "The old secret is valid until" in one(client, webhook)


def test_old_secret_may_end_at_once(client: Client) -> None:
    webhook = make_webhook()
    assert "The old secret is revoked. Update the endpoint now." in act(
        client, webhook, "rotate-secret", overlap_hours=0
    )
    webhook.refresh_from_db()
    assert webhook.previous_secret == ""


@pytest.mark.parametrize("hours", ["", "-1", "169", "x"])
def test_refused_overlap_changes_nothing(client: Client, hours: str) -> None:
    webhook = make_webhook()
    shown = act(client, webhook, "rotate-secret", 422, overlap_hours=hours)
    assert 'aria-labelledby="rotate-title" data-open>' in shown
    assert 'id="error-overlap_hours">Enter 0 to 168 hours.</p>' in shown
    assert Webhook.objects.get().secret == webhook.secret


# --- Test ---


def test_test_shows_the_answer(client: Client, receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/body/3c623e68693c2f623e"))
    shown = act(client, webhook, "test", event_type="product.updated")
    assert "<span>Success</span>" in shown
    assert "200 OK</span>" in shown
    assert "&lt;b&gt;hi&lt;/b&gt;" in shown
    assert receiver.received[0].headers["x-event-type"] == "product.updated"
    assert not Delivery.objects.exists()


def test_test_shows_why_it_failed(client: Client, receiver: Receiver) -> None:
    assert "The endpoint returned 503" in act(client, make_webhook(receiver.url("/status/503")), "test")
    shown = act(client, make_webhook("http://127.0.0.1:1030/"), "test")
    assert "No response</span>" in shown
    assert "The endpoint refused the connection." in shown


def test_unknown_test_event_is_not_sent(client: Client, receiver: Receiver) -> None:
    act(client, make_webhook(receiver.url("/ok")), "test", 404, event_type="odd")
    assert receiver.received == []


def test_secret_that_cannot_be_read_is_told(client: Client) -> None:
    assert "WEBHOOK_SECRET_KEYS" in act(client, make_webhook(secret="encrypted with a lost key"), "test")


# --- Deliveries ---


def test_deliveries_are_listed(client: Client, receiver: Receiver) -> None:
    delivery = make_sent(receiver.url("/status/500"))
    shown = one(client, delivery.webhook)
    assert f'href="/webhooks/{delivery.webhook_id}/deliveries/{delivery.pk}/">product.created</a>' in shown
    assert "500 Internal Server Error" in shown
    assert "Retrying</span>" in shown


def test_deliveries_are_filtered_by_status(client: Client) -> None:
    webhook = make_webhook()
    make_delivery(webhook, status="delivered", attempts=1)
    assert ">product.created</a>" in one(client, webhook, "?status=delivered")
    assert "No deliveries with this status" in one(client, webhook, "?status=failed")
    page(client, f"/webhooks/{webhook.pk}/?status=odd", 404)


def test_deliveries_have_pages_that_do_not_shift(client: Client) -> None:
    webhook = make_webhook()
    found = [make_delivery(webhook).pk for _ in range(30)]
    listed = re.compile(r'/deliveries/(\d+)/">')
    first = one(client, webhook)
    [older] = re.findall(r'rel="next" href="[^"?]*(\?[^"#]*)', first)
    make_delivery(webhook)
    second = one(client, webhook, older.replace("&amp;", "&"))
    assert [*listed.findall(first), *listed.findall(second)] == [str(pk) for pk in reversed(found)]
    assert ">Back to newest</a>" in second


@pytest.mark.parametrize("before", ["x", "-1", "9" * 19, "9" * 30, "²"])
def test_nonsense_in_the_address_is_not_found(client: Client, before: str) -> None:
    page(client, f"/webhooks/{make_webhook().pk}/?before={before}", 404)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("connect.refused", "The endpoint refused the connection."),
        ("connect.timeout", "Connection timed out."),
        ("tls.certificate", "The endpoint&#x27;s TLS certificate is invalid."),
    ],
)
def test_delivery_without_an_answer_says_why(client: Client, code: str, told: str) -> None:
    delivery = make_delivery(attempts=1, tries=1, error_code=code, duration_ms=5)
    assert told in one(client, delivery.webhook)


def test_figures_of_a_webhook(client: Client) -> None:
    webhook, at = make_webhook(), now()
    for took in (10, 20, 900):
        delivery = make_delivery(webhook, at, status="delivered", attempts=1, duration_ms=took)
        Delivery.objects.filter(pk=delivery.pk).update(accepted_at=at + timedelta(milliseconds=2 * took))
    make_delivery(webhook, status="failed", attempts=10)
    make_delivery(webhook)
    shown = one(client, webhook)
    for figure in ("75%", "20 ms", "40 ms"):
        assert f'class="figure">{figure}</dd>' in shown
    assert "p50, p95 900 ms" in shown
    assert '<dt>Pending</dt><dd class="figure">1</dd>' in shown
    assert '<dt>Failed</dt><dd class="figure">1</dd>' in shown


def test_queries_of_a_webhook_do_not_grow(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    webhook = make_webhook()
    for _ in range(10):
        make_delivery(webhook)
    with django_assert_max_num_queries(6):
        one(client, webhook)
    # Those that wait may be many: the time for them is limited, in a transaction.
    with django_assert_max_num_queries(10):
        one(client, webhook, "?status=pending")


@pytest.mark.parametrize("few", [0, 1_000])
def test_what_waits_is_listed_however_much_it_is(
    client: Client, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("hooks.deliveries.FEW", few)
    webhook = make_webhook()
    make_delivery(webhook, status="delivered", attempts=1)
    found = [make_delivery(webhook, attempts=attempts).pk for attempts in (1, 0)]
    shown = one(client, webhook, "?status=pending")
    assert re.findall(r'/deliveries/(\d+)/">', shown) == [str(pk) for pk in reversed(found)]


# --- Recover ---


def test_recovery_is_begun(client: Client) -> None:
    webhook = make_webhook()
    make_event(occurred_at=now() - timedelta(hours=2))
    since = now() - timedelta(hours=3)
    shown = act(client, webhook, "recover", since=f"{since:%Y-%m-%dT%H:%M:%S.000Z}")
    assert "Resending missed events …" in shown
    batch = Batch.objects.get()
    assert (batch.webhook_id, batch.since) == (webhook.pk, since.replace(microsecond=0))


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ("", "Choose a date and time."),
        ("soon", "Choose a date and time."),
        ("9999-12-31T23:59", "Choose a time in the past, from 2000 on."),
        ("0001-01-01T00:00:00+23:00", "Choose a time in the past, from 2000 on."),
    ],
)
def test_refused_recovery_is_told_at_its_field(client: Client, since: str, told: str) -> None:
    webhook = make_webhook()
    make_event()
    assert f'id="error-since">{told}' in act(client, webhook, "recover", 422, since=since)
    assert not Batch.objects.exists()


def test_recovery_takes_an_offset_that_postgresql_does_not_know(client: Client) -> None:
    webhook = make_webhook()
    make_event()
    act(client, webhook, "recover", since="2026-01-01T00:00:00+17:00")
    assert Batch.objects.get().since == datetime(2025, 12, 31, 7, tzinfo=UTC)


def test_webhook_that_is_off_is_not_recovered(client: Client) -> None:
    webhook = make_webhook(is_enabled=False)
    make_event(occurred_at=now() - timedelta(hours=1))
    assert "Enable the webhook to resend missed events." in one(client, webhook)
    assert "The webhook is disabled." in act(client, webhook, "recover", since="2020-01-01T00:00")
    assert not Batch.objects.exists()


# --- One delivery ---


def test_delivery_shows_what_was_sent_and_answered(client: Client, receiver: Receiver) -> None:
    delivery = make_sent(
        receiver.url("/status/500?x-why=tired"), headers=webhooks.encrypt_headers({"X-Key": "abcdefgh"})
    )
    shown = show(client, delivery)
    assert escape(receiver.received[0].body.decode()) in shown
    assert delivery.event.message_id in shown
    assert "said so</pre>" in shown
    assert "x-why: tired" in shown
    assert "The endpoint returned 500 Internal Server Error." in shown
    assert "abcdefgh" not in shown


def test_request_is_shown_as_it_was_received(client: Client, receiver: Receiver) -> None:
    delivery = make_sent(receiver.url("/ok"), headers=webhooks.encrypt_headers({"X-Tenant": "a"}))
    shown = client.get(f"/webhooks/{delivery.webhook_id}/deliveries/{delivery.pk}/").content.decode()
    [head] = re.findall(r'aria-label="Request headers">(.*?)</pre>', shown, re.DOTALL)
    line, *lines = head.splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    sent = receiver.received[0].headers
    assert line == "POST /ok HTTP/1.1"
    assert headers == {**sent, "webhook-signature": "***"}


def test_attempts_stand_one_after_the_other(client: Client, receiver: Receiver) -> None:
    receiver.script("/hook", "status/500", "status/503", "ok")
    delivery, clock = make_sent(receiver.url("/hook")), Time()
    for wait in SCHEDULE[:2]:
        clock.advance(seconds=2 * wait.total_seconds() + 60)
        send_all(clock)
    shown = show(client, delivery)
    found = [
        shown.index(text)
        for text in ("Attempt 1", "500 Internal", "Attempt 2", "503 Service", "Attempt 3", "200 OK")
    ]
    assert found == sorted(found)
    assert "Delivered</span>" in shown


def test_delivery_that_got_through_at_once_has_its_attempt(client: Client, receiver: Receiver) -> None:
    shown = show(client, make_sent(receiver.url("/ok")))
    assert 'Attempt 1</strong><span class="badge is-ok">200 OK</span>' in shown
    assert ">ok</pre>" in shown
    assert not Attempt.objects.exists()


def test_next_attempt_is_told(client: Client, receiver: Receiver) -> None:
    delivery = make_sent(receiver.url("/status/500"))
    Delivery.objects.update(next_attempt_at=now() + timedelta(hours=2))
    shown = show(client, delivery)
    assert 'Attempt 2</strong><span class="muted"><time' in shown
    assert "hx-trigger" not in shown


def test_delivery_that_is_held_back_says_so(client: Client) -> None:
    delivery = make_delivery(
        attempts=1, tries=1, next_attempt_at=now() - timedelta(minutes=3), status_code=500
    )
    assert '<span class="muted">now (live)</span>' in show(client, delivery)
    Health.objects.create(webhook=delivery.webhook, state="open", consecutive_failures=12)
    assert "queued: 12 failed attempts in a row. One test delivery is sent at a time" in show(
        client, delivery
    )


def test_delivery_that_is_due_is_followed(client: Client) -> None:
    delivery = make_delivery()
    shown = show(client, delivery)
    assert f'deliveries/{delivery.pk}/?seen=pending-0" hx-trigger="every 1s"' in shown
    address = f"/webhooks/{delivery.webhook_id}/deliveries/{delivery.pk}/?seen=pending-0"
    page(client, address, 204)
    Delivery.objects.update(status="delivered", attempts=1, completed_at=now())
    assert "hx-trigger" not in page(client, address)


def test_delivery_is_sent_again(client: Client, receiver: Receiver) -> None:
    delivery = make_sent(receiver.url("/ok"))
    address = f"/webhooks/{delivery.webhook_id}/deliveries/{delivery.pk}/redeliver/"
    assert "Pending</span>" in send(client, address)
    send_all()
    assert len(receiver.received) == 2
    assert statuses() == ["delivered"]
    assert ", manual</span>" in show(client, delivery)


def test_delivery_of_a_webhook_that_is_off_is_not_sent_again(client: Client) -> None:
    delivery = make_delivery(make_webhook(is_enabled=False), status="failed", attempts=10, completed_at=now())
    address = f"/webhooks/{delivery.webhook_id}/deliveries/{delivery.pk}/"
    assert "Enable the webhook to resend." in page(client, address)
    assert "The webhook is disabled." in send(client, f"{address}redeliver/")
    assert Delivery.objects.get().status == "failed"


def test_delivery_belongs_to_its_webhook(client: Client) -> None:
    delivery, other = make_delivery(), make_webhook()
    address = f"/webhooks/{other.pk}/deliveries/{delivery.pk}/"
    page(client, address, 404)
    send(client, f"{address}redeliver/", 404)
    assert Delivery.objects.get().is_manual is False


def test_answer_is_text_whatever_is_in_it(client: Client) -> None:
    delivery = make_delivery(
        status="delivered",
        attempts=1,
        status_code=200,
        completed_at=now(),
        response_body="<script>alert(1)</script>",
    )
    Event.objects.update(body='{"name":"<img src=x>"}')
    shown = show(client, delivery)
    assert "&lt;script&gt;alert(1)" in shown
    assert "<img" not in shown


# --- The overview ---


def test_overview_leads_to_what_failed(client: Client) -> None:
    webhook = make_webhook("http://127.0.0.1:9/?token=abcdefgh")
    make_delivery(webhook, status="failed", attempts=10, completed_at=now())
    shown = page(client, "/")
    assert f'href="/webhooks/{webhook.pk}/">Couldn&#x27;t reach http://127.0.0.1:9/?***</a>' in shown
    assert "abcdefgh" not in shown


@pytest.mark.parametrize(("permission", "value"), [("view_webhook", "***"), ("change_webhook", "abcdefgh")])
def test_headers_are_shown_to_those_who_may_change_them(
    client: Client, settings: Settings, permission: str, value: str
) -> None:
    webhook, _ = webhooks.create(
        url="http://127.0.0.1:9000/hook", event_types=["*"], headers={"X-Route": "abcdefgh"}
    )
    delivery = make_delivery(webhook)
    settings.DEBUG = False
    staff = make_staff("hooks.view_webhook", f"hooks.{permission}")
    assert f"X-Route: {value}" in one(staff, webhook)
    assert f"X-Route: {value}" in page(staff, f"/webhooks/{webhook.pk}/deliveries/{delivery.pk}/")


def test_stars_that_stand_for_no_header_are_refused(client: Client) -> None:
    shown = fill_in(client, status=422, headers="Authorization: ***")
    assert "There is no stored value of Authorization to keep for ***" in shown
    assert not Webhook.objects.exists()


def test_a_redacted_header_does_not_go_along_to_another_receiver(client: Client) -> None:
    webhook, _ = webhooks.create(
        url="http://127.0.0.1:9000/hook", event_types=["*"], headers={"Authorization": "Bearer abcdefgh"}
    )
    fields = {"url": "http://127.0.0.1:9001/hook", "headers": "Authorization: ***"}
    shown = fill_in(client, f"/webhooks/{webhook.pk}/edit/", 422, **fields)
    assert "Send the headers again, with the value of Authorization or without it." in shown
    webhook.refresh_from_db()
    assert webhook.url == "http://127.0.0.1:9000/hook"


def test_one_webhook_too_many_is_refused(client: Client, settings: Settings) -> None:
    settings.WEBHOOKS_MAX = 0
    assert "The limit of 0 webhooks is reached" in fill_in(client, status=422)
    assert not Webhook.objects.exists()
