"""API keys: what each scope may do, and how a key is recognised, noted and revoked."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.models import Product
from project.auth import api_keys
from project.models import ApiKey
from tests.factories import make_client, make_key

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/products/"
PRODUCT = json.dumps({"sku": "A-1", "name": "Anvil"})


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    settings.DEBUG = False


def get(client: Client, authorization: str) -> Any:
    return client.get(PRODUCTS, headers={"Authorization": authorization})


# --- Scopes ---


def test_write_key_may_do_everything() -> None:
    client = make_client("write")
    assert client.post(PRODUCTS, PRODUCT, content_type="application/json").status_code == 201
    assert client.get(PRODUCTS).status_code == 200
    assert client.delete(f"{PRODUCTS}bulk-delete/").status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_read_key_may_read(method: str) -> None:
    assert make_client("read").generic(method, PRODUCTS).status_code in (200, 204)


@pytest.mark.parametrize("path", [f"{PRODUCTS}bulk-delete/", f"{PRODUCTS}1/"])
def test_read_key_may_not_delete(path: str) -> None:
    Product.objects.create(id=1, sku="A-1", name="Anvil")
    response = make_client("read").delete(path)
    assert (response.status_code, response.json()["type"]) == (403, "urn:problem:scope.insufficient")
    assert Product.objects.count() == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_read_key_may_not_write(method: str) -> None:
    product = Product.objects.create(sku="A-1", name="Old")
    path = PRODUCTS if method == "POST" else f"{PRODUCTS}{product.pk}/"
    assert make_client("read").generic(method, path, PRODUCT, "application/json").status_code == 403
    assert Product.objects.get().name == "Old"


# --- Recognising a key ---


def test_scheme_is_taken_in_any_case(client: Client) -> None:
    assert get(client, f"bearer {make_key()}").status_code == 200


def test_revoked_key_is_refused_at_once() -> None:
    client = make_client()
    assert client.get(PRODUCTS).status_code == 200
    api_keys.revoke(ApiKey.objects.all())
    response = client.get(PRODUCTS)
    assert (response.status_code, response.json()["type"]) == (401, "urn:problem:key.invalid")


def test_unknown_key_is_refused() -> None:
    client = make_client()
    ApiKey.objects.all().delete()
    assert client.get(PRODUCTS).status_code == 401


def test_key_with_the_prefix_of_another_is_refused(client: Client) -> None:
    body = make_key()[: api_keys.PREFIX_LENGTH] + "0" * 22
    assert get(client, f"Bearer {body}{api_keys.checksum(body)}").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1],
        lambda key: key + "0",
        str.swapcase,
        lambda key: "é" + key[1:],
        lambda key: key * 1000,
    ],
    ids=["cut", "longer", "case", "foreign", "huge"],
)
def test_mistyped_key_is_refused_without_the_database(
    client: Client, change: Callable[[str], str], django_assert_num_queries: Any
) -> None:
    key = change(make_key())
    with django_assert_num_queries(0):
        assert get(client, f"Bearer {key}").status_code == 401


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "Bearer ", "", "Token x"])
def test_other_authorization_is_refused(client: Client, value: str) -> None:
    assert get(client, value).status_code == 401


def test_checksum_is_crc32_in_base_62() -> None:
    assert api_keys.checksum("pi_" + "0" * 30) == "2bpnYA"


def test_keys_differ() -> None:
    assert len({make_key() for _ in range(100)}) == 100


# --- What is kept ---


def test_key_is_not_in_the_database() -> None:
    key = make_key()
    stored = ApiKey.objects.values().get()
    assert len(key) == len("pi_") + 36
    assert stored["prefix"] == key[:11]
    assert key[11:] not in str(stored)


def test_use_of_a_key_is_noted_once_a_minute() -> None:
    client = make_client()
    client.get(PRODUCTS)
    first = ApiKey.objects.get().last_used_at
    client.get(PRODUCTS)
    assert first is not None
    assert ApiKey.objects.get().last_used_at == first


def test_later_use_of_a_key_is_noted_again() -> None:
    client = make_client()
    an_hour_ago = timezone.now() - timedelta(hours=1)
    ApiKey.objects.update(last_used_at=an_hour_ago)
    client.get(PRODUCTS)
    assert ApiKey.objects.filter(last_used_at__gt=an_hour_ago).count() == 1


def test_revoking_again_keeps_the_date() -> None:
    make_key()
    api_keys.revoke(ApiKey.objects.all())
    first = ApiKey.objects.get().revoked_at
    assert api_keys.revoke(ApiKey.objects.all()) == 0
    assert ApiKey.objects.get().revoked_at == first


# --- A database that takes no changes: a standby, or one about to take over ---


def make_read_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")


def test_key_lets_read_though_its_use_cannot_be_noted() -> None:
    client = make_client()
    make_read_only()
    assert client.get(PRODUCTS).status_code == 200
    assert ApiKey.objects.get().last_used_at is None


def test_change_of_a_read_only_database_is_put_off() -> None:
    client = make_client()
    client.get(PRODUCTS)
    make_read_only()
    response = client.post(PRODUCTS, PRODUCT, content_type="application/json")
    assert (response.status_code, response.json()["type"]) == (503, "urn:problem:database.read_only")
    assert response.headers["Retry-After"] == "5"
