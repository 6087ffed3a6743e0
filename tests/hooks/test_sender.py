"""Deliveries to a real receiver on loopback, whatever it does."""

import asyncio
import logging
import socket
import time
from pathlib import Path

import pytest

from hooks.http.client import Sender
from hooks.http.outcomes import FAILURES
from tests.certificates import Authority
from tests.hooks.requests import BODY, LOOPBACK, QUICK, knowing_nothing, leading_to, send, send_all
from tests.live import free_port
from tests.receiver import Receiver, deaf_port

# --- What is sent ---


def test_accepted_delivery_is_told_with_status_time_and_answer(receiver: Receiver) -> None:
    receiver.script("/hook", "delay/0.1")
    outcome = send(receiver.url("/hook"))
    assert (outcome.status_code, outcome.error_code, outcome.error, outcome.response_body) == (
        200,
        "",
        "",
        "ok",
    )
    assert 100 <= outcome.duration_ms < 600
    assert outcome.response_headers == {"content-length": "2"}
    assert outcome.succeeded and not outcome.truncated


def test_request_is_the_body_and_the_headers_and_nothing_more(receiver: Receiver) -> None:
    outcome = send(receiver.url("/status/200?a=1&b=%20"), {"webhook-id": "evt_1", "X-Tenant": "shop"})
    assert outcome.succeeded
    [request] = receiver.received
    assert (request.method, request.path, request.body) == ("POST", "/status/200?a=1&b=%20", BODY)
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "webhook-id": "evt_1",
        "x-tenant": "shop",
        "content-type": "application/json",
        "content-length": "32",
        "accept": "*/*",
        "accept-encoding": "identity",
        "user-agent": "ProductImporter-Webhooks/1.0",
    }


@pytest.mark.parametrize(
    "target",
    [
        "/hook/a%28b%29/c%27d/in:voke?sp=%2Ftriggers%2Fmanual%2Frun&sig=AbC%2Bd%2Fe%3D&m=x%40y.z&e=%21",
        "/hook/%2e%2E/../b//c;d=1?e[]=f|g&h=%c3%a9&h=%C3%A9&empty=&flag",
        "/?a+b=c%20d",
    ],
)
def test_url_is_called_letter_by_letter_as_it_is_written(receiver: Receiver, target: str) -> None:
    receiver.script(target, "ok")
    assert send(receiver.url(target)).succeeded
    assert receiver.received[0].path == target


@pytest.mark.parametrize("target", ["/ok HTTP/1.1\r\nX-Tenant: other", "/ok\r\n\r\n", "/o k", "/\xe4", "/\0"])
def test_stored_url_that_would_end_the_line_is_not_sent(receiver: Receiver, target: str) -> None:
    assert send(receiver.url(target)).error_code == "request.invalid"
    assert receiver.received == []


def test_name_leads_to_its_address_with_its_host_header(receiver: Receiver) -> None:
    url = f"http://shop.example.com:{receiver.port}/ok"
    assert send(url, lookup=leading_to("127.0.0.1")).succeeded
    assert receiver.received[0].headers["host"] == f"shop.example.com:{receiver.port}"


def test_connection_is_used_again(receiver: Receiver) -> None:
    send_all([receiver.url("/ok")] * 3)
    assert [request.connection for request in receiver.received] == [1, 1, 1]


def test_connection_closed_meanwhile_costs_no_failure(receiver: Receiver) -> None:
    receiver.script("/hook", "ok", "close", "ok")
    outcomes = send_all([receiver.url("/hook")] * 2)
    assert [outcome.succeeded for outcome in outcomes] == [True, True]
    assert [request.connection for request in receiver.received] == [1, 1, 2]


def test_connection_closed_at_once_is_a_failure_after_one_try(receiver: Receiver) -> None:
    assert send(receiver.url("/close")).error_code == "connection.lost"
    assert len(receiver.received) == 1


def test_cookies_are_not_kept(receiver: Receiver) -> None:
    send_all([receiver.url("/status/200?set-cookie=a%3D1%3BPath%3D%2F"), receiver.url("/ok")])
    assert "cookie" not in receiver.received[1].headers


def test_proxy_of_the_environment_is_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert send(receiver.url("/ok")).succeeded


