"""What an import tells by its option `events`: each product that truly changed, the whole in one event, or nothing."""

import json
from decimal import Decimal

import pytest
from django.test import Client

from hooks.models import Event
from imports.models import ImportJob
from tests.factories import make_csv, make_import, make_product, make_undone, make_webhook
from tests.hooks.sending import send_all
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

# On a catalog of A and B as it has them: A changed, B the same, C new, D bad, and C a second time.
FILE = make_csv(
    "A,Mug,,2.00,true", "B,Cup,,1.00,true", "C,Jug,,3.00,true", "D,Pot,,dear,true", "C,Jar,,3.00,true"
)


def make_catalog() -> None:
    for sku, name in (("A", "Mug"), ("B", "Cup")):
        make_product(sku=sku, name=name, price=Decimal("1.00"))


def told() -> list[tuple[str, str]]:
    events = Event.objects.order_by("id")
    return sorted((event.event_type, json.loads(event.body)["data"].get("sku", "")) for event in events)


def test_each_product_that_truly_changed_is_one_event() -> None:
    make_catalog()
    make_webhook(event_types=["*"])
    make_import(FILE)
    assert told() == [("product.created", "C"), ("product.updated", "A")]


def test_the_same_file_again_tells_nothing() -> None:
    make_catalog()
    make_import(FILE)
    make_webhook(event_types=["*"])
    make_import(FILE)
    assert told() == []


def test_a_summary_is_one_event_with_the_counts() -> None:
    make_catalog()
    make_webhook(event_types=["*"])
    job = make_import(FILE, events="summary")
    body = json.loads(Event.objects.get().body)
    assert body["event_type"] == "import.completed"
    assert body["data"] == {
        "job_id": str(job.pk), "filename": "products.csv", "status": "completed", "total_rows": 5,
        "created_count": 1, "updated_count": 1, "deactivated_count": 0, "unchanged_count": 1, "error_count": 1,
    }  # fmt: skip


def test_a_summary_is_for_those_who_want_it() -> None:
    make_webhook(event_types=["product.*"])
    make_import(FILE, events="summary")
    assert told() == []


def test_none_tells_nothing() -> None:
    make_catalog()
    make_webhook(event_types=["*"])
    make_import(FILE, events="none")
    assert told() == []


def test_a_dry_run_tells_nothing() -> None:
    make_webhook(event_types=["*"])
    make_import(FILE, dry_run=True)
    assert told() == []


def test_undoing_tells_as_the_import_did() -> None:
    make_catalog()
    loud, quiet = make_import(FILE), make_import(make_csv("E,Urn,,1.00,true"), events="none")
    make_webhook(event_types=["*"])
    make_undone(quiet)
    assert told() == []
    make_undone(loud)
    assert told() == [("product.deleted", "C"), ("product.updated", "A")]


@pytest.mark.parametrize("events", ["each", "summary", "none"])
def test_the_option_goes_with_the_upload(client: Client, events: str) -> None:
    answer = client.post(f"/api/upload?events={events}", FILE, content_type="text/csv")
    assert answer.status_code == 202
    assert ImportJob.objects.get(pk=answer.json()["job_id"]).parsed_options.events == events


def test_an_import_arrives(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    make_import(make_csv(*(f"S-{number},Mug,,1.00,true" for number in range(500))))
    send_all()
    skus = [json.loads(request.body)["data"]["sku"] for request in receiver.received]
    assert sorted(skus) == sorted(f"S-{number}" for number in range(500))
