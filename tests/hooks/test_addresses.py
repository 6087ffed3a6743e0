"""Where webhooks may be sent. U1 to U49 are the groups of URLs that must not get through, each by its number.

The groups that are refused as text are refused again at the dial, by whatever spelling the address came."""

import asyncio
import re
import socket
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from yarl import URL

from hooks.http.client import Deadlines, Sender
from hooks.http.ssrf import AddressError, is_allowed, open_socket
from hooks.http.url_validation import Rules, UrlError, check_url
from tests.certificates import Authority
from tests.hooks.requests import BODY, LOOPBACK, PATIENT, QUICK, knowing_nothing, leading_to, send
from tests.live import free_port
from tests.receiver import Receiver

PUBLIC_RULES = Rules()

# Group, host of the URL, code.
HOSTS = [
    ("U1", "127.0.0.1", "url.not_allowed"),
    ("U2", "127.1", "url.host"),
    ("U3", "2130706433", "url.host"),
    ("U4", "0x7f000001", "url.host"),
    ("U5", "017700000001", "url.host"),
    ("U6", "0177.0.0.1", "url.host"),
    ("U6", "0x7f.0.0.1", "url.host"),
    ("U7", "0", "url.host"),
    ("U7", ".".join("0000"), "url.not_allowed"),
    ("U8", "localhost", "url.not_allowed"),
    ("U8", "LOCALHOST", "url.not_allowed"),
    ("U8", "localhost.", "url.not_allowed"),
    ("U8", "shop.localhost", "url.not_allowed"),
    ("U9", "127。0。0。1", "url.host"),
    ("U10", "①②⑦.⓪.⓪.①", "url.host"),
    ("U11", "[::1]", "url.not_allowed"),
    ("U11", "[::]", "url.not_allowed"),
    ("U12", "[::ffff:127.0.0.1]", "url.not_allowed"),
    ("U12", "[::ffff:7f00:1]", "url.not_allowed"),
    ("U12", "[0000:0000:0000:0000:0000:ffff:7f00:0001]", "url.not_allowed"),
    ("U13", "[::127.0.0.1]", "url.not_allowed"),
    ("U14", "[::ffff:0:127.0.0.1]", "url.not_allowed"),
    ("U15", "[64:ff9b::7f00:1]", "url.not_allowed"),
    ("U15", "[64:ff9b::a9fe:a9fe]", "url.not_allowed"),
    ("U15", "[64:ff9b:1::a00:1]", "url.not_allowed"),
    ("U16", "[2002:7f00:1::]", "url.not_allowed"),
    ("U16", "[2002:a9fe:a9fe::]", "url.not_allowed"),
    ("U17", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "url.not_allowed"),
    ("U18", "[fc00::1]", "url.not_allowed"),
    ("U18", "[fd00:ec2::254]", "url.not_allowed"),
    ("U18", "[fd20:ce::254]", "url.not_allowed"),
    ("U19", "[fe80::1]", "url.not_allowed"),
    ("U19", "[fe80::1%25lo]", "url.host"),
    ("U19", "[fe80::1%lo]", "url.host"),
    ("U20", "[fec0::1]", "url.not_allowed"),
    ("U20", "[ff02::1]", "url.not_allowed"),
    ("U21", "10.0.0.1", "url.not_allowed"),
    ("U21", "172.16.0.1", "url.not_allowed"),
    ("U21", "172.31.255.255", "url.not_allowed"),
    ("U21", "192.168.1.1", "url.not_allowed"),
    ("U22", "100.64.0.1", "url.not_allowed"),
    ("U22", "100.100.100.200", "url.not_allowed"),
    ("U23", "169.254.169.254", "url.not_allowed"),
    ("U23", "169.254.170.2", "url.not_allowed"),
    ("U24", "168.63.129.16", "url.not_allowed"),
    ("U25", "192.0.0.192", "url.not_allowed"),
    ("U25", "192.88.99.1", "url.not_allowed"),
    ("U25", "198.18.0.1", "url.not_allowed"),
    ("U26", "224.0.0.1", "url.not_allowed"),
    ("U26", "240.0.0.1", "url.not_allowed"),
    ("U26", "255.255.255.255", "url.not_allowed"),
    ("U27", "[3fff::1]", "url.not_allowed"),
    ("U27", "[5f00::1]", "url.not_allowed"),
    ("U27", "[100::1]", "url.not_allowed"),
    ("U27", "[100:0:0:1::1]", "url.not_allowed"),
    ("U28", "metadata.google.internal", "url.not_allowed"),
    ("U28", "db.internal", "url.not_allowed"),
    ("U28", "printer.local", "url.not_allowed"),
    ("U28", "intranet", "url.not_allowed"),
    ("U42", ".".join(["a" * 63] * 4), "url.host"),
    ("U42", "a" * 64 + ".example.com", "url.host"),
    ("U42", "xn--.example.com", "url.host"),
    ("U42", "-bad-.example.com", "url.host"),
    ("U42", "shop..example.com", "url.host"),
    ("U42", "sh%6fp.example.com", "url.host"),
    ("U43", "[::1", "url.host"),
    ("U43", "[v1.x]", "url.host"),
    ("U43", "256.1.1.1", "url.host"),
    ("U43", "1.2.3", "url.host"),
    ("U43", "1.2.3.4.5", "url.host"),
]
# Group, the whole URL, code.
URLS = [
    ("U34", "https://user:canary@shop.example.com/", "url.credentials"),
    ("U34", "https://user@shop.example.com/", "url.credentials"),
    ("U34", "https://@shop.example.com/", "url.credentials"),
    ("U35", "http://example.com@127.0.0.1/", "url.credentials"),
    ("U36", "http://example.com\\@127.0.0.1/", "url.characters"),
    ("U37", "http://127.0.0.1#@example.com/", "url.fragment"),
    ("U37", "http://127.0.0.1?@example.com/", "url.not_allowed"),
    ("U37", "https://shop.example.com/hook#part", "url.fragment"),
    ("U38", "ftp://shop.example.com/", "url.scheme"),
    ("U38", "file:///etc/passwd", "url.scheme"),
    ("U38", "gopher://shop.example.com/", "url.scheme"),
    ("U38", "data:text/plain,hello", "url.form"),
    ("U38", "javascript:alert(1)", "url.form"),
    ("U38", "ws://shop.example.com/", "url.scheme"),
    ("U38", "unix:/var/run/docker.sock", "url.form"),
    ("U38", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "url.scheme"),
    *(
        ("U40", f"https://shop.example.com:{port}/", "url.port")
        for port in (0, 22, 25, 6379, 5432, 65536, -1, "\uff14\uff14\uff13", "", "4_4", "9" * 12)
    ),
    *(
        ("U41", f"https://shop.example.com/a{unfit}b", "url.characters")
        for unfit in (
            "\r\n",
            "\n",
            "\0",
            "\t",
            " ",
            "%0d%0a",
            "%00",
            "%7F",
            "\x7f",
            "\x85",
            "\u2028",
            "\u202e",
            "\ud800",
        )
    ),
    ("U44", "//shop.example.com/", "url.form"),
    ("U44", "shop.example.com", "url.form"),
    ("U44", "http:shop.example.com", "url.form"),
    ("U44", "http:///shop.example.com", "url.host"),
    ("U44", " https://shop.example.com", "url.characters"),
    ("U44", "https://shop.example.com\n", "url.characters"),
    ("U44", "", "url.required"),
    ("U44", "  ", "url.required"),
    ("U45", "https://shop.example.com/" + "a" * 10_240, "url.too_long"),
    ("U45", "https://shop.example.com/" + "a" * 2024, "url.too_long"),
]
SINKS = [
    ("hints", "response.invalid"),
    ("big-head", "response.too_large"),
    ("many-headers", "response.too_large"),
    ("reset", "connection.lost"),
    ("close", "connection.lost"),
    ("garbage", "response.invalid"),
    ("two-lengths", "response.invalid"),
]
# The status decides; these come after it.
BAD_BODIES = ["drip-body", "endless", "bomb", "cut", "bad-chunks"]


