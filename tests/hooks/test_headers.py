"""The headers that a webhook may have its deliveries carry."""

import pytest

from hooks.http.headers import HeaderError, check_headers
from hooks.secrets.redaction import redact_headers, redact_text, redact_url


@pytest.mark.parametrize(
    "name", ["Authorization", "X-Tenant", "x-api-key", "Cookie", "Accept-Language", "~odd!"]
)
def test_header_that_is_fine(name: str) -> None:
    assert check_headers({name: "Bearer abc def"}) == {name: "Bearer abc def"}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Host",
            "host",
            "Content-Length",
            "content-type",
            "Content-Encoding",
            "Transfer-Encoding",
            "Accept",
        ),
        *("Accept-Encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect", "User-Agent"),
        *("Proxy-Authorization", "webhook-id", "Webhook-Signature", "WEBHOOK-TIMESTAMP", "X-Event-Type"),
        *("X-Delivery-Attempt", "Via", "X-Forwarded-For", "Forwarded", "Sec-Fetch-Mode", "Date"),
    ],
)
def test_header_that_is_not_a_webhooks_to_set(name: str) -> None:
    with pytest.raises(HeaderError) as caught:
        check_headers({"X-Fine": "1", name: "canary"})
    assert (caught.value.code, caught.value.pointer) == ("header.forbidden", f"/headers/{name}")
    assert caught.value.detail == f"The header {name} is reserved and cannot be set."


@pytest.mark.parametrize(
    "name", ["", " ", "X Tenant", "X-Tenant:", "X\r\nHost", "X-Ténant", "a" * 101, "(x)"]
)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(HeaderError) as caught:
        check_headers({name: "1"})
    assert caught.value.code == "header.name"


def test_pointer_is_spelled_as_json_pointers_are() -> None:
    with pytest.raises(HeaderError) as caught:
        check_headers({"a/b~c": "1"})
    assert caught.value.pointer == "/headers/a~1b~0c"


@pytest.mark.parametrize(
    "value", ["canary\r\nHost: x", "canary\n", "canary\0", " canary", "canary ", "canaryé", "canary\x7f"]
)
def test_value_that_a_header_cannot_hold(value: str) -> None:
    with pytest.raises(HeaderError) as caught:
        check_headers({"X-Tenant": value})
    assert (caught.value.code, caught.value.pointer) == ("header.value", "/headers/X-Tenant")
    assert "canary" not in caught.value.detail


def test_name_that_is_there_twice() -> None:
    with pytest.raises(HeaderError) as caught:
        check_headers({"X-Tenant": "1", "x-tenant": "2"})
    assert caught.value.code == "header.repeated"


def test_headers_have_limits() -> None:
    assert len(check_headers({f"X-{number}": "" for number in range(20)})) == 20
    for headers, code in (
        ({f"X-{number}": "" for number in range(21)}, "headers.too_many"),
        ({"X-Large": "x" * 4096}, "headers.too_large"),
    ):
        with pytest.raises(HeaderError) as caught:
            check_headers(headers)
        assert (caught.value.code, caught.value.pointer) == (code, "/headers")


# --- In logs ---


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://user:canary@shop.example.com:8443/hook?token=canary",
            "https://shop.example.com:8443/hook?***",
        ),
        ("https://shop.example.com/hook", "https://shop.example.com/hook"),
    ],
)
def test_url_is_logged_without_what_is_secret_in_it(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_headers_are_logged_without_what_is_secret_in_them() -> None:
    headers = {
        "Authorization": "Bearer canary",
        "X-Api-Key": "canary",
        "Cookie": "canary",
        "X-Tenant": "shop",
    }
    assert redact_headers(headers) == {
        "Authorization": "***",
        "X-Api-Key": "***",
        "Cookie": "***",
        "X-Tenant": "shop",
    }


def test_short_values_are_no_secrets() -> None:
    assert redact_text("json: 1, Bearer 12345678", ["1", "json", "Bearer 12345678"]) == "json: 1, ***"
