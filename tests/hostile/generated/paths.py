"""Paths, headers, cursors, and how requests are framed."""

import base64
import random
from dataclasses import replace

from tests.hostile import wire
from tests.hostile.generated.cases import CSV, FINE, JSON, Case, Family, Request, Shop, case, text
from tests.hostile.generated.uploads import raw, rows

LIST = Request("GET", "/api/products/?page_size=1")
UPLOAD = replace(raw(rows(256)), path="/api/upload?dry_run=true")
UNKNOWN = (404, "path.not_found")
MALFORMED = (400, "request.malformed")


def ids(chance: random.Random, shop: Shop) -> Case:
    value = chance.choice(
        [
            "-1",
            "1.5",
            "1e3",
            "\u0661",
            "abc",
            "%00",
            "1%00",
            "..",
            "%2e%2e",
            "1;",
            "*",
            "[1]",
            "a" * 4_000,
            "%ff",
            "\u7269" * 500,
        ]
    )
    path = chance.choice(
        [
            "/api/products/{}/",
            "/api/webhooks/{}/",
            "/api/webhooks/deliveries/{}/",
            "/api/jobs/{}",
            "/api/jobs/{}/errors",
        ]
    )
    return case(
        Request("GET", path.format(value)),
        own(path, shop),
        UNKNOWN,
        *([] if value.isascii() else [MALFORMED]),
    )


def numbers(chance: random.Random, shop: Shop) -> Case:
    """Of things there are none of."""
    value = chance.choice(["0", "9" * 18, str(2**63), "9" * 400, "0" * 4_000, "9" * 5_000])
    path = chance.choice(["/api/products/{}/", "/api/webhooks/{}/", "/api/webhooks/deliveries/{}/"])
    codes = [
        "product.not_found",
        *(f"{kind}.not_found" for kind in ("webhook", "delivery", "path", "object")),
    ]
    return case(
        Request(chance.choice(["GET", "DELETE"]), path.format(value)),
        own(path, shop),
        *((404, code) for code in codes),
        (405, "method.not_allowed"),
    )


def own(path: str, shop: Shop) -> Request:
    """A path of that kind that there is."""
    if "jobs" in path:
        return Request("GET", path.format(shop.job))
    return Request(
        "GET", f"/api/webhooks/{shop.webhook}/" if "webhooks" in path else f"/api/products/{shop.product}/"
    )


def places(chance: random.Random, shop: Shop) -> Case:
    path = chance.choice(["/api/" + "a/" * 3_000, "/api/..", "/api/../etc/passwd", "/api/%2e%2e/%2e%2e/etc/passwd", "/api//products/",
                          "/api/\u7269", "/api/%00", "/api/%ff", "/api/products/;a", "/api/" + "%61" * 2_000, "/.env", "/static/../../.env",
                          "/static/%00", "/static/" + "../" * 500 + "etc/passwd"])  # fmt: skip
    return case(Request("GET", path), LIST, UNKNOWN, *([] if path.isascii() else [MALFORMED]))


def methods(chance: random.Random, shop: Shop) -> Case:
    method = chance.choice(["TRACE", "CONNECT", "PROPFIND", "FOO", "A" * 20, "PATCH", "BREW"])
    request = Request(
        method, chance.choice(["/api/products/", "/api/jobs", "/api/webhooks/"]), (JSON,), b"{}"
    )
    return case(request, LIST, (405, "method.not_allowed"), MALFORMED)


def keys(chance: random.Random, shop: Shop) -> Case:
    value = chance.choice(
        [
            "Bearer",
            "Bearer ",
            "Bearer " + "a" * 7_000,
            "Bearer \u00e9",
            "Bearer a b c",
            "bearer\ta",
            "Bearer " + "\u7269" * 500,
            f"Bearer pi_{text(chance, 'abc', 40)}",
        ]
    )
    expected = [(401, "key.invalid"), (401, "key.missing")]
    request = replace(LIST, headers=(f"Authorization: {value}",), is_authorized=False)
    return case(request, LIST, *expected)


def other_access(chance: random.Random, shop: Shop) -> Case:
    value = chance.choice(["Basic YTpi", "Digest a", "Negotiate " + "A" * 5_000, "a" * 5_000])
    cookie = chance.choice(
        [
            "sessionid=" + "a" * 5_000,
            "sessionid=\u00e9",
            ";" * 2_000,
            "a=" * 1_000,
            'sessionid="' + "\\" * 3_000,
        ]
    )
    request = replace(LIST, headers=(f"Authorization: {value}", f"Cookie: {cookie}"), is_authorized=False)
    return case(request, LIST, (401, "key.missing"))


def harmless_headers(chance: random.Random, shop: Shop) -> Case:
    """Nobody looks at them, or they are looked at and say nothing."""
    line = chance.choice(["Accept: " + "*/*," * 1_500, "Accept-Language: " + "a;q=0.1," * 900, "Accept-Encoding: " + "gzip," * 1_500, "If-None-Match: " + '"a",' * 1_500,
                          "Range: bytes=" + "0-1," * 1_500, "Cookie: " + "a=b; " * 1_500, "Origin: https://evil.example", "Referer: " + "\u7269" * 2_000,
                          "If-Modified-Since: " + "9" * 4_000, "X-Request-ID: %n%s\x1b[31m", "X-HTTP-Method-Override: DELETE", "Expect-CT: a", "X-Forwarded-Host: evil.example"])  # fmt: skip
    return case(
        replace(LIST, headers=(line,)),
        replace(LIST, headers=("X-A: " + "a" * len(line.encode()),)),
        FINE,
        MALFORMED,
    )


