"""/api/webhooks/: made, shown, changed, removed, given a new secret, tried out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from pytest_django import Settings
from standardwebhooks import Webhook as Verifier

from hooks import webhooks
from hooks.models import Delivery, Event, Health, Webhook
from hooks.secrets import encryption
from hooks.webhook_checks import TooManyWebhooks
from tests.factories import make_client, make_product, make_staff, make_webhook
from tests.hooks.sending import send_all
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

ORDERED = {
    "url": "http://127.0.0.1:9000/hook",
    "event_types": ["product.created", "product.updated"],
    "is_enabled": True,
}


def call(client: Client, method: str, path: str, body: object = None) -> Any:
    data = {} if body is None else {"data": body, "content_type": "application/json"}
    return getattr(client, method)(f"/api/webhooks/{path}", **data)


def faults(client: Client, **fields: object) -> dict[str, str]:
    """Of a webhook that is right but for these fields."""
    response = call(client, "post", "", {**ORDERED, **fields})
    assert response.status_code == 422, response.content
    assert not Webhook.objects.exists()
    return {fault["pointer"]: fault["code"] for fault in response.json()["errors"]}


def test_a_webhook_is_made_as_the_contract_has_it(client: Client) -> None:
    response = call(client, "post", "", ORDERED)
    created = response.json()
    assert response.status_code == 201
    assert {name: created[name] for name in ORDERED} == ORDERED
    webhook = Webhook.objects.get()
    assert created["id"] == webhook.pk
    assert encryption.default_encryptor().decrypt(webhook.secret) == created["secret"]
    assert created["secret"] not in webhook.secret


def test_the_rest_has_its_defaults(client: Client) -> None:
    created = call(client, "post", "", {"url": "http://127.0.0.1:9000/", "event_types": ["*"]}).json()
    expected = {
        "is_enabled": True, "description": "", "headers": {}, "max_in_flight": 16, "rate_per_second": None,
        "disabled_at": None, "disabled_reason": "",
    }  # fmt: skip
    assert {name: created[name] for name in expected} == expected
    assert created["health"] == {
        "state": "healthy", "consecutive_failures": 0, "failing_since": None, "last_success_at": None,
        "next_probe_at": None,
    }  # fmt: skip


def test_the_secret_is_shown_once(client: Client) -> None:
    created = call(client, "post", "", ORDERED).json()
    secret = created.pop("secret")
    answers = [call(client, "get", path) for path in ("", f"{created['id']}/")]
    answers.append(call(client, "put", f"{created['id']}/", ORDERED))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert not [answer for answer in answers if secret in answer.content.decode()]
    assert answers[1].json() == created


def test_a_secret_of_ones_own_is_taken(client: Client) -> None:
    secret = "whsec_" + "QUJD" * 10
    assert call(client, "post", "", {**ORDERED, "secret": secret}).json()["secret"] == secret


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"url": "ftp://example.com/"}, {"/url": "url.scheme"}),
        ({"url": "http://10.0.0.1/"}, {"/url": "url.not_allowed"}),
        ({"url": ""}, {"/url": "url.required"}),
        ({"event_types": ["product.sold"]}, {"/event_types/0": "event_types.unknown"}),
        ({"event_types": []}, {"/event_types": "event_types.required"}),
        ({"is_enabled": "perhaps"}, {"/is_enabled": "is_enabled.invalid"}),
        ({"headers": {"Host": "example.com"}}, {"/headers/Host": "header.forbidden"}),
        ({"max_in_flight": 0}, {"/max_in_flight": "max_in_flight.too_small"}),
        ({"rate_per_second": 0}, {"/rate_per_second": "rate_per_second.too_small"}),
        ({"secret": "short"}, {"/secret": "secret.invalid"}),
        ({"description": "a\0b"}, {"/description": "text.invalid"}),
        ({"colour": "red"}, {"/colour": "field.unknown"}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_webhook_is_refused_at_its_place(
    client: Client, fields: dict[str, object], expected: dict[str, str]
) -> None:
    assert faults(client, **fields) == expected


@pytest.mark.parametrize("missing", ["url", "event_types"])
def test_what_must_be_there_is_asked_for(client: Client, missing: str) -> None:
    body = {name: value for name, value in ORDERED.items() if name != missing}
    [fault] = call(client, "post", "", body).json()["errors"]
    assert (fault["pointer"], fault["code"]) == (f"/{missing}", f"{missing}.required")


def test_webhooks_are_listed_in_pages(client: Client) -> None:
    made = [make_webhook() for _ in range(3)]
    page = call(client, "get", "?page_size=2").json()
    assert (page["count"], page["previous"]) == (3, None)
    assert [result["id"] for result in page["results"]] == [webhook.pk for webhook in made[:2]]
    assert page["next"] == "http://testserver/api/webhooks/?page_size=2&page=2"
    last = call(client, "get", "?page_size=2&page=2").json()
    assert [result["id"] for result in last["results"]] == [made[2].pk]
    assert (last["next"], last["previous"]) == (None, "http://testserver/api/webhooks/?page_size=2&page=1")


def test_put_replaces_and_gives_the_rest_its_defaults(client: Client) -> None:
    webhook = make_webhook(description="mine", max_in_flight=3)
    changed = call(client, "put", f"{webhook.pk}/", {**ORDERED, "is_enabled": False}).json()
    assert (changed["url"], changed["is_enabled"]) == (ORDERED["url"], False)
    assert (changed["description"], changed["max_in_flight"]) == ("", 16)


def test_patch_changes_what_is_sent(client: Client) -> None:
    webhook = make_webhook(description="mine")
    changed = call(
        client, "patch", f"{webhook.pk}/", {"event_types": ["product.*"], "rate_per_second": 5}
    ).json()
    assert (changed["event_types"], changed["rate_per_second"]) == (["product.*"], 5)
    assert (changed["description"], changed["url"]) == ("mine", webhook.url)


def test_the_same_values_write_nothing(client: Client) -> None:
    created = call(client, "post", "", {**ORDERED, "headers": {"X-Tenant": "7"}}).json()
    same = call(client, "patch", f"{created['id']}/", {**ORDERED, "headers": {"X-Tenant": "7"}}).json()
    assert same["updated_at"] == created["updated_at"]


def test_a_secret_header_is_redacted_and_stays_when_sent_back(client: Client) -> None:
    headers = {"Authorization": "Bearer abcdefgh", "X-Tenant": "7"}
    created = call(client, "post", "", {**ORDERED, "headers": headers}).json()
    assert created["headers"] == {"Authorization": "***", "X-Tenant": "7"}
    call(client, "patch", f"{created['id']}/", {"headers": {"Authorization": "***", "X-Tenant": "8"}})
    webhook = Webhook.objects.get()
    stored = encryption.default_encryptor().decrypt(webhook.headers)
    assert stored == '{"Authorization": "Bearer abcdefgh", "X-Tenant": "8"}'
    assert "abcdefgh" not in webhook.headers


@pytest.mark.parametrize("name", ["X-Token", "authorization"])
def test_stars_that_stand_for_no_header_are_refused(client: Client, name: str) -> None:
    webhook = make_secretive()
    for method, path, body in [("post", "", ORDERED), ("patch", f"{webhook.pk}/", {})]:
        response = call(client, method, path, {**body, "headers": {name: "***"}})
        assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "headers.redacted")
    webhook.refresh_from_db()
    assert webhooks.headers_of(webhook) == SECRET_HEADERS
    assert Webhook.objects.count() == 1


def test_a_removed_webhook_is_gone_with_its_deliveries(client: Client, receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/ok"))
    make_product()
    send_all()
    delivery = Delivery.objects.get()
    assert call(client, "delete", f"{webhook.pk}/").status_code == 204
    assert call(client, "get", f"{webhook.pk}/").json()["type"] == "urn:problem:webhook.not_found"
    assert call(client, "get", f"deliveries/{delivery.pk}/").status_code == 404
    make_product()
    send_all()
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "7/"),
        ("delete", "7/"),
        ("post", "7/test/"),
        ("delete", "7"),
        ("get", "7/deliveries/"),
    ],
)
def test_a_webhook_that_is_not_there_is_404(client: Client, method: str, path: str) -> None:
    answer = call(client, method, path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:webhook.not_found")


def test_switching_on_again_is_a_fresh_start(client: Client) -> None:
    moment = now() - timedelta(days=6)
    webhook = make_webhook(is_enabled=False, disabled_at=moment, disabled_reason="410", recorded_until=now())
    Health.objects.create(
        webhook=webhook, state="disabled", consecutive_failures=99, failing_since=moment, probes=3,
        next_probe_at=moment,
    )  # fmt: skip
    changed = call(client, "patch", f"{webhook.pk}/", {"is_enabled": True}).json()
    assert (changed["is_enabled"], changed["disabled_at"], changed["disabled_reason"]) == (True, None, "")
    assert changed["health"]["state"] == "healthy"
    assert changed["health"]["consecutive_failures"] == 0
    webhook.refresh_from_db()
    assert webhook.recorded_until is None
    assert webhook.enabled_at > now() - timedelta(minutes=1)


def test_another_url_is_another_receiver(client: Client) -> None:
    webhook = make_webhook()
    Health.objects.create(webhook=webhook, state="open", consecutive_failures=10, next_probe_at=now())
    changed = call(client, "patch", f"{webhook.pk}/", {"url": "http://127.0.0.1:9001/"}).json()
    assert changed["health"]["state"] == "healthy"


def test_one_that_was_switched_off_shows_why(client: Client) -> None:
    webhook = make_webhook(is_enabled=False, disabled_at=now(), disabled_reason="It answered 410.")
    shown = call(client, "get", f"{webhook.pk}/").json()
    assert (shown["health"]["state"], shown["disabled_reason"]) == ("disabled", "It answered 410.")


# --- Secrets ---


def test_a_new_secret_signs_beside_the_old_one(client: Client, receiver: Receiver) -> None:
    created = call(client, "post", "", {**ORDERED, "url": receiver.url("/ok")}).json()
    rotated = call(client, "post", f"{created['id']}/rotate-secret/", {}).json()
    assert rotated["secret"] != created["secret"]
    make_product()
    send_all()
    [request] = receiver.received
    for secret in (created["secret"], rotated["secret"]):
        assert Verifier(secret).verify(request.body, request.headers)
    webhook = Webhook.objects.get()
    assert webhook.previous_secret_until
    assert timedelta(hours=23) < webhook.previous_secret_until - now() < timedelta(hours=24)


def test_a_secret_that_is_known_to_others_is_replaced_at_once(client: Client, receiver: Receiver) -> None:
    created = call(client, "post", "", {**ORDERED, "url": receiver.url("/ok")}).json()
    rotated = call(client, "post", f"{created['id']}/rotate-secret/", {"overlap_hours": 0}).json()
    make_product()
    send_all()
    [request] = receiver.received
    assert Verifier(rotated["secret"]).verify(request.body, request.headers)
    assert request.headers["webhook-signature"].count("v1,") == 1


@pytest.mark.parametrize("hours", [-1, 169])
def test_secrets_overlap_for_a_week_at_most(client: Client, hours: int) -> None:
    webhook = make_webhook()
    assert call(client, "post", f"{webhook.pk}/rotate-secret/", {"overlap_hours": hours}).status_code == 422
    assert Webhook.objects.get().secret == webhook.secret


# --- Tried out ---


def test_a_test_tells_what_the_receiver_did(client: Client, receiver: Receiver) -> None:
    created = call(client, "post", "", {**ORDERED, "url": receiver.url("/ok")}).json()
    told = call(client, "post", f"{created['id']}/test/").json()
    assert told.pop("response_time_ms") >= 0
    assert told == {
        "success": True, "status_code": 200, "error": None, "error_code": None, "response_body": "ok",
    }  # fmt: skip
    [request] = receiver.received
    message = Verifier(created["secret"]).verify(request.body, request.headers)
    assert sorted(message) == ["data", "event_type", "timestamp"]
    assert message["event_type"] == request.headers["x-event-type"] == "webhook.test"
    assert sorted(message["data"]) == ["description", "id", "is_active", "name", "price", "sku"]


def test_a_test_sends_the_type_that_is_asked_for(client: Client, receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/ok"))
    call(client, "post", f"{webhook.pk}/test/?event_type=product.deleted")
    assert receiver.received[0].headers["x-event-type"] == "product.deleted"


def test_a_test_sends_the_type_of_its_body(client: Client, receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/ok"))
    assert call(client, "post", f"{webhook.pk}/test/", {"event_type": "product.updated"}).status_code == 200
    assert receiver.received[0].headers["x-event-type"] == "product.updated"


@pytest.mark.parametrize("body", [{"event_type": "import.completed"}, {"colour": "red"}, []])
def test_a_test_of_anything_else_is_refused(client: Client, receiver: Receiver, body: object) -> None:
    webhook = make_webhook(receiver.url("/ok"))
    assert call(client, "post", f"{webhook.pk}/test/", body).status_code == 422
    assert not receiver.received


def test_a_test_takes_an_empty_form_and_an_empty_body(client: Client, receiver: Receiver) -> None:
    path = f"/api/webhooks/{make_webhook(receiver.url('/ok')).pk}/test/"
    form, text = "application/x-www-form-urlencoded", "text/plain"
    answers = [client.post(path), client.post(path, "", form), client.post(path, "", text)]
    assert [answer.json()["success"] for answer in answers] == [True] * 3


def test_a_test_is_signed_by_both_secrets_while_they_overlap(client: Client, receiver: Receiver) -> None:
    created = call(client, "post", "", {**ORDERED, "url": receiver.url("/ok")}).json()
    rotated = call(client, "post", f"{created['id']}/rotate-secret/", {}).json()
    call(client, "post", f"{created['id']}/test/")
    Webhook.objects.update(previous_secret_until=now())
    call(client, "post", f"{created['id']}/test/")
    during, after = receiver.received
    for secret in (created["secret"], rotated["secret"]):
        assert Verifier(secret).verify(during.body, during.headers)
    assert after.headers["webhook-signature"].count("v1,") == 1


def test_a_failed_test_says_why(client: Client, receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/status/503"))
    told = call(client, "post", f"{webhook.pk}/test/").json()
    assert (told["success"], told["status_code"], told["response_body"]) == (False, 503, "said so")
    assert told["error_code"] == "status.5xx"
    assert "503" in told["error"]


def test_a_test_that_nobody_answers_says_so(client: Client) -> None:
    webhook = make_webhook("http://127.0.0.1:1/")
    answer = call(client, "post", f"{webhook.pk}/test/")
    told = answer.json()
    assert answer.status_code == 200
    assert (told["success"], told["status_code"], told["response_body"]) == (False, None, None)
    assert told["error_code"] == "connect.refused"


def test_a_test_is_written_nowhere(client: Client, receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/status/500"))
    call(client, "post", f"{webhook.pk}/test/")
    assert not Delivery.objects.exists()
    assert not Event.objects.exists()
    assert not Health.objects.exists()


def test_one_that_is_switched_off_can_be_tried_out(client: Client, receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/ok"), is_enabled=False)
    assert call(client, "post", f"{webhook.pk}/test/").json()["success"]


def test_one_whose_secrets_cannot_be_read_can_be_given_new_ones(client: Client) -> None:
    webhook = make_webhook(secret="encrypted with a lost key", headers="this too")
    assert call(client, "get", "").json()["results"][0]["headers"] == {}
    refused = call(client, "post", f"{webhook.pk}/test/")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:secret.unreadable")
    call(client, "post", f"{webhook.pk}/rotate-secret/", {"overlap_hours": 0})
    call(client, "put", f"{webhook.pk}/", {**ORDERED, "headers": {"X-Tenant": "7"}})
    assert call(client, "get", f"{webhook.pk}/").json()["headers"] == {"X-Tenant": "7"}


# --- Secret headers, and another receiver ---

SECRET_HEADERS = {"Authorization": "Bearer abcdefgh", "X-Tenant": "7"}
ELSEWHERE = ["https://127.0.0.1:9000/hook", "http://127.0.0.2:9000/hook", "http://127.0.0.1:9001/hook"]


def make_secretive(url: str = ORDERED["url"]) -> Webhook:  # type: ignore[assignment] # it is text
    return webhooks.create(url=url, event_types=["*"], headers=SECRET_HEADERS)[0]


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("patch", {}),
        ("patch", {"headers": {"Authorization": "***"}}),
        ("put", {**ORDERED, "headers": {"Authorization": "***", "X-Tenant": "7"}}),
    ],
)
def test_a_redacted_header_does_not_go_along_to_another_receiver(
    client: Client, method: str, more: dict[str, object], url: str
) -> None:
    webhook = make_secretive()
    response = call(client, method, f"{webhook.pk}/", {**more, "url": url})
    [fault] = response.json()["errors"]
    assert (response.status_code, fault["code"], fault["pointer"]) == (
        422,
        "headers.redacted",
        "/headers/Authorization",
    )
    webhook.refresh_from_db()
    assert (webhook.url, webhooks.headers_of(webhook)) == (ORDERED["url"], SECRET_HEADERS)


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer new"}, {"X-Tenant": "7"}, {}])
def test_another_receiver_gets_headers_that_are_sent_again(client: Client, headers: dict[str, str]) -> None:
    webhook = make_secretive()
    response = call(client, "patch", f"{webhook.pk}/", {"url": ELSEWHERE[1], "headers": headers})
    webhook.refresh_from_db()
    assert (response.status_code, webhooks.headers_of(webhook)) == (200, headers)


@pytest.mark.parametrize("path", ["/other", ":80/hook?a=b"])
def test_a_redacted_header_stays_at_the_same_receiver(client: Client, path: str) -> None:
    webhook = make_secretive("http://127.0.0.2/hook")
    body = {"url": f"http://127.0.0.2{path}", "headers": {"Authorization": "***"}}
    assert call(client, "patch", f"{webhook.pk}/", body).status_code == 200
    webhook.refresh_from_db()
    assert webhooks.headers_of(webhook) == {"Authorization": "Bearer abcdefgh"}


def test_headers_that_are_shown_go_along(client: Client) -> None:
    webhook, _ = webhooks.create(url=ELSEWHERE[2], event_types=["*"], headers={"X-Tenant": "7"})
    assert call(client, "patch", f"{webhook.pk}/", {"url": ELSEWHERE[1]}).json()["headers"] == {
        "X-Tenant": "7"
    }


# --- How many ---


def test_one_webhook_too_many_is_refused(client: Client, settings: Settings) -> None:
    settings.WEBHOOKS_MAX = 1
    assert call(client, "post", "", ORDERED).status_code == 201
    response = call(client, "post", "", ORDERED)
    assert (response.status_code, response.json()["type"]) == (409, "urn:problem:webhooks.too_many")
    assert response.json()["detail"] == "The limit of 1 webhook is reached. Delete one first."
    assert Webhook.objects.count() == 1


def test_webhooks_made_at_once_are_not_too_many(settings: Settings) -> None:
    settings.WEBHOOKS_MAX = 2

    def make(number: int) -> bool:
        try:
            make_secretive()
        except TooManyWebhooks:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(make, range(6))) == [False] * 4 + [True] * 2
    assert Webhook.objects.count() == 2


# --- What who may only read is not shown ---

PRIVATE = {
    "url": "http://127.0.0.1:9000/hook?token=abcdefgh",
    "headers": {"X-Tenant": "abcdefgh", "Authorization": "Bearer abcdefgh"},
}


def make_private(client: Client) -> Webhook:
    call(client, "post", "", {**ORDERED, **PRIVATE})
    return Webhook.objects.get()


@pytest.mark.parametrize("path", ["", "{id}/"])
def test_a_key_for_reading_is_shown_no_query_and_no_value_of_a_header(client: Client, path: str) -> None:
    webhook = make_private(client)
    answer = call(make_client("read"), "get", path.format(id=webhook.pk)).json()
    shown = answer["results"][0] if path == "" else answer
    assert shown["url"] == "http://127.0.0.1:9000/hook?***"
    assert shown["headers"] == {"X-Tenant": "***", "Authorization": "***"}


def test_a_key_for_writing_is_shown_the_url(client: Client) -> None:
    webhook = make_private(client)
    shown = call(make_client("write"), "get", f"{webhook.pk}/").json()
    assert shown["url"] == PRIVATE["url"]
    assert shown["headers"] == {"X-Tenant": "abcdefgh", "Authorization": "***"}


@pytest.mark.parametrize(
    ("permission", "query"), [("view_webhook", "***"), ("change_webhook", "token=abcdefgh")]
)
def test_an_account_is_shown_the_url_that_it_may_change(
    client: Client, settings: Any, permission: str, query: str
) -> None:
    webhook = make_private(client)
    settings.DEBUG = False
    shown = call(make_staff("hooks.view_webhook", f"hooks.{permission}"), "get", f"{webhook.pk}/").json()
    assert shown["url"].partition("?")[2] == query


def test_a_redacted_url_is_not_taken_for_one(client: Client) -> None:
    webhook = make_private(client)
    response = call(client, "patch", f"{webhook.pk}/", {"url": "http://127.0.0.1:9000/hook?***"})
    assert response.json()["errors"][0]["code"] == "url.redacted"
    webhook.refresh_from_db()
    assert webhook.url == PRIVATE["url"]
