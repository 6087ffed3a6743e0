"""Bodies of JSON for products and webhooks: deep, long, repeated, of the wrong kind, cut off, or no JSON at all."""

import json
import random
from dataclasses import dataclass, replace

from tests.hostile.generated.cases import (
    JSON,
    SIZES,
    Case,
    Family,
    Request,
    Shop,
    case,
    json_request,
    refused,
    text,
)

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRODUCT: dict[str, object] = {"sku": "TWIN-1", "name": "Mug"}
WEBHOOK: dict[str, object] = {"url": "https://twin.example/hook", "event_types": ["product.created"]}


@dataclass(frozen=True)
class Target:
    """A request that would be taken, and may be given another body."""

    method: str
    path: str
    value: dict[str, object]

    def sized(self, size: int) -> Request:
        return json_request(self.method, self.path, self.value, size)

    def given(self, body: bytes) -> Request:
        return Request(self.method, self.path, (JSON,), body)


def product(chance: random.Random, shop: Shop) -> Target:
    own = f"/api/products/{shop.product}/"
    return chance.choice([
        Target("POST", "/api/products/", PRODUCT),
        Target("PUT", own, {"sku": "KEPT-1", "name": "Kept"}),
        Target("PATCH", own, {"name": "Kept"}),
    ])  # fmt: skip


def webhook(chance: random.Random, shop: Shop) -> Target:
    own = f"/api/webhooks/{shop.webhook}/"
    return chance.choice([
        Target("POST", "/api/webhooks/", WEBHOOK),
        Target("PUT", own, {"url": "https://kept.example/hook", "event_types": ["*"]}),
        Target("PATCH", own, {"event_types": ["*"]}),
    ])  # fmt: skip


def any_target(chance: random.Random, shop: Shop) -> Target:
    own = f"/api/webhooks/{shop.webhook}"
    return chance.choice([
        product(chance, shop),
        webhook(chance, shop),
        Target("POST", f"{own}/recover/", {"since": "2001-01-01T00:00:00Z", "until": "2001-01-02T00:00:00Z"}),
        Target("POST", f"{own}/rotate-secret/", {"secret": SECRET}),
    ])  # fmt: skip


def changed(target: Target, field: str, value: object, code: str) -> Case:
    request = json_request(target.method, target.path, target.value | {field: value})
    return refused(request, target.sized(len(request.body)), code)


# --- No JSON ---


