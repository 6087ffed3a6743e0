"""Queries are as strict as bodies: what nobody knows is refused, with the name that was meant."""

from typing import Any

import pytest
from django.test import Client

from catalog.models import Product
from hooks.models import Webhook
from lib import limits
from project import gunicorn
from project.api.api import api
from tests.factories import make_product, make_webhook

pytestmark = pytest.mark.django_db

LISTS = [
    path
    for path, operations in api.get_openapi_schema()["paths"].items()
    if "get" in operations and "{" not in path
]


def fault(answer: Any) -> tuple[int, str, str, str]:
    [found] = answer.json()["errors"]
    return answer.status_code, found["pointer"], found["code"], found["detail"]


@pytest.mark.parametrize("path", LISTS)
def test_unknown_parameter_is_refused(client: Client, path: str) -> None:
    answer = client.get(path, {"no_such_thing": "1", **({"metric": "rows"} if "timeseries" in path else {})})
    assert fault(answer)[:3] == (422, "/query/no_such_thing", "query.unknown")


def test_nearest_parameter_is_named(client: Client) -> None:
    answer = client.get("/api/products/?pricemin=5")
    assert fault(answer)[3] == "Unknown parameter 'pricemin'. Did you mean 'price_min'?"


def test_parameters_that_there_are_are_named(client: Client) -> None:
    assert fault(client.get("/api/jobs?limit=5"))[3] == (
        "Unknown parameter 'limit'. Known parameters: page, page_size, status."
    )
    assert fault(client.get("/api/dashboard/stats?since=1"))[3] == (
        "Unknown parameter 'since'. This endpoint takes no parameters."
    )


def test_filter_of_a_deletion_is_no_way_to_delete_everything(client: Client) -> None:
    make_product()
    answer = client.delete("/api/products/bulk-delete/?sku=A")
    assert fault(answer)[:3] == (422, "/query/sku", "query.unknown")
    assert Product.objects.count() == 1


def test_first_twenty_of_many_faults_are_told(client: Client) -> None:
    answer = client.get("/api/products/?" + "&".join(f"x{number}=1" for number in range(400)))
    assert len(answer.json()["errors"]) == 20
    assert answer.json()["detail"] == "More than 20 parameters are invalid. `errors` lists the first 20."


def test_several_unknown_parameters_are_told_at_once(client: Client) -> None:
    answer = client.get("/api/products/?search=a&limit=5&page=1")
    assert [found["pointer"] for found in answer.json()["errors"]] == ["/query/search", "/query/limit"]
    assert answer.json()["detail"] == "2 parameters are invalid. See `errors`."


def test_contradicting_parameters_are_refused(client: Client) -> None:
    answer = client.get("/api/products/?page=2&page=3")
    assert fault(answer)[:3] == (422, "/query/page", "query.repeated")
    assert client.get("/api/products/?page=2&page=2").status_code == 200


def test_cache_buster_is_passed_over(client: Client) -> None:
    assert client.get("/api/products/?_=1795973452").status_code == 200


def test_writing_knows_its_parameters_too(client: Client) -> None:
    path = f"/api/webhooks/{make_webhook().pk}/"
    assert fault(client.delete(f"{path}?force=1"))[2] == "query.unknown"
    assert fault(client.post(f"{path}test/?event=product.created"))[2:] == (
        "query.unknown", "Unknown parameter 'event'. Did you mean 'event_type'?",
    )  # fmt: skip
    assert Webhook.objects.exists()


def test_access_is_asked_for_first(client: Client, settings: Any) -> None:
    settings.DEBUG = False
    assert client.get("/api/products/?colour=red").status_code == 401


def test_longest_link_fits_into_a_request_line(client: Client) -> None:
    widest = "\N{GRINNING FACE}" * 255
    for sku in "AB":
        make_product(sku=sku, name=widest)
    query = {"cursor": "", "page_size": "1", "ordering": "-name", "q": widest, "name": widest, "sku": ""}
    link = client.get("/api/products/", query).json()["next"]
    line = f"GET {link.removeprefix('http://testserver')} HTTP/1.1\r\n"
    assert 7_000 < len(line) <= gunicorn.limit_request_line
    assert [product["sku"] for product in client.get(link).json()["results"]] == ["A"]


def test_limits_of_a_query_and_a_cursor_fit_into_a_request_line() -> None:
    longest_path = max(len(path) for path in api.get_openapi_schema()["paths"])
    around = len("GET ?&cursor= HTTP/1.1\r\n") + longest_path
    assert limits.QUERY_LENGTH_MAX + limits.CURSOR_LENGTH_MAX + around <= gunicorn.limit_request_line


def test_longer_query_is_refused(client: Client) -> None:
    widest = "\N{GRINNING FACE}" * 255
    answer = client.get("/api/products/", {"q": widest, "name": widest, "sku": widest})
    assert fault(answer)[1:3] == ("/query", "query.too_long")
