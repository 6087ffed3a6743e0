"""Queries of every list, of the export and of the figures over time."""

import random
from urllib.parse import quote

from tests.hostile.generated.cases import FINE, Case, Family, Request, Shop, case, text

# By what kind of value each parameter takes.
FILTERS = {"sku": "text", "name": "text", "q": "text", "is_active": "choice", "price_min": "price", "price_max": "price",
           "updated_since": "time", "ordering": "choice"}  # fmt: skip
PAGES = {"page": "number", "page_size": "number"}
Parameters = dict[str, str]


def places(shop: Shop) -> list[tuple[str, Parameters]]:
    return [
        ("/api/products/?", {**FILTERS, **PAGES}),
        ("/api/products/export?", {**FILTERS, "format": "choice"}),
        ("/api/jobs?", {**PAGES, "status": "choice"}),
        (f"/api/jobs/{shop.job}/errors?", PAGES),
        (f"/api/jobs/{shop.job}/changes?", {**PAGES, "kind": "choice"}),
        ("/api/webhooks/?", PAGES),
        (f"/api/webhooks/{shop.webhook}/deliveries/?", {"page_size": "number", "status": "choice", "since": "time", "until": "time", "cursor": "number"}),
        ("/api/dashboard/timeseries?metric=imports&", {"bucket": "choice", "from": "time", "to": "time"}),
        ("/api/dashboard/timeseries?", {"metric": "choice"}),
    ]  # fmt: skip


def parameter(chance: random.Random, shop: Shop, kind: str) -> tuple[str, str]:
    """The beginning of an address, and a parameter there that takes such values."""
    return chance.choice([
        (path, name) for path, parameters in places(shop) for name, found in parameters.items() if found == kind
    ])  # fmt: skip


def asked(path: str, query: str, *expected: tuple[int, str]) -> Case:
    """Its twin has the same length in a parameter that is passed over."""
    return case(Request("GET", path + query), twin_of(path, len(query)), *expected)


def twin_of(path: str, length: int) -> Request:
    required = "metric=imports&" if path.endswith("timeseries?") else ""
    return Request("GET", f"{path}{required}_={'a' * min(6_000, length)}")


NUMBERS = [("0", "too_small"), ("-1", "too_small"), ("-" + "9" * 40, "too_small"), ("9" * 40, "too_large"), ("9" * 4_000, "too_large"),
           ("", "invalid"), ("1.5", "invalid"), ("1e3", "invalid"), ("NaN", "invalid"), ("0x10", "invalid"),
           ("\u0661", "invalid"), ("true", "invalid"), ("9" * 5_000, "invalid"), ("1;2", "invalid"), ("[1]", "invalid")]  # fmt: skip


def numbers(chance: random.Random, shop: Shop) -> Case:
    path, name = parameter(chance, shop, "number")
    value, word = chance.choice(NUMBERS)
    if name == "cursor" and value.startswith(("0", "-")):
        return asked(path, f"{name}=-1", (422, "cursor.negative"))
    return asked(path, f"{name}={quote(value)}", (422, f"{name}.{word}"))


def far_pages(chance: random.Random, shop: Shop) -> Case:
    path = chance.choice([path for path, parameters in places(shop) if "page" in parameters])
    page = chance.choice([10**5, 10**6, 10**9])
    is_products = path.startswith("/api/products")
    return asked(path, f"page={page}&page_size=500", (422, "page.too_deep") if is_products else FINE)


def texts(chance: random.Random, shop: Shop) -> Case:
    """Whatever is text may be looked for."""
    path, name = parameter(chance, shop, "text")
    letters = chance.choice(
        [
            "%",
            "_",
            "\\",
            "'",
            '"',
            "\u7269",
            "\U0001f381",
            "e\u0301\u0316",
            "\u202e",
            "\ufdfa",
            "\x01",
            "\n",
            "ab%_\\",
            ".",
        ]
    )
    value = quote(text(chance, letters, chance.choice([1, 20, 250])))
    return case(
        Request("GET", f"{path}{name}={value}"),
        Request("GET", f"{path}{name}={'a' * min(255, len(value))}"),
        FINE,
    )


def escapes(chance: random.Random, shop: Shop) -> Case:
    """What is no escape stands for itself, and bytes that are no UTF-8 for the character of replacement."""
    path, name = parameter(chance, shop, "text")
    unit = chance.choice(["%ff", "%ed%a0%80", "%c0%80", "%zz", "%", "%u0041", "%f5%80%80%80", "+", "%2500"])
    return asked(path, f"{name}={unit * chance.choice([1, 10, 40])}", FINE)