def refusal(url: str, rules: Rules = PUBLIC_RULES) -> UrlError:
    with pytest.raises(UrlError) as caught:
        check_url(url, rules)
    return caught.value


# --- As text, when the webhook is saved ---


@pytest.mark.parametrize(("group", "host", "code"), HOSTS)
def test_host_is_refused(group: str, host: str, code: str) -> None:
    refused = refusal(f"http://{host}/hook")
    assert (refused.code, refused.pointer) == (code, "/url")


@pytest.mark.parametrize(("group", "url", "code"), URLS)
def test_url_is_refused(group: str, url: str, code: str) -> None:
    refused = refusal(url)
    assert (refused.code, refused.pointer) == (code, "/url")
    assert "canary" not in refused.detail


def test_u39_http_is_refused_where_only_https_is_taken() -> None:
    rules = Rules(https_only=True)
    assert refusal("http://shop.example.com/", rules).code == "url.https_only"
    assert check_url("https://shop.example.com/", rules) == "https://shop.example.com/"


@pytest.mark.parametrize("host", ["shop.example.com", "SHOP.example.com.", "api.example.org"])
def test_u33_our_own_address_is_refused(host: str) -> None:
    rules = Rules(own_hosts=["shop.example.com", ".example.org"], own_ports={443})
    assert refusal(f"https://{host}/api/products/", rules).detail == "The URL must not point to this server."
    assert check_url("https://shop.example.com:8443/", rules)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://münchen.example/a", "https://xn--mnchen-3ya.example/a"),
        # The second letter is Cyrillic: what it is shows as soon as it is stored.
        ("https://p\u0430ypal.com/", "https://xn--pypal-4ve.com/"),
        ("https://XN--MNCHEN-3YA.example/", "https://xn--mnchen-3ya.example/"),
    ],
)
def test_u46_international_name_is_kept_as_punycode(typed: str, kept: str) -> None:
    assert check_url(typed, PUBLIC_RULES) == kept


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/webhook",
        "https://example.com",
        "http://example.com:8080/hook?token=a%20b&c=%C3%A9",
        "https://example.com:443/",
        "https://my_app.example.com/hook/",
        "https://93.184.215.14/",
        "https://[2606:4700::6810:84e5]:8443/",
        "https://example.com/a/../b;c=1/~d?e[]=f|g",
    ],
)
def test_url_that_is_fine_stays_as_it_is(url: str) -> None:
    assert check_url(url, PUBLIC_RULES) == url


