"""Who gets in, and who does not: on the machine of a developer, and anywhere else."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Product
from tests.factories import make_client

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/products/"
PRODUCT = json.dumps({"sku": "A-1", "name": "Anvil"})


@pytest.fixture
def development(settings: Any) -> None:
    settings.DEBUG = True


@pytest.fixture
def production(settings: Any) -> None:
    settings.DEBUG = False


def post(client: Client, **headers: str) -> Any:
    return client.post(PRODUCTS, PRODUCT, content_type="application/json", headers=headers)


def make_session(*, is_staff: bool = True, enforce_csrf_checks: bool = True) -> Client:
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
    client.force_login(User.objects.create_user("ada", is_staff=is_staff, is_superuser=is_staff))
    return client


def set_token(client: Client) -> str:
    token = "t" * 32
    client.cookies["csrftoken"] = token
    return token


# --- Development ---


@pytest.mark.usefixtures("development")
def test_development_is_open_on_this_machine(client: Client) -> None:
    assert post(client).status_code == 201


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize("path", [PRODUCTS, "/api/nowhere/", "/api/docs/", "/api/schema/"])
def test_every_open_answer_says_so(client: Client, path: str) -> None:
    assert client.get(path).headers["X-Access"] == "open (development)"


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_address_is_this_machine(client: Client, address: str) -> None:
    assert client.get(PRODUCTS, REMOTE_ADDR=address).status_code == 200


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize(
    "address", ["192.168.1.7", "10.0.0.1", "::ffff:10.0.0.1", "0.0.0.1", "", "localhost"]
)
def test_other_address_is_not_let_in(client: Client, address: str) -> None:
    response = client.get(PRODUCTS, REMOTE_ADDR=address)
    assert response.status_code == 401
    assert "X-Access" not in response.headers


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize(
    "header",
    [
        *("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Forwarded"),
        *(
            "Forwarded",
            "Forwarded-For",
            "Via",
            "X-Real-IP",
            "CF-Connecting-IP",
            "True-Client-IP",
            "X-Azure-ClientIP",
            "X-Rewrite-URL",
            "Ngrok-Trace-Id",
            "X-Client-IP",
        ),
        *("Fastly-Client-IP", "X-Original-Forwarded-For", "X-Original-Host", "CF-Ray", "CDN-Loop"),
    ],
)
def test_request_through_a_proxy_is_not_let_in(client: Client, header: str) -> None:
    assert client.get(PRODUCTS, headers={header: "127.0.0.1"}).status_code == 401


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-site", "Referer": "http://testserver/"},
        {"Referer": "http://evil.example/"},
        {"Referer": "http://testserver:8000/"},
        {"Referer": "http://testserver@evil.example/"},
        {"Referer": "http://testserver.evil.example/"},
        {"Referer": "about:blank"},
    ],
)
def test_page_of_another_site_may_not_change_anything(client: Client, header: dict[str, str]) -> None:
    response = post(client, **header)
    assert (response.status_code, response.json()["type"]) == (403, "urn:problem:origin.not_allowed")
    assert not Product.objects.exists()


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "http://testserver/api/docs/?x=1"},
        {"Referer": "http://testserver"},
    ],
)
def test_page_of_this_site_may_change_things(client: Client, header: dict[str, str]) -> None:
    assert post(client, **header).status_code == 201


@pytest.mark.usefixtures("development")
def test_page_of_an_allowed_origin_may_change_things(client: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["http://shop.example"]
    headers = {"Origin": "http://shop.example", "Sec-Fetch-Site": "cross-site"}
    assert post(client, **headers).status_code == 201


@pytest.mark.usefixtures("development")
def test_wrong_key_is_refused_even_where_none_is_needed(client: Client) -> None:
    assert client.get(PRODUCTS, headers={"Authorization": "Bearer pi_wrong"}).status_code == 401


# --- Production ---


@pytest.mark.usefixtures("production")
def test_production_wants_a_key(client: Client) -> None:
    response = client.get(PRODUCTS)
    assert (response.status_code, response.json()["type"]) == (401, "urn:problem:key.missing")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "X-Access" not in response.headers


# --- Sessions ---


@pytest.mark.usefixtures("production")
def test_staff_session_may_read() -> None:
    assert make_session().get(PRODUCTS).status_code == 200


@pytest.mark.usefixtures("production")
def test_staff_session_without_csrf_token_may_not_change_anything() -> None:
    response = post(make_session())
    assert (response.status_code, response.json()["type"]) == (403, "urn:problem:csrf.failed")
    assert not Product.objects.exists()


@pytest.mark.usefixtures("production")
def test_staff_session_with_csrf_token_may_change_things() -> None:
    client = make_session()
    token = set_token(client)
    assert post(client, **{"X-CSRFToken": token}).status_code == 201


@pytest.mark.usefixtures("production")
def test_csrf_token_is_not_looked_for_in_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_session()
    read = []
    monkeypatch.setattr("django.http.HttpRequest._load_post_and_files", lambda request: read.append(request))
    response = client.post(PRODUCTS, {"csrfmiddlewaretoken": set_token(client)})
    assert (response.status_code, read) == (403, [])


@pytest.mark.usefixtures("production")
def test_session_of_a_page_of_another_site_is_refused() -> None:
    client = make_session()
    headers = {"X-CSRFToken": set_token(client), "Origin": "https://evil.example"}
    assert post(client, **headers).status_code == 403
    assert not Product.objects.exists()


@pytest.mark.usefixtures("production")
def test_session_of_somebody_who_is_not_staff_is_refused() -> None:
    response = make_session(is_staff=False).get(PRODUCTS)
    assert (response.status_code, response.json()["type"]) == (403, "urn:problem:staff.required")


# --- The documentation ---


@pytest.mark.usefixtures("production")
def test_documentation_leads_to_the_sign_in(client: Client) -> None:
    response = client.get("/api/docs/")
    assert (response.status_code, response.headers["Location"]) == (
        302,
        "/sign-in/?next=%2Fapi%2Fdocs%2F",
    )


@pytest.mark.usefixtures("production")
def test_documentation_is_shown_to_staff() -> None:
    assert make_session().get("/api/docs/").status_code == 200


@pytest.mark.usefixtures("production")
def test_schema_wants_a_key(client: Client) -> None:
    response = client.get("/api/schema/")
    assert (response.status_code, response.headers["Content-Type"]) == (401, "application/problem+json")


@pytest.mark.usefixtures("production")
def test_schema_is_given_for_a_read_key() -> None:
    assert make_client("read").get("/api/schema/").status_code == 200
