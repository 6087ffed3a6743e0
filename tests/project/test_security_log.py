"""The log of security: a line for each event, who it was, and never a secret."""

import logging
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.bulk import runner
from catalog.models import BulkChange, Product
from hooks.models import Webhook
from lib import security_log
from project.auth import api_keys
from project.models import ApiKey
from tests.factories import make_client, make_key, make_product, make_staff, make_webhook

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    settings.DEBUG = False


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO, logger="security")
    caplog.clear()
    return lambda: [record.getMessage() for record in caplog.records if record.name == "security"]


def prefix() -> str:
    return ApiKey.objects.latest("pk").prefix


def test_deletion_of_everything_is_told_with_the_key(lines: Any) -> None:
    client = make_client()
    make_product()
    client.delete("/api/products/bulk-delete/")
    assert lines()[1:] == [f"products.deleted count=1 key={prefix()} address=127.0.0.1"]


def test_deletion_in_the_console_is_told_with_the_account(lines: Any) -> None:
    product, staff = make_product(), make_staff("catalog.delete_product")
    form = {"action": "delete", "scope": "selection", "id": product.pk, "confirmed": 1}
    staff.post("/products/apply/", form)
    [line] = lines()
    assert line.startswith("products.deleted count=1 account=staff-")
    # Once, when it is decided, and not again by the worker.
    runner.run(BulkChange.objects.get().pk)
    assert lines() == [line]


def test_deletion_that_was_rolled_back_is_not_told(lines: Any) -> None:
    product, staff = make_product(), make_staff("catalog.delete_product")
    form = {"action": "delete", "scope": "selection", "id": product.pk, "confirmed": 2}
    staff.post("/products/apply/", form)
    assert (lines(), Product.objects.count()) == ([], 1)


def test_new_secret_of_a_webhook_is_told_and_not_shown(lines: Any) -> None:
    webhook, client = make_webhook(), make_client()
    secret = client.post(f"/api/webhooks/{webhook.pk}/rotate-secret/", {}, "application/json").json()[
        "secret"
    ]
    assert lines()[1:] == [f"webhook.secret_rotated webhook={webhook.pk} key={prefix()} address=127.0.0.1"]
    assert secret not in str(lines())
    assert Webhook.objects.get().secret not in str(lines())


def test_keys_made_and_revoked_are_told(lines: Any) -> None:
    key = make_key("read", name="the shop")
    api_keys.revoke(ApiKey.objects.all())
    assert lines() == [
        f'key.created prefix={key[:11]} scope=read name="the shop" by=process',
        f'key.revoked prefix={key[:11]} name="the shop" by=process',
    ]


def test_key_revoked_by_command_is_told_once(lines: Any) -> None:
    make_key(name="shop")
    call_command("apikey", "revoke", "shop")
    api_keys.revoke(ApiKey.objects.all())
    assert [line.split()[0] for line in lines()] == ["key.created", "key.revoked"]


def test_revoked_key_that_is_used_is_told(client: Client, lines: Any) -> None:
    key = make_key()
    api_keys.revoke(ApiKey.objects.all())
    client.get("/api/products/", headers={"Authorization": f"Bearer {key}"})
    assert lines()[2:] == [f"key.rejected prefix={key[:11]} address=127.0.0.1"]
    assert key not in str(lines())


def test_of_what_is_no_key_nothing_is_told(client: Client, lines: Any) -> None:
    client.get("/api/products/", headers={"Authorization": "Bearer my-password"})
    assert lines() == ["key.rejected prefix=malformed address=127.0.0.1"]


@pytest.mark.parametrize(("proxy", "address"), [(True, "203.0.113.7"), (False, "127.0.0.1")])
def test_address_is_that_which_the_proxy_saw(
    client: Client, settings: Any, lines: Any, proxy: bool, address: str
) -> None:
    settings.BEHIND_PROXY = proxy
    headers = {"Authorization": "Bearer x", "X-Forwarded-For": "10.0.0.1, 203.0.113.7"}
    client.get("/api/products/", headers=headers)
    assert lines() == [f"key.rejected prefix=malformed address={address}"]


def test_nobody_writes_a_line_of_their_own(lines: Any) -> None:
    security_log.log("key.created", name="x\nproducts.deleted count=9")
    assert lines() == ['key.created name="x\\nproducts.deleted count=9" by=process']


def test_next_request_of_a_thread_is_its_own() -> None:
    make_client().get("/api/products/")
    assert security_log.WHO.get()() == {"by": "process"}