def test_no_more_are_under_way_than_there_are_connections(receiver: Receiver) -> None:
    async def run() -> float:
        async with Sender(LOOPBACK, connections=2) as sender:
            started = time.monotonic()
            outcomes = await asyncio.gather(
                *(sender.send(receiver.url("/delay/0.2"), BODY, {}) for _ in range(8))
            )
            # Those that waited for a place did not wait on their own time.
            assert all(outcome.succeeded and outcome.duration_ms < 700 for outcome in outcomes)
            return time.monotonic() - started

    assert asyncio.run(run()) >= 0.8
    assert {request.connection for request in receiver.received} == {1, 2}


# --- What is answered ---


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (300, "status.3xx", "The endpoint returned 300 Multiple Choices. Redirects are not followed."),
        (404, "status.4xx", "The endpoint returned 404 Not Found."),
        (410, "status.4xx", "The endpoint returned 410 Gone."),
        (429, "status.4xx", "The endpoint returned 429 Too Many Requests."),
        (503, "status.5xx", "The endpoint returned 503 Service Unavailable."),
        (599, "status.5xx", "The endpoint returned 599."),
        (101, "status.other", "The endpoint returned 101 Switching Protocols, an unexpected status."),
        (999, "status.other", "The endpoint returned 999, an unexpected status."),
    ],
)
def test_status_that_is_no_success(receiver: Receiver, status: int, code: str, sentence: str) -> None:
    outcome = send(receiver.url(f"/status/{status}"))
    assert (outcome.status_code, outcome.error_code, outcome.error) == (status, code, sentence)
    assert not outcome.succeeded


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_status_that_is_a_success(receiver: Receiver, status: int) -> None:
    assert send(receiver.url(f"/status/{status}")).succeeded


def test_retry_after_is_among_the_headers(receiver: Receiver) -> None:
    outcome = send(receiver.url("/status/503?Retry-After=120"))
    assert outcome.response_headers["retry-after"] == "120"


@pytest.mark.parametrize("size", [65536, 10_000_000])
def test_long_answer_is_cut_and_accepted(receiver: Receiver, size: int) -> None:
    outcome = send(receiver.url(f"/large/{size}"))
    assert (outcome.succeeded, outcome.truncated, outcome.response_body) == (True, True, "x" * 8192)


@pytest.mark.parametrize("size", [9_000, 250_000])
def test_long_header_of_a_success_is_cut_and_the_status_counts(receiver: Receiver, size: int) -> None:
    outcome = send(receiver.url(f"/long-header/{size}"))
    assert (outcome.succeeded, outcome.status_code, outcome.response_body) == (True, 200, "ok")
    assert outcome.response_headers["x-long"] == "x" * 500


def test_many_headers_of_a_success_are_cut_and_the_status_counts(receiver: Receiver) -> None:
    outcome = send(receiver.url("/headers/1000"))
    assert (outcome.succeeded, len(outcome.response_headers)) == (True, 50)


def test_headers_larger_than_any_client_takes_are_a_failure(receiver: Receiver) -> None:
    outcomes = send_all([receiver.url(path) for path in ("/long-header/300000", "/headers/40000", "/ok")])
    assert [outcome.error_code for outcome in outcomes] == ["response.too_large", "response.too_large", ""]


def test_large_body_is_no_large_head(receiver: Receiver) -> None:
    assert send_all([receiver.url("/large/2000000")] * 2)[1].succeeded


def test_few_interim_answers_are_passed_over(receiver: Receiver) -> None:
    outcomes = send_all([receiver.url("/interim/20")] * 2)
    assert [(outcome.status_code, outcome.response_body) for outcome in outcomes] == [(200, "ok")] * 2


def test_flood_of_interim_answers_is_no_answer(receiver: Receiver) -> None:
    outcome = send(receiver.url("/interim/21"))
    assert (outcome.error_code, outcome.error) == (
        "response.invalid",
        "The response is not valid HTTP.",
    )


@pytest.mark.slow
def test_flood_of_interim_answers_holds_nobody_up(receiver: Receiver) -> None:
    async def run() -> float:
        async with Sender(LOOPBACK) as sender:
            floods = [asyncio.create_task(sender.send(receiver.url("/hints"), BODY, {})) for _ in range(16)]
            started = time.monotonic()
            assert (await sender.send(receiver.url("/ok"), BODY, {})).succeeded
            took = time.monotonic() - started
            assert {(await flood).error_code for flood in floods} == {"response.invalid"}
            return took

    # A flood that is not cut short goes on to the end of its time, 15 seconds.
    assert asyncio.run(run()) < 5


