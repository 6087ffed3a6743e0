"""API keys in the admin: shown once, then only renamed or revoked."""

import re

import pytest
from django.test import Client

from project.auth import api_keys
from project.models import ApiKey
from tests.factories import make_key, make_product

pytestmark = pytest.mark.django_db

LIST = "/admin/project/apikey/"


def test_new_key_is_shown_once_and_in_no_cookie(admin_client: Client) -> None:
    answer = admin_client.post(f"{LIST}add/", {"name": "shop", "scope": "write"})
    shown = re.search(r"pi_[0-9A-Za-z]{36}", answer.content.decode())
    assert shown is not None
    assert api_keys.find(shown[0]) == ApiKey.objects.get()
    assert shown[0] not in str(answer.cookies)
    assert shown[0] not in admin_client.get(LIST).content.decode()


def test_key_can_be_renamed_and_nothing_else(admin_client: Client) -> None:
    make_key("read", name="shop")
    key = ApiKey.objects.get()
    admin_client.post(f"{LIST}{key.pk}/change/", {"name": "bakery", "scope": "write", "sha256": "x"})
    changed = ApiKey.objects.get()
    assert (changed.name, changed.scope, changed.sha256) == ("bakery", "read", key.sha256)


def test_key_is_revoked_by_the_action(admin_client: Client) -> None:
    key = make_key()
    admin_client.post(LIST, {"action": "revoke", "_selected_action": [ApiKey.objects.get().pk]})
    assert api_keys.find(key) is None


def test_key_cannot_be_deleted(admin_client: Client) -> None:
    make_key()
    assert admin_client.post(f"{LIST}{ApiKey.objects.get().pk}/delete/", {"post": "yes"}).status_code == 403
    assert ApiKey.objects.exists()


def test_admin_has_our_name(client: Client) -> None:
    assert "Product Importer" in client.get("/admin/login/").content.decode()


# --- What its own pages never send ---


@pytest.mark.parametrize("query", ["q=%00", "status__exact=%00", "id__exact=1%00", "p=%00"])
@pytest.mark.parametrize(
    "address", ["imports/importjob", "catalog/product", "hooks/webhook", "project/apikey"]
)
def test_nul_in_a_query_is_refused(admin_client: Client, address: str, query: str) -> None:
    assert admin_client.get(f"/admin/{address}/?{query}").status_code == 400


@pytest.mark.parametrize("chosen", ["abc", "\0", "9" * 30])
@pytest.mark.parametrize(
    ("address", "action"), [("catalog/product", "deactivate"), ("project/apikey", "revoke")]
)
def test_action_on_what_is_no_key_changes_nothing(
    admin_client: Client, address: str, action: str, chosen: str
) -> None:
    product = make_product(sku="MUG", name="Mug")
    key = make_key()
    answer = admin_client.post(f"/admin/{address}/", {"action": action, "_selected_action": chosen})
    assert answer.status_code == (302 if chosen.isdecimal() else 400)
    product.refresh_from_db()
    assert product.is_active
    assert api_keys.find(key) is not None
