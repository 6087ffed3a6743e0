"""The `webhooks` of the OpenAPI schema say what is sent."""

import json
from typing import Any

import pytest
from django.test import Client

from hooks.models import Event
from project.api.api import api
from tests.factories import make_csv, make_import, make_product, make_webhook
from tests.hooks.sending import send_all
from tests.receiver import Receiver


def documented(event_type: str) -> dict[str, Any]:
    schema = json.loads(json.dumps(api.get_openapi_schema()))
    return dict(schema["webhooks"][event_type]["post"])


@pytest.mark.django_db
def test_each_event_of_a_product_has_the_keys_that_are_documented() -> None:
    make_webhook()
    product = make_product()
    product.change({"name": "other"})
    product.delete()
    for event in Event.objects.all():
        message = json.loads(event.body)
        schema = documented(event.event_type)["requestBody"]["content"]["application/json"]["schema"]
        assert list(message) == schema["required"]
        assert list(message["data"]) == schema["properties"]["data"]["required"]
        assert schema["properties"]["event_type"]["const"] == event.event_type
    assert Event.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_event_of_an_import_has_the_keys_that_are_documented() -> None:
    make_webhook(event_types=["import.*"])
    make_import(make_csv("A,Mug,,1.00,true"), events="summary")
    data = json.loads(Event.objects.get().body)["data"]
    schema = documented("import.completed")["requestBody"]["content"]["application/json"]["schema"]
    assert list(data) == schema["properties"]["data"]["required"]
    assert set(data) == set(schema["properties"]["data"]["properties"])
    assert data["status"] in schema["properties"]["data"]["properties"]["status"]["enum"]


@pytest.mark.django_db(transaction=True)
def test_a_delivery_has_the_headers_that_are_documented(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    make_product()
    send_all()
    names = {parameter["name"] for parameter in documented("product.created")["parameters"]}
    assert names <= set(receiver.received[0].headers)


@pytest.mark.django_db(transaction=True)
def test_a_test_is_what_is_documented(client: Client, receiver: Receiver) -> None:
    client.post(f"/api/webhooks/{make_webhook(receiver.url('/ok')).pk}/test/")
    [request] = receiver.received
    operation = documented("webhook.test")
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    message = json.loads(request.body)
    assert message["event_type"] == schema["properties"]["event_type"]["const"]
    assert list(message["data"]) == schema["properties"]["data"]["required"]
    assert {parameter["name"] for parameter in operation["parameters"]} <= set(request.headers)
    assert request.headers["x-event-sequence"] == "0"
