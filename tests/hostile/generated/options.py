"""Options of an upload that mean nothing, in the query or in the form, and names that are none."""

import json
import random
from dataclasses import replace
from urllib.parse import quote

from tests.hostile import wire
from tests.hostile.generated.cases import CSV, Case, Family, Request, Shop, case, text, with_headers
from tests.hostile.generated.uploads import FORM, rows

FILE = rows(256)
TWIN = Request("POST", "/api/upload?dry_run=true", (CSV,), FILE)
LENGTHS = (1, 100, 1_000, 5_000)


def with_option(chance: random.Random, name: str, value: str, code: str) -> Case:
    """In the query where it fits, or in the form."""
    if len(quote(value)) < 6_000 and chance.random() < 0.5:
        path = f"/api/upload?{quote(name)}={quote(value)}"
        twin = f"/api/upload?dry_run=true&filename={'a' * min(250, len(quote(value)))}"
        return case(replace(TWIN, path=path), replace(TWIN, path=twin), (422, code))
    # A mapping may have spaces in it.
    harmless = form("mapping", "{}".ljust(len(value)))
    # The head of a part has no more than a kilobyte.
    expected = (400, "form.malformed") if len(name) > 900 else (422, code)
    return case(form(name, value), replace(harmless, path="/api/upload?dry_run=true"), expected)


def form(name: str, value: str) -> Request:
    field = f'--{wire.BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    return Request("POST", "/api/upload", (FORM,), field.encode("utf-8", "replace") + wire.form_of(FILE))


def choices(chance: random.Random, shop: Shop) -> Case:
    name = chance.choice(
        ["dry_run", "mode", "on_error", "blank", "delimiter", "decimal", "encoding", "html", "events"]
    )
    value = chance.choice(["maybe", "\u0661", "'; DROP TABLE", "%s" * 100, "../" * 50, text(chance, "ab\u00e9\u7269", chance.choice(LENGTHS)) + "!"])  # fmt: skip
    return with_option(chance, name, value, "option.invalid")


def numbers(chance: random.Random, shop: Shop) -> Case:
    name = chance.choice(["max_errors", "max_missing"])
    value = chance.choice(["-1", "1.5", "1e9", "NaN", "Infinity", "0x10", "9" * chance.choice([11, 400, 5_000]), "\u0661", "true", "--1"])  # fmt: skip
    return with_option(chance, name, value, "option.invalid")


def unknown(chance: random.Random, shop: Shop) -> Case:
    name = text(chance, "abcdef_", chance.choice([9, 100, 1_000]))
    return with_option(chance, f"x{name}", "1", "option.unknown")


def encodings(chance: random.Random, shop: Shop) -> Case:
    name = chance.choice(["idna", "punycode", "undefined", "base64", "rot13", "zlib", "os.path", "unicode_escape", "mbcs", "utf-8" * 30])  # fmt: skip
    return with_option(chance, "encoding", name, "option.invalid")


def mappings(chance: random.Random, shop: Shop) -> Case:
    depth = chance.choice([100, 2_000, 20_000])
    value = chance.choice([
        "[" * depth, '{"a":' * depth, "{" * depth, "[" * depth + "]" * depth, "null", "1", '{"a": 1}', '{"a": ["sku"]}',
        '{"a": "sku", "a": "sku"}', '{"a": "\\u0000"}', '{"\\ud800": "sku"}', "9" * 5_000, '{"a": NaN}', '{"a": "sku"',
        json.dumps({f"c{number}": "" for number in range(1_001)}), json.dumps({"a" * 65_536: "sku"}),
    ])  # fmt: skip
    return with_option(chance, "mapping", value, "option.invalid")


def mapped_wrongly(chance: random.Random, shop: Shop) -> Case:
    mapping, code = chance.choice([
        ({"no such": "sku"}, "mapping.unknown_header"), ({"name": "colour"}, "mapping.unknown_field"), ({"a" * 5_000: "name"}, "mapping.unknown_header"),
    ])  # fmt: skip
    return with_option(chance, "mapping", json.dumps(mapping), code)


def given_twice(chance: random.Random, shop: Shop) -> Case:
    values = "&".join(f"mode={mode}" for mode in chance.sample(["upsert", "create_only", "update_only"], 2))
    repeated = values + "&mode=upsert" * chance.choice([1, 100, 400])
    twin = replace(TWIN, path="/api/upload?" + "&".join(["dry_run=true"] * (repeated.count("&") + 1)))
    return case(replace(TWIN, path=f"/api/upload?{repeated}"), twin, (422, "option.conflict"))


def file_names(chance: random.Random, shop: Shop) -> Case:
    name = text(chance, "a/\\\u7269\u202e.", chance.choice([256, 600]))
    path = f"/api/upload?filename={quote(name)}"
    return case(replace(TWIN, path=path), TWIN, (422, "filename.too_long"))


def keys(chance: random.Random, shop: Shop) -> Case:
    key, code = chance.choice([
        ("a" * 256, "too_long"), ("a" * 5_000, "too_long"), ("\u00e9", "invalid"), ("a\tb", "invalid"),
        ("\u7269" * 80, "invalid"), ("\x7f", "invalid"),
    ])  # fmt: skip
    request = with_headers(TWIN, f"Idempotency-Key: {key}")
    return case(
        request,
        TWIN,
        (422, f"Idempotency-Key.{code}"),
        *([] if key.isprintable() else [(400, "request.malformed")]),
    )


FAMILIES: dict[str, Family] = {
    "option: choices": choices,
    "option: numbers": numbers,
    "option: unknown": unknown,
    "option: encodings": encodings,
    "option: mappings": mappings,
    "option: wrong mappings": mapped_wrongly,
    "option: given twice": given_twice,
    "option: names of files": file_names,
    "header: Idempotency-Key": keys,
}