def test_url_is_kept_in_one_spelling() -> None:
    typed = "HTTPS://Shop.Example.COM.:0443/Hook/é?ü"
    assert check_url(typed, PUBLIC_RULES) == "https://shop.example.com:443/Hook/%C3%A9?%C3%BC"


@pytest.mark.parametrize(
    "url", ["https://münchen.example:8443/ä", "http://[2606:4700::1]/", "http://8.8.8.8:80/"]
)
def test_client_that_dials_reads_the_same_host_and_port(url: str) -> None:
    kept = check_url(url, PUBLIC_RULES)
    dialled = URL(kept)
    host = f"[{dialled.raw_host}]" if ":" in str(dialled.raw_host) else dialled.raw_host
    assert kept.startswith((f"{dialled.scheme}://{host}:{dialled.port}/", f"{dialled.scheme}://{host}/"))
    assert dialled.user is None


def test_private_target_is_fine_where_the_setting_allows_it() -> None:
    rules = Rules(allowed_networks=[*LOOPBACK, ip_network("10.1.0.0/16")])
    for host in ("localhost", "127.0.0.1", "[::1]", "10.1.2.3", "erp.internal", "erp"):
        assert check_url(f"http://{host}:9000/hook", rules) == f"http://{host}:9000/hook"
    assert refusal("http://10.2.0.1/", rules).code == "url.not_allowed"


def test_loopback_by_name_needs_loopback_allowed() -> None:
    rules = Rules(allowed_networks=[ip_network("10.1.0.0/16")])
    assert refusal("http://localhost/", rules).code == "url.not_allowed"


# --- At the dial ---