def no_json(chance: random.Random, shop: Shop) -> Case:
    target, size = any_target(chance, shop), chance.choice(SIZES)
    good = json.dumps(target.value).encode()
    body = chance.choice([
        b"[" * size, b'{"a":' * (size // 5), b'"' + b"a" * size, b"\\" * size, b"{" + b" " * size, good + b"}" * size,
        b"9" * (4_400 + size), b"-" * size, b"[1" + b",1" * (size // 2), chance.randbytes(size), b"\xff" * size,
        b"\xef\xbb\xbf" + good, good.decode().encode("utf-16"), good[:-1] + b', "price": NaN}', good[:-1] + b', "a": 1, "a": 2}',
        good[: chance.randrange(len(good))], b"{'a': 1}", b'"\\u12"', b'"\n"', b"nul", b"[" * 60_000 + b"]" * 5_000, b'"\xed\xa0\x80"',
    ])  # fmt: skip
    return refused(target.given(body), target.sized(len(body)), "json.malformed", status=400)


def no_object(chance: random.Random, shop: Shop) -> Case:
    target, size = any_target(chance, shop), chance.choice(SIZES)
    body = chance.choice([
        b"[" + b"1," * (size // 2) + b"1]", b"[]", b'"' + b"a" * size + b'"', b"1", b"true", b"1.5e300", b"[" * 50 + b"]" * 50,
    ])  # fmt: skip
    return refused(target.given(body), target.sized(len(body)), "body.invalid")


def other_type(chance: random.Random, shop: Shop) -> Case:
    target = any_target(chance, shop)
    kind = chance.choice(
        [
            "text/plain",
            "application/json; charset=utf-16",
            "application/xml",
            "a" * 4_000,
            "application/json, text/plain",
        ]
    )
    request = Request(
        target.method, target.path, (f"Content-Type: {kind}",), json.dumps(target.value).encode()
    )
    return refused(request, target.sized(0), "content_type.unsupported", status=415)


def too_large(chance: random.Random, shop: Shop) -> Case:
    """Not even read."""
    target = any_target(chance, shop)
    request = target.sized(2 * 1024**2 + chance.choice([1, 1_000]))
    return refused(request, target.sized(2 * 1024**2 - 10), "body.too_large", status=413)


# --- JSON, but not what is asked for ---


def unknown_fields(chance: random.Random, shop: Shop) -> Case:
    target, count = any_target(chance, shop), chance.choice([1, 90, 1_000, 5_000])
    names = [text(chance, "abcdef\u00e9/~", chance.choice([5, 10])) + str(number) for number in range(count)]
    body = json.dumps(target.value | dict.fromkeys(names, 1), ensure_ascii=False).encode()
    many = count + len(target.value) > 100
    code = "body.too_many_fields" if many else "field.unknown"
    return refused(target.given(body), target.sized(len(body)), code)


def deep_value(chance: random.Random, shop: Shop) -> Case:
    target, depth = product(chance, shop), chance.choice([10, 100, 400])
    field, code = chance.choice(
        [("sku", "sku.invalid"), ("name", "name.invalid"), ("price", "price.invalid"), ("x", "field.unknown")]
    )
    opening, closing = chance.choice([(b"[", b"]"), (b'{"a":', b"}")])
    value = opening * depth + (b"1" if closing == b"}" else b"") + closing * depth
    body = json.dumps({**target.value, field: "X"}).encode().replace(b'"X"', value)
    return refused(target.given(body), target.sized(len(body)), code)


def unkeepable_text(chance: random.Random, shop: Shop) -> Case:
    target = any_target(chance, shop)
    letters = "a" * chance.choice([0, 1, 1_000]) + chance.choice(["\0", "\ud800", "\udfff\ud800"])
    field = chance.choice([*target.value, "x", f"x{letters}"])
    request = json_request(target.method, target.path, target.value | {field: letters})
    return refused(request, target.sized(len(request.body)), "text.invalid")


Values = list[tuple[str, object, str]]


def each(field: str, code: str, *values: object) -> Values:
    return [(field, value, code) for value in values]


LONG = "a" * 300
PRODUCT_FIELDS: Values = [
    *each("sku", "sku.invalid", 1, None, [], {}, True, "a\x01b", "a\u200bb", "a\u202eb", 1e308),
    *each("sku", "sku.required", "", " ", "\u2003\u2003", " " * 60_000),
    *each("sku", "sku.too_long", "a" * 65, "a" * 60_000, "a" + "\u0301\u0316" * 10_000, "\ufdfa" * 20_000),
    *each("name", "name.invalid", 1, None, [[]], "a\x00"[:1] + "\x07", "\x85a\x85b"),
    *each("name", "name.too_long", LONG, "\U0001f381" * 5_000, "e\u0301" * 10_000),
    ("name", "\n" * 60_000, "name.required"),
    *each("description", "description.invalid", 1, None, ["a"] * 10_000),
    *each("description", "description.too_long", "a" * 20_001, "\U0001f381" * 20_001),
    *each("price", "price.invalid", "", "abc", "1,5", "1e5", "NaN", "\u0661", "1_0", None, True, [], "0x1", "1 0" * 20_000),
    *each("price", "price.negative", -1, "-0.01", -1e300, "-" + "9" * 4_000),
    *each("price", "price.too_large", 10**10, 1e300, "9" * 60_000, 10**4_000),
    *each("price", "price.too_precise", 0.001, "0." + "1" * 60_000, 1e-300, 5e-324),
    *each("is_active", "is_active.invalid", "true", 1, 0, None, [], "\u7269" * 1_000),
    *each("id", "id.invalid", "1", 1.5, [], True),
    *each("id", "field.read_only", -1, 10**30, 2**63),
]  # fmt: skip


def product_values(chance: random.Random, shop: Shop) -> Case:
    target, (field, value, code) = product(chance, shop), chance.choice(PRODUCT_FIELDS)
    is_new = target.method == "POST"
    return changed(target, field, value, "field.unknown" if field == "id" and is_new else code)


WEBHOOK_FIELDS: Values = [
    *each("url", "url.invalid", 1, None, [], {}),
    *each("url", "url.characters", "https://a b/", "https://a\\b/", "https://a.example/%0d%0a", "https://a.example/\u200b"),
    *each("url", "url.scheme", "ftp://a.example/", "javascript://a", "file:///etc/passwd"),
    *each("url", "url.form", "a", "//a.example", ":" * 1_000, "https:" + "a" * 1_000),
    *each("url", "url.too_long", "https://a.example/" + "a" * 2_000, "https://" + "a." * 30_000, "https://a.example/" + "\u7269" * 700),
    ("url", "https://me:pw@a.example/", "url.credentials"),
    *each("url", "url.host", "https:///", "https://a..example/", "https://[::1/", "https://[" + ":" * 900 + "]/", "https://1.2.3/", "https://" + "\u00df" * 900 + ".example/", "https://" + "xn--" * 400 + ".example/", "https://[fe80::1%25eth0]/"),
    *each("url", "url.not_allowed", "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/", "https://localhost/", "https://[::ffff:127.0.0.1]/", "https://a.internal/"),
    ("event_types", [], "event_types.required"),
    *each("event_types", "event_types.too_long", ["*"] * 11, ["*"] * 10_000),
    *each("event_types", "event_types.invalid", "*", None, {}, 1),
    *each("event_types", "event_types.unknown", ["x"], [[]], [{}], [1], ["*" * 60_000], ["product.*.*"]),
    *each("is_enabled", "is_enabled.invalid", "true", 1, None, []),
    ("description", "a" * 60_000, "description.too_long"),
    *each("headers", "headers.invalid", 1, [], None, "a"),
    ("headers", {f"X-{number}": "a" for number in range(21)}, "headers.too_many"),
    ("headers", {f"X-{number}": "a" for number in range(5_000)}, "headers.too_many"),
    ("headers", {"X-Long": "a" * 5_000}, "headers.too_large"),
    *(("headers", {"X-A": value}, "header.value") for value in ("a\r\nX-B: b", "\u00e9", " a", "a" + "\t" * 4_000)),
    *(("headers", {name: "a"}, "header.name") for name in ("a b", "", "a:", "\u00e9", "a" * 101)),
    *(("headers", {name: "a"}, "header.forbidden") for name in ("Host", "Content-Length", "webhook-id", "Transfer-Encoding")),
    ("headers", {"X-A": "a", "x-a": "b"}, "header.repeated"),
    *each("max_in_flight", "max_in_flight.too_small", 0, -1, -(10**300)),
    *each("max_in_flight", "max_in_flight.too_large", 10**9, 10**300),
    *each("max_in_flight", "max_in_flight.invalid", "1", 1.5, None, []),
    *each("rate_per_second", "rate_per_second.too_small", 0, -1),
]  # fmt: skip


def webhook_values(chance: random.Random, shop: Shop) -> Case:
    return changed(webhook(chance, shop), *chance.choice(WEBHOOK_FIELDS))


def secrets(chance: random.Random, shop: Shop) -> Case:
    value = chance.choice(
        ["", "whsec_", "whsec_a", "a" * 60_000, "whsec_" + "A" * 60_000, "whsec_\u7269", "whsec_" + "=" * 40]
    )
    target = Target("POST", f"/api/webhooks/{shop.webhook}/rotate-secret/", {"secret": SECRET})
    if value == "":
        return changed(target, "overlap_hours", chance.choice([169, 10**30]), "overlap_hours.too_large")
    return changed(target, "secret", value, "secret.invalid")


def recoveries(chance: random.Random, shop: Shop) -> Case:
    times = {"since": "2001-01-01T00:00:00Z", "until": "2001-01-02T00:00:00Z"}
    target = Target("POST", f"/api/webhooks/{shop.webhook}/recover/", dict(times))
    field, value, code = chance.choice([
        ("until", "2000-01-01T00:00:00Z", "until.too_small"), ("since", "9999-12-31T23:59:59Z", "until.too_small"),
        *each("since", "since.invalid", "", 0, None, "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2001-13-01T00:00:00Z", "2001-01-01T" + "0" * 60_000, "\u0662\u0660\u0660\u0661-01-01", [], "2001-02-30T00:00:00Z"),
    ])  # fmt: skip
    return changed(target, field, value, code)


# --- On its way ---


def cut_off(chance: random.Random, shop: Shop) -> Case:
    """Somewhere before its end, sometimes after a pause."""
    target = any_target(chance, shop)
    whole = target.sized(chance.choice([0, *SIZES]))
    pause = chance.choice([0, 0, 0.05])
    cut = replace(whole, cut=chance.randrange(len(whole.body)), pause=pause)
    return case(cut, replace(whole, pause=pause), (400, "body.incomplete"))


def in_chunks(chance: random.Random, shop: Shop) -> Case:
    target = any_target(chance, shop)
    request = Request(
        target.method, target.path, (JSON, "Transfer-Encoding: chunked"), b"2\r\n{}\r\n0\r\n\r\n"
    )
    return refused(request, target.sized(0), "body.length_required", status=411)


FAMILIES: dict[str, Family] = {
    "body: no JSON": no_json,
    "body: no object": no_object,
    "body: other types": other_type,
    "body: too large": too_large,
    "body: unknown fields": unknown_fields,
    "body: deep values": deep_value,
    "body: text that cannot be kept": unkeepable_text,
    "body: values of products": product_values,
    "body: values of webhooks": webhook_values,
    "body: secrets": secrets,
    "body: times to recover": recoveries,
    "body: cut off": cut_off,
    "body: in chunks": in_chunks,
}
