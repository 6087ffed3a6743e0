"""The bodies of /api/webhooks/: what GET gave can be sent back, and nothing is coerced."""

from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from hooks.models import Health, Webhook
from hooks.secrets import encryption
from tests.factories import make_webhook

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:9000/hook"
ORDERED = {"url": URL, "event_types": ["product.created"], "is_enabled": True}


def call(client: Client, method: str, path: str, body: object = None) -> Any:
    return getattr(client, method)(f"/api/webhooks/{path}", body, content_type="application/json")


# --- Sent back as it was given ---


@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_get_gave_can_be_sent_back(client: Client, method: str) -> None:
    webhook = make_webhook(
        URL, description="mine", disabled_at=now(), disabled_reason="410", is_enabled=False
    )
    Health.objects.create(webhook=webhook, state="disabled", consecutive_failures=3)
    call(client, "patch", f"{webhook.pk}/", {"headers": {"Authorization": "Bearer abcdefgh"}})
    given = client.get(f"/api/webhooks/{webhook.pk}/").json()
    answer = call(client, method, f"{webhook.pk}/", given)
    assert (answer.status_code, answer.json()) == (200, given)
    kept = Webhook.objects.get()
    assert encryption.default_encryptor().decrypt(kept.headers) == '{"Authorization": "Bearer abcdefgh"}'
    assert (kept.disabled_reason, kept.is_enabled) == ("410", False)


@pytest.mark.parametrize("method", ["put", "patch"])
def test_read_only_fields_change_nothing(client: Client, method: str) -> None:
    webhook = make_webhook()
    body = {
        **ORDERED,
        "health": {"state": "open"},
        "disabled_reason": "x",
        "created_at": 0,
        "description": "mine",
    }
    answer = call(client, method, f"{webhook.pk}/", body).json()
    assert (answer["description"], answer["health"]["state"], answer["disabled_reason"]) == (
        "mine",
        "healthy",
        "",
    )


@pytest.mark.parametrize("method", ["put", "patch"])
def test_another_id_is_refused(client: Client, method: str) -> None:
    webhook = make_webhook()
    answer = call(client, method, f"{webhook.pk}/", {**ORDERED, "id": webhook.pk + 1})
    [fault] = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"], fault["code"]) == (422, "/id", "field.read_only")
    assert Webhook.objects.get().url == webhook.url


def test_a_new_webhook_has_no_read_only_fields(client: Client) -> None:
    answer = call(client, "post", "", {**ORDERED, "id": 7, "health": {}})
    faults = {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}
    assert faults == {"/id": "field.unknown", "/health": "field.unknown"}
    assert not Webhook.objects.exists()


# --- Nothing is coerced ---

UNLIKE: dict[str, list[object]] = {
    "url": [7, True],
    "event_types": ["*", {"*": 1}],
    "is_enabled": [0, 1, "true", None],
    "description": [7, None],
    "headers": [[], {"X-Tenant": 7}],
    "max_in_flight": [True, "3", 2.0, None],
    "rate_per_second": [True, "3", 2.0],
    "overlap_hours": [False, "3", 2.0, None],
    "secret": [7, False],
}


@pytest.mark.parametrize("method", ["post", "put", "patch"])
@pytest.mark.parametrize("field", sorted(UNLIKE.keys() - {"overlap_hours"}))
def test_value_of_another_type_is_refused(client: Client, method: str, field: str) -> None:
    webhook = make_webhook()
    path = "" if method == "post" else f"{webhook.pk}/"
    for value in UNLIKE[field]:
        answer = call(client, method, path, {**ORDERED, field: value})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"].split("/")[1]) == (422, field), (
            value
        )
    assert Webhook.objects.get().updated_at == webhook.updated_at


@pytest.mark.parametrize("field", ["overlap_hours", "secret"])
def test_rotation_takes_no_value_of_another_type(client: Client, field: str) -> None:
    webhook = make_webhook()
    for value in UNLIKE[field]:
        answer = call(client, "post", f"{webhook.pk}/rotate-secret/", {field: value})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}"), value
    assert Webhook.objects.get().secret == webhook.secret