@pytest.mark.parametrize(
    ("group", "address"),
    [
        (group, host.strip("[]"))
        for group, host, code in HOSTS
        if code == "url.not_allowed" and (":" in host or host[0].isdigit())
    ],
)
def test_address_is_not_dialled(group: str, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(AddressError):
        open_socket((family, socket.SOCK_STREAM, 0, "", (address, 80)), [])


@pytest.mark.parametrize(
    "address",
    [
        *("192.0.2.1", "192.31.196.1", "192.52.193.1", "192.175.48.1", "198.19.255.255", "198.51.100.1"),
        *(
            "203.0.113.1",
            "0.255.255.255",
            "10.255.255.255",
            "127.255.255.255",
            "169.254.0.0",
            "100.127.255.255",
        ),
        *(
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2620:4f:8000::1",
            "3ffe::1",
        ),
        *("3fff:fff::1", "4000::1", "1fff::1", "::2"),
    ],
)
def test_address_that_is_kept_for_something_is_not_allowed(address: str) -> None:
    assert not is_allowed(address, [])


@pytest.mark.parametrize(
    "address",
    [
        *(
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
        ),
        *("168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0"),
        *("192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0"),
        *(
            "223.255.255.255",
            "8.8.8.8",
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "2606:4700::1",
        ),
        *("3fff:1000::1", "2620:4f:8001::1"),
    ],
)
def test_public_address_beside_them_is_allowed(address: str) -> None:
    assert is_allowed(address, [])


def test_socket_of_another_kind_is_refused() -> None:
    with pytest.raises(AddressError):
        open_socket((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("/var/run/docker.sock",)), LOOPBACK)


@pytest.mark.parametrize("address", ["", "shop.example.com", "127.0.0.1/8", "fe80::1%lo", "1"])
def test_what_is_no_public_address_is_not_allowed(address: str) -> None:
    assert not is_allowed(address, [])


@pytest.mark.parametrize(
    ("group", "addresses"),
    [
        ("U29", ["10.0.0.1"]),
        ("U29", ["127.0.0.1"]),
        ("U30", ["93.184.215.14", "127.0.0.1"]),
        ("U30", ["127.0.0.1", "93.184.215.14"]),
        ("U30", ["2606:4700::1", "::1"]),
        ("U32", ["127.0.0.1", "::1"]),
    ],
)
def test_name_that_leads_inside_is_not_dialled(receiver: Receiver, group: str, addresses: list[str]) -> None:
    url = check_url(f"http://shop.example.com:{receiver.port}/ok", PUBLIC_RULES)
    outcome = send(url, allowed_networks=[], lookup=leading_to(*addresses))
    assert outcome.error_code == "dns.failed"
    assert outcome.error == "DNS lookup failed: the host has no allowed address."
    assert receiver.received == []


def test_name_that_leads_inside_is_told_as_one_that_does_not_exist() -> None:
    lookups = [leading_to("10.0.0.1"), leading_to("93.184.215.14", "10.0.0.1"), knowing_nothing]
    outcomes = [send("http://erp.example.com/", allowed_networks=[], lookup=lookup) for lookup in lookups]
    assert len({(outcome.error_code, outcome.error) for outcome in outcomes}) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0x7f000001", "2130706433", "127.1", "[::ffff:127.0.0.1]", "127。0。0。1"]
)
def test_address_in_a_stored_url_is_not_dialled(receiver: Receiver, host: str) -> None:
    """However it got past the check of the text."""
    outcome = send(f"http://{host}:{receiver.port}/ok", allowed_networks=[])
    assert outcome.error_code in ("address.not_allowed", "dns.failed", "request.invalid")
    assert receiver.received == []


def test_u31_name_that_changes_its_mind_is_checked_at_every_dial(receiver: Receiver) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    url = f"http://shop.example.com:{receiver.port}/status/200?Connection=close"

    async def lookup(host: str, port: int) -> Sequence[str]:
        return next(answers)

    async def run() -> list[str]:
        async with Sender([ip_network("127.0.0.1/32")], deadlines=PATIENT, lookup=lookup) as sender:
            first = await sender.send(url, BODY, {})
            sender.connector.clear_dns_cache()
            return [first.error_code, (await sender.send(url, BODY, {})).error_code]

    assert asyncio.run(run()) == ["", "dns.failed"]
    assert len(receiver.received) == 1


@pytest.mark.parametrize("url", [f"http://{host}/" for _, host, _ in HOSTS] + [url for _, url, _ in URLS])
def test_stored_url_of_any_kind_ends_in_an_outcome(url: str) -> None:
    outcome = send(url, allowed_networks=[], lookup=leading_to("127.0.0.1"))
    assert outcome.error_code in ("address.not_allowed", "dns.failed", "request.invalid")


def test_u42_name_that_cannot_be_asked_for_is_not_found() -> None:
    assert send(f"http://{'a' * 64}.example.com/").error_code == "dns.failed"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_u47_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    outcome = send(receiver.url(f"/status/{status}?Location=http%3A%2F%2F127.0.0.1%3A{receiver.port}%2Fok"))
    assert (outcome.status_code, outcome.error_code) == (status, "status.3xx")
    assert [request.path.partition("?")[0] for request in receiver.received] == [f"/status/{status}"]


def test_u48_name_that_is_not_known_can_be_tried_again() -> None:
    assert send("http://shop.example.com/", lookup=knowing_nothing).error_code == "dns.failed"