def test_answer_within_the_limit_leaves_its_connection_in_use(receiver: Receiver) -> None:
    send_all([receiver.url(path) for path in ("/large/65536", "/ok", "/large/10000000", "/ok")])
    assert [request.connection for request in receiver.received] == [1, 1, 1, 2]


def test_answer_is_stored_as_text_that_can_be_shown(receiver: Receiver) -> None:
    outcome = send(receiver.url("/body/" + b"a\x00b\x1b[2J\xff\xe2\x80\xaec\n\t\xc3\xa9".hex()))
    assert outcome.response_body == "a\ufffdb\ufffd[2J\ufffd\ufffdc\n\t\xe9"


def test_answer_that_repeats_what_is_private_is_masked(receiver: Receiver) -> None:
    outcome = send(receiver.url("/echo"), {"Authorization": "Bearer canary-1"}, secrets=["Bearer canary-1"])
    assert receiver.received[0].headers["authorization"] == "Bearer canary-1"
    assert "Authorization: ***" in outcome.response_body
    assert outcome.response_headers["x-echo"] == "***"
    assert "canary" not in repr(outcome)


def test_cookie_of_the_receiver_is_not_stored(receiver: Receiver) -> None:
    outcome = send(receiver.url("/status/200?Set-Cookie=session%3Dcanary"))
    assert outcome.response_headers["set-cookie"] == "***"


def test_nothing_of_a_delivery_is_logged(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    urls = [receiver.url(f"{path}?token=canary") for path in ("/status/200", "/garbage", "/close")]
    outcomes = send_all(urls, {"Authorization": "canary"})
    assert [outcome.error_code for outcome in outcomes] == ["", "response.invalid", "connection.lost"]
    assert len(receiver.received) == 3
    assert "canary" not in caplog.text


# --- Where nothing is answered ---


def test_port_where_nobody_listens() -> None:
    outcome = send(f"http://127.0.0.1:{free_port()}/")
    assert (outcome.status_code, outcome.error_code) == (None, "connect.refused")
    assert outcome.error == "The endpoint refused the connection."


def test_connection_that_is_never_taken() -> None:
    with deaf_port() as port:
        outcome = send(f"http://127.0.0.1:{port}/", deadlines=QUICK)
    assert (outcome.error_code, outcome.error) == (
        "connect.timeout",
        "Connection timed out after 0.4 seconds.",
    )
    assert 400 <= outcome.duration_ms < 600


def test_second_address_is_tried_when_the_first_refuses(receiver: Receiver) -> None:
    lookup = leading_to("127.0.0.2", "127.0.0.1")
    assert send(f"http://shop.example.com:{receiver.port}/ok", lookup=lookup).succeeded


def test_name_that_is_not_found() -> None:
    outcome = send("http://nowhere.example.com/", lookup=knowing_nothing)
    assert (outcome.error_code, outcome.error) == (
        "dns.failed",
        "DNS lookup failed: the host has no allowed address.",
    )


# --- TLS ---


def test_certificate_of_a_trusted_authority_is_accepted(tmp_path: Path) -> None:
    authority = Authority()
    with Receiver(tls=authority.server_context(tmp_path)) as receiver:
        assert send(receiver.url("/ok"), tls=authority.client_context()).succeeded
    assert receiver.received[0].path == "/ok"


def test_stored_header_that_cannot_be_sent_ends_in_an_outcome(receiver: Receiver) -> None:
    outcome = send(receiver.url("/ok"), {"X-Tenant": "shop\r\nHost: other"})
    assert (outcome.error_code, outcome.error) == (
        "request.invalid",
        "The URL or a header is not valid in an HTTP request.",
    )
    assert receiver.received == []


def test_handshake_that_never_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = send(f"https://127.0.0.1:{silent.getsockname()[1]}/", deadlines=QUICK)
    assert outcome.error_code == "connect.timeout"
    assert 400 <= outcome.duration_ms < 4000


def test_every_code_has_a_sentence() -> None:
    for code, text in FAILURES.items():
        assert code.count(".") == 1
        assert text.endswith(".")
