"""A path is answered with and without the slash at its end, never by a redirect."""

import json
from typing import Any

import pytest
from django.test import Client

from catalog.models import Product
from tests.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def development(settings: Any) -> None:
    settings.DEBUG = True


@pytest.mark.parametrize("path", ["/api/products", "/api/products/"])
def test_post_keeps_its_body(client: Client, path: str) -> None:
    response = client.post(path, json.dumps({"sku": "A-1", "name": "Anvil"}), content_type="application/json")
    assert (response.status_code, response.json()["sku"]) == (201, "A-1")


@pytest.mark.parametrize("slash", ["", "/"])
def test_product_can_be_deleted(client: Client, slash: str) -> None:
    product = make_product()
    assert client.delete(f"/api/products/{product.pk}{slash}").status_code == 204
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/api/jobs",
        "/api/jobs/",
        "/api/imports/template.csv",
        "/api/imports/template.csv/",
        "/api/imports/template.xlsx/",
    ],
)
def test_path_declared_without_a_slash_takes_one(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/healthz", "/healthz/", "/api/docs", "/api/docs/", "/api/schema", "/api/schema/"]
)
def test_path_beside_the_routers_answers_too(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_admin_answers_without_its_slash(admin_client: Client) -> None:
    assert admin_client.get("/admin").status_code == 200


@pytest.mark.parametrize("path", ["/api/nowhere", "/api/nowhere/", "/api//products"])
def test_path_unknown_either_way_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_links_have_the_spelling_of_the_route(client: Client) -> None:
    make_product()
    make_product()
    page = client.get("/api/products?page_size=1").json()
    assert page["next"] == "http://testserver/api/products/?page_size=1&page=2"


def test_query_is_kept(client: Client) -> None:
    make_product(sku="A-1")
    make_product(sku="B-2")
    assert client.get("/api/products?sku=a-1").json()["count"] == 1


def test_root_of_the_api_leads_to_the_documentation(client: Client) -> None:
    assert client.get("/api").headers["Location"] == "/api/docs/"