def test_u48_name_server_that_does_not_answer_has_a_deadline() -> None:
    async def lookup(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        return []

    outcome = send("http://shop.example.com/", lookup=lookup, deadlines=QUICK)
    assert (outcome.error_code, outcome.error) == (
        "dns.timeout",
        "DNS lookup timed out after 0.4 seconds.",
    )
    assert 400 <= outcome.duration_ms < 4000


def test_u48_name_without_addresses_is_not_found() -> None:
    assert send("http://shop.example.com/", lookup=leading_to()).error_code == "dns.failed"


# --- U49: receivers that misbehave ---


@pytest.mark.parametrize("sink", ["hang", "drip-head"])
def test_u49_answer_that_does_not_come_has_a_deadline(receiver: Receiver, sink: str) -> None:
    outcome = send(receiver.url(f"/{sink}"), deadlines=replace(PATIENT, head=0.6))
    assert (outcome.error_code, outcome.status_code) == ("response.timeout", None)
    assert 600 <= outcome.duration_ms < 4000


@pytest.mark.parametrize(("sink", "code"), SINKS)
def test_u49_answer_that_is_none_ends_in_time(receiver: Receiver, sink: str, code: str) -> None:
    outcome = send(receiver.url(f"/{sink}"))
    assert (outcome.error_code, outcome.status_code) == (code, None)
    assert outcome.duration_ms < 4000


@pytest.mark.parametrize("sink", BAD_BODIES)
def test_u49_body_that_is_none_ends_in_time_and_the_status_decides(receiver: Receiver, sink: str) -> None:
    outcome = send(receiver.url(f"/{sink}"))
    assert (outcome.status_code, outcome.error_code) == (200, "")
    assert outcome.duration_ms < 4000
    assert outcome.truncated is (sink != "bomb")
    assert len(outcome.response_body) <= 8192


def test_u49_packed_answer_is_not_unpacked(receiver: Receiver) -> None:
    outcome = send(receiver.url("/bomb"))
    assert re.fullmatch(r"\(16,\d{3} bytes, compressed, not shown\)", outcome.response_body)


def test_u49_endless_answer_is_left_at_the_limit_and_not_at_the_deadline(receiver: Receiver) -> None:
    assert send(receiver.url("/endless"), deadlines=Deadlines()).duration_ms < 4000


def test_u49_answer_without_a_length_is_taken(receiver: Receiver) -> None:
    outcome = send(receiver.url("/no-length"))
    assert (outcome.status_code, outcome.response_body, outcome.truncated) == (200, "ok", False)


def test_u49_tls_where_http_is_spoken(receiver: Receiver) -> None:
    outcome = send(receiver.url("/ok").replace("http:", "https:"))
    assert (outcome.error_code, outcome.error) == ("tls.failed", "The TLS handshake failed.")


def test_u49_http_where_tls_is_spoken(tmp_path: Path) -> None:
    with Receiver(tls=Authority().server_context(tmp_path)) as receiver:
        outcome = send(receiver.url("/ok").replace("https:", "http:"))
    assert outcome.error_code in ("response.invalid", "connection.lost")
    assert receiver.received == []


@pytest.mark.parametrize(
    ("address", "days", "reason"),
    [
        ("127.0.0.1", -1, "certificate has expired"),
        ("127.0.0.2", 1, "IP address mismatch, certificate is not valid for '127.0.0.1'"),
    ],
)
def test_u49_certificate_that_does_not_hold(tmp_path: Path, address: str, days: int, reason: str) -> None:
    authority = Authority()
    with Receiver(tls=authority.server_context(tmp_path, address, days)) as receiver:
        outcome = send(receiver.url("/ok"), tls=authority.client_context())
    assert outcome.error_code == "tls.certificate"
    assert outcome.error == f"The endpoint's TLS certificate is invalid: {reason}."
    assert receiver.received == []


def test_u49_certificate_of_nobody_known(tmp_path: Path) -> None:
    with Receiver(tls=Authority().server_context(tmp_path)) as receiver:
        outcome = send(receiver.url("/ok"))
    assert outcome.error_code == "tls.certificate"
    assert receiver.received == []


def test_port_of_nobody_is_no_hint_at_what_is_inside() -> None:
    """Refused alike whether something listens there or not."""
    outcomes = [send(f"http://127.0.0.1:{port}/", allowed_networks=[]) for port in (free_port(), 80)]
    assert {(outcome.error_code, outcome.error) for outcome in outcomes} == {
        ("address.not_allowed", "The URL points to an address that is not allowed.")
    }