def unkeepable_text(chance: random.Random, shop: Shop) -> Case:
    path, parameters = chance.choice(places(shop))
    return asked(
        path, f"{chance.choice(list(parameters))}={'a' * chance.choice([0, 100])}%00", (422, "text.invalid")
    )


def long_texts(chance: random.Random, shop: Shop) -> Case:
    path, name = parameter(chance, shop, "text")
    letters, length = chance.choice([("a", 256), ("a", 6_000), ("\u7269", 600), ("\U0001f381", 500)])
    return asked(path, f"{name}={quote(letters * length)}", (422, f"{name}.too_long"))


def choices(chance: random.Random, shop: Shop) -> Case:
    path, name = parameter(chance, shop, "choice")
    value = chance.choice(
        ["maybe", "-", "--id", "id,name", "password", "\u7269" * 200, "a" * 6_000, "id;DROP", "[]"]
    )
    return asked(path, f"{name}={quote(value)}", (422, f"{name}.invalid"))


def prices(chance: random.Random, shop: Shop) -> Case:
    path, name = parameter(chance, shop, "price")
    value, word = chance.choice([("abc", "invalid"), ("1e5", "invalid"), ("NaN", "invalid"), ("\u0661", "invalid"), ("-1", "negative"),
                                 ("9" * 11, "too_large"), ("9" * 6_000, "too_large"), ("0." + "1" * 6_000, "too_precise")])  # fmt: skip
    return asked(path, f"{name}={quote(value)}", (422, f"price.{word}"), (422, f"{name}.{word}"))


TIMES = ["", "0", "now", "2025-13-01T00:00:00Z", "2025-02-30", "0000-01-01", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
         "2025-01-01T25:00:00Z", "2025-01-01T00:00:00+99:99", "2025-01-01 " * 500, "\u0662\u0660\u0662\u0665-01-01", "2025-01-01T" + "0" * 5_000,
         "1" * 5_000, "2025-01-01T00:00:00 02:00"]  # fmt: skip


def times(chance: random.Random, shop: Shop) -> Case:
    path, name = parameter(chance, shop, "time")
    value = chance.choice(TIMES[1:] if name == "updated_since" else TIMES)
    return asked(path, f"{name}={quote(value)}", (422, f"{name}.invalid"))


def spans(chance: random.Random, shop: Shop) -> Case:
    path = "/api/dashboard/timeseries?metric=imports&"
    query, expected = chance.choice([
        ("from=2000-01-01&to=2020-01-01", (422, "from.too_small")), ("from=9999-12-31", (422, "from.too_large")),
        ("from=1999-12-31", (422, "from.invalid")), ("to=9999-12-31T23:59:59Z", FINE), ("from=2000-01-01&bucket=day", (422, "from.too_small")),
        ("from=2020-01-01&to=2000-01-01", (422, "from.too_large")),
    ])  # fmt: skip
    return asked(path, query, expected)


def unknown(chance: random.Random, shop: Shop) -> Case:
    path, _ = chance.choice(places(shop)[:-1])
    count = chance.choice([1, 30, 300])
    names = [text(chance, "abcdef[]$.", 8) for _ in range(count)]
    return asked(path, "&".join(f"{quote(name)}=1" for name in names), (422, "query.unknown"))


def repeated(chance: random.Random, shop: Shop) -> Case:
    path, parameters = chance.choice(places(shop)[:-1])
    name = chance.choice(list(parameters))
    query = "&".join(f"{name}={number}" for number in range(chance.choice([2, 100, 300])))
    # The last of them is read first.
    return asked(path, query, (422, "query.repeated"), (422, f"{name}.invalid"), (422, "price.too_precise"))


def too_many(chance: random.Random, shop: Shop) -> Case:
    path, _ = chance.choice(places(shop)[:-1])
    return asked(path, "a&" * chance.choice([1_001, 3_000]), (400, "form.too_many_parts"))


def too_long(chance: random.Random, shop: Shop) -> Case:
    path, _ = chance.choice(places(shop)[:-1])
    length, expected = chance.choice(
        [(6_500, (422, "query.too_long")), (8_200, (414, "url.too_long")), (60_000, (414, "url.too_long"))]
    )
    return asked(path, f"_={'a' * length}", expected)


FAMILIES: dict[str, Family] = {
    "query: numbers": numbers,
    "query: far pages": far_pages,
    "query: texts": texts,
    "query: escapes": escapes,
    "query: text that cannot be kept": unkeepable_text,
    "query: long texts": long_texts,
    "query: choices": choices,
    "query: prices": prices,
    "query: times": times,
    "query: spans": spans,
    "query: unknown": unknown,
    "query: repeated": repeated,
    "query: too many": too_many,
    "query: too long": too_long,
}