def too_many_headers(chance: random.Random, shop: Shop) -> Case:
    lines = chance.choice(
        [
            [f"X-{number}: a" for number in range(150)],
            ["X-Long: " + "a" * 9_000],
            ["X: " + "a" * 70_000],
            ["X-A: a"] * 5_000,
        ]
    )
    return case(replace(LIST, headers=tuple(lines)), LIST, (431, "headers.too_large"))


def hosts(chance: random.Random, shop: Shop) -> Case:
    host = chance.choice(
        [
            "evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "[::1",
            "a" * 5_000,
            "\u00e9",
            "127.0.0.1/..",
            "*",
        ]
    )
    return case(replace(LIST, host=host), LIST, (400, "host.not_allowed"), MALFORMED)


UNSUPPORTED = (501, "coding.unsupported")
HEAD_LINES: list[tuple[str, tuple[int, str]]] = [
    ("X A: b", MALFORMED), (" folded: b", MALFORMED), ("no colon", MALFORMED), (": b", MALFORMED), ("X-A: a\0b", MALFORMED),
    ("Content-Length: -1", MALFORMED), ("Content-Length: 1e3", MALFORMED), ("Content-Length: " + "9" * 4_500, MALFORMED), ("Content-Length: 0x10", MALFORMED),
    ("Content-Length: 5\r\nContent-Length: 6", MALFORMED), ("Content-Length: 5\r\nTransfer-Encoding: chunked", MALFORMED),
    ("Transfer-Encoding: chunked, chunked", MALFORMED), ("Transfer-Encoding: gzip, chunked", (411, "body.length_required")),
    ("Transfer-Encoding: xchunked", UNSUPPORTED), ("Expect: a miracle", (417, "expectation.unknown")),
]  # fmt: skip


def head_lines(chance: random.Random, shop: Shop) -> Case:
    """By which two readers could take the request for two different ones."""
    line, expected = chance.choice(HEAD_LINES)
    return case(Request("POST", "/api/products/", (line, JSON), b"{}    "), LIST, expected)


def chunks(chance: random.Random, shop: Shop) -> Case:
    bad = chance.choice(
        [
            b"-1\r\n",
            b"zz\r\n",
            b"5\r\nabcdefg\r\n0\r\n\r\n",
            b"5;" + b"x" * 20_000 + b"\r\n",
            b"f" * 500 + b"\r\n",
            b"0x5\r\nabcde\r\n",
            b" 5\r\nabcde\r\n",
            b"\r\n",
            b"5\nabcde\n",
        ]
    )
    body = wire.chunks_of(rows(256))[:-5] + bad
    request = Request("POST", "/api/upload", (CSV, "Transfer-Encoding: chunked"), body, cut=len(body))
    return case(request, UPLOAD, (400, "body.malformed"), (400, "body.incomplete"))


def cut_upload(chance: random.Random, shop: Shop) -> Case:
    """Before its end, in each of the ways that a body has."""
    pause = chance.choice([0, 0, 0.05])
    content = rows(chance.choice([256, 16_384, 65_536 * 2]))
    whole = chance.choice([
        replace(UPLOAD, body=content), replace(UPLOAD, headers=(CSV, "Transfer-Encoding: chunked"), body=wire.chunks_of(content)),
        replace(UPLOAD, headers=(f"Content-Type: multipart/form-data; boundary={wire.BOUNDARY}",), body=wire.form_of(content)),
    ])  # fmt: skip
    cut = replace(whole, cut=chance.randrange(len(whole.body) - 2), pause=pause)
    return case(cut, replace(whole, pause=pause), (400, "body.incomplete"))


def cursors(chance: random.Random, shop: Shop) -> Case:
    value = chance.choice([
        "a", ":", "." * 500, text(chance, "abcXYZ019-_:.", 1_500), base64.urlsafe_b64encode(b'["id",false,["1",1]]').decode() + ":" + "a" * 43,
        ".eJ" + "A" * 1_000 + ":a", "%ff", "%2e%3a", "null",
    ])  # fmt: skip
    return case(
        Request("GET", f"/api/products/?cursor={value}"),
        Request("GET", "/api/products/?cursor="),
        (422, "cursor.invalid"),
    )


def long_cursors(chance: random.Random, shop: Shop) -> Case:
    value = "a" * chance.choice([1_601, 4_000, 7_500])
    return case(
        Request("GET", f"/api/products/?cursor={value}"),
        Request("GET", "/api/products/?cursor="),
        (422, "cursor.too_long"),
    )


FAMILIES: dict[str, Family] = {
    "path: ids": ids,
    "path: numbers": numbers,
    "path: places": places,
    "path: methods": methods,
    "header: keys": keys,
    "header: other access": other_access,
    "header: harmless": harmless_headers,
    "header: too many": too_many_headers,
    "header: Host": hosts,
    "framing: lines of a head": head_lines,
    "framing: chunks": chunks,
    "framing: cut uploads": cut_upload,
    "cursor: not ours": cursors,
    "cursor: too long": long_cursors,
}
