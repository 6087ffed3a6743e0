"""Files that are no use: refused at once, or a job that ends without a product.

None of them has a column for the name, without which no product is made."""

import gzip
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from tests.hostile import wire
from tests.hostile.generated.cases import CSV, SIZES, Case, Family, Request, Shop, case
from tests.imports.hostile_files import FAMILIES as WORKBOOKS
from tests.imports.hostile_files import UNITS
from tests.imports.packing import Cell, make_workbook, make_zip

HEADER = b"sku,price,description\n"
FORM = f"Content-Type: multipart/form-data; boundary={wire.BOUNDARY}"
BINARY = "Content-Type: application/octet-stream"
STARTS = [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x7fELF", b"Rar!\x1a", b"BZh91AY&SY", b"\xd0\xcf\x11\xe0"]  # fmt: skip
ACCEPTED = (202, "")
NOT_CSV = (415, "file.not_csv")
CORRUPT = (422, "archive.corrupt")
TOO_LARGE = (413, "archive.too_large")
DAMAGED = (422, "workbook.damaged")
NO_COLUMN = (422, "header.sku_missing")


def raw(content: bytes) -> Request:
    return Request("POST", "/api/upload", (BINARY,), content)


def form(content: bytes) -> Request:
    return Request("POST", "/api/upload", (FORM,), wire.form_of(content))


def upload(
    chance: random.Random, content: bytes, twin: Callable[[int], bytes], *expected: tuple[int, str]
) -> Case:
    """As a form or as it is. The twin is a dry run: its job waits, and writes nothing. It is no larger than the file,
    and has one of few lengths, so that many share it."""
    send = chance.choice([raw, form])
    harmless = send(twin(1 << len(content).bit_length() - 1))
    return case(send(content), replace(harmless, path="/api/upload?dry_run=true"), *expected)


def rows(size: int) -> bytes:
    """A harmless file of that size."""
    line = b"TWIN-1,1.50,A mug\n"
    return (b"sku,price,name\n" + line * (size // len(line))).ljust(size, b"\n")


def noise(chance: random.Random, size: int) -> bytes:
    return chance.randbytes(size)


# --- Text ---


def repeated(chance: random.Random, shop: Shop) -> Case:
    units = "".join(chance.choices(UNITS, k=chance.randint(1, 4)))
    content = HEADER + (units * (max(SIZES) // 32)).encode()[: chance.choice(SIZES)]
    return upload(chance, content, rows, ACCEPTED, NOT_CSV)


def other_encoding(chance: random.Random, shop: Shop) -> Case:
    unit = chance.choice(
        [b"\xe9", b"\xff\xfe", b"\x81\x8d\n", b"\xc3", b"\xe9\n", b"\xf0\x9f", b"\xed\xa0\x80"]
    )
    content = HEADER + unit * (chance.choice(SIZES) // len(unit))
    return upload(chance, content, rows, ACCEPTED, (422, "file.encoding"))


def header(chance: random.Random, shop: Shop) -> Case:
    many = ",".join(f"c{number}" for number in range(chance.choice([201, 2_000, 9_000])))
    content, code = chance.choice([
        (f"sku,{many}\n", "header.too_long"),
        ("sku,SKU\n", "header.duplicate"),
        ("sku,price,Price\n", "header.duplicate"),
        (f"{'x' * chance.choice(SIZES[:4])}\n", "header.sku_missing"),
        ("," * 100 + "\n", "header.sku_missing"),
        (f"sku,{'a' * 65_536}\n", "header.too_long"),
        ("\n" * chance.choice(SIZES), "file.empty"),
        ("\ufeff", "file.empty"),
    ])  # fmt: skip
    return upload(chance, content.encode(), rows, (422, code))


def binary(chance: random.Random, shop: Shop) -> Case:
    size = chance.choice(SIZES)
    content = chance.choice(STARTS) + noise(chance, size)
    return upload(chance, content, rows, NOT_CSV)


# --- Archives ---

Odd = tuple[bytes, tuple[int, str]]


def packed(chance: random.Random, size: int) -> bytes:
    """Rows that stay about as large when they are packed."""
    lines = [f"{chance.getrandbits(128):x},1.50,\n" for _ in range(size // 32)]
    return HEADER + "".join(lines).encode()


def broken_gzip(chance: random.Random, shop: Shop) -> Case:
    content = gzip.compress(packed(chance, chance.choice(SIZES)), mtime=0)
    return upload(chance, broken(chance, content), gzip_twin, CORRUPT, *MAY_SEEM)


# What is cut or changed may be no archive any more, or text of which the beginning is missing.
MAY_SEEM = (NOT_CSV, NO_COLUMN, TOO_LARGE, (422, "archive.nested"), (422, "file.empty"))


def broken(chance: random.Random, content: bytes) -> bytes:
    """Cut off somewhere, or with bits changed near its end, where its checksums are."""
    if chance.random() < 0.5:
        return content[: chance.randrange(4, len(content) - 1)]
    place = len(content) - chance.randint(1, 8)
    return content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :]


@cache
def gzip_twin(size: int) -> bytes:
    return gzip.compress(packed(random.Random(size), size * 2).replace(b"description", b"name"), mtime=0)  # noqa: S311


def gzip_of_odd_things(chance: random.Random, shop: Shop) -> Case:
    content, expected = chance.choice(odd_gzips())
    return upload(chance, content, gzip_twin, expected)


@cache
def odd_gzips() -> list[Odd]:
    chance = random.Random(1)  # noqa: S311
    return [
        (gzip.compress(gzip.compress(rows(1_000))), (422, "archive.nested")),
        (gzip.compress(make_zip(("a.csv", rows(1_000)))), (422, "archive.nested")),
        (gzip.compress(b""), (422, "file.empty")),
        (gzip.compress(b"") * 3_000, (422, "file.empty")),
        (gzip.compress(chance.choice(STARTS) + noise(chance, 1_000)), NOT_CSV),
        (gzip.compress(HEADER + bytes(40 * 1024**2), 9), TOO_LARGE),
        (gzip.compress(HEADER) + noise(chance, 1_000), CORRUPT),
        (gzip.compress(HEADER)[:3] + b"\xff" + noise(chance, 1_000), CORRUPT),
    ]  # fmt: skip


def broken_zip(chance: random.Random, shop: Shop) -> Case:
    content = make_zip(("products.csv", packed(chance, chance.choice(SIZES))))
    cut = content[: chance.randrange(4, len(content) - 1)]
    return upload(chance, cut, zip_twin, CORRUPT)


@cache
def zip_twin(size: int) -> bytes:
    return make_zip(("products.csv", packed(random.Random(size), size).replace(b"description", b"name")))  # noqa: S311


def zip_of_odd_things(chance: random.Random, shop: Shop) -> Case:
    content, expected = chance.choice(odd_zips())
    return upload(chance, content, zip_twin, expected)


@cache
def odd_zips() -> list[Odd]:
    chance = random.Random(1)  # noqa: S311
    return [
        (make_zip(*((f"{number}.csv", HEADER) for number in range(500))), (422, "archive.file_count")),
        (make_zip(), CORRUPT),
        (make_zip(("a.csv", gzip.compress(HEADER))), (422, "archive.nested")),
        (make_zip(("a.csv", make_zip(("a.csv", HEADER)))), (422, "archive.nested")),
        (make_zip(("a.csv", HEADER), password_flag=True), (422, "archive.encrypted")),
        (make_zip(("a.csv", HEADER + bytes(40 * 1024**2))), TOO_LARGE),
        (make_zip(("a.csv", chance.choice(STARTS) + noise(chance, 1_000))), NOT_CSV),
        (make_zip(("a.csv", b"")), (422, "file.empty")),
        (make_zip(("../../etc/passwd", HEADER)), ACCEPTED),
    ]  # fmt: skip


# --- Workbooks ---


def workbook(chance: random.Random, shop: Shop) -> Case:
    content = workbook_of(chance.choice(list(WORKBOOKS)), chance.choice(SIZES[1:4]))
    return upload(
        chance, content, workbook_twin, ACCEPTED, DAMAGED, NO_COLUMN, TOO_LARGE, (422, "file.empty")
    )


@cache
def workbook_of(family: str, size: int) -> bytes:
    return WORKBOOKS[family](size)


def broken_workbook(chance: random.Random, shop: Shop) -> Case:
    content = workbook_twin(chance.choice(SIZES[1:]))
    cut = content[: chance.randrange(4, len(content) - 1)]
    return upload(chance, cut, workbook_twin, CORRUPT, DAMAGED)


@cache
def workbook_twin(size: int) -> bytes:
    chance = random.Random(size)  # noqa: S311
    lines: list[list[Cell]] = [[f"{chance.getrandbits(128):x}", "1.50", "A mug"] for _ in range(size // 64)]
    return make_workbook(["sku", "price", "name"], *lines)


# --- The form around a file ---


def malformed_form(chance: random.Random, shop: Shop) -> Case:
    part = 'Content-Disposition: form-data; name="{}"; filename="a.csv"'
    body, code = chance.choice(FORMS)
    content = body(part, HEADER.decode()).encode()
    request = Request("POST", "/api/upload", (FORM,), content)
    status = 400 if code.startswith("form.") else 422
    # With many parts, where those are what it costs to read.
    twin = form(rows(len(content))) if content.count(b"\r\n--") < 1_000 else form_of_many_parts()
    return case(request, replace(twin, path="/api/upload?dry_run=true"), (status, code))


def form_of_many_parts() -> Request:
    """As many as are taken: an option may be said again and again."""
    field = f'{B}\r\nContent-Disposition: form-data; name="mode"\r\n\r\nupsert\r\n'
    return Request("POST", "/api/upload", (FORM,), field.encode() * 990 + wire.form_of(rows(256)))


Body = Callable[[str, str], str]
B = f"--{wire.BOUNDARY}"
FORMS: list[tuple[Body, str]] = [
    (lambda part, file: f"{B}\r\n{part.format('other')}\r\n\r\n{file}\r\n{B}--\r\n", "file.required"),
    (lambda part, file: f"{B}\r\n{part.format('file')}\r\n\r\n{file}", "file.required"),
    (lambda part, file: f"--another\r\n{part.format('file')}\r\n\r\n{file}\r\n--another--\r\n", "file.required"),
    (lambda part, file: f'{B}\r\nContent-Disposition: form-data; name="file"\r\n\r\n{file}\r\n{B}--\r\n', "file.required"),
    (lambda part, file: f"{B}\r\nX-Long: {'a' * 60_000}\r\n\r\n{file}\r\n{B}--\r\n", "form.malformed"),
    (lambda part, file: f"{B}\r\n" * 5_000, "form.too_many_parts"),
    (lambda part, file: "".join(f'{B}\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\nx\r\n' for n in range(1_500)) + f"{B}--\r\n", "form.too_many_parts"),
    (lambda part, file: f"{B}\r\n{part.format('file')}\r\n\r\n{file}\r\n" * 3 + f"{B}--\r\n", "form.too_many_parts"),
]  # fmt: skip


def other_type(chance: random.Random, shop: Shop) -> Case:
    kind, code = chance.choice([
        ("text/html", "file.media_type"), ("", "file.media_type"), ("a" * 5_000, "file.media_type"),
        ("multipart/form-data", "form.malformed"), ("multipart/form-data; boundary=" + "b" * 300, "form.malformed"),
        ("multipart/form-data; boundary=\x01", "form.malformed"), ("application/json", "file.media_type"),
    ])  # fmt: skip
    request = Request("POST", "/api/upload", (f"Content-Type: {kind}",), rows(256))
    status = 415 if code == "file.media_type" else 400
    twin = replace(raw(rows(256)), path="/api/upload?dry_run=true")
    return case(request, twin, (status, code), *([(400, "request.malformed")] if "\x01" in kind else []))


FAMILIES: dict[str, Family] = {
    "upload: repeated text": repeated,
    "upload: encodings": other_encoding,
    "upload: headers of a file": header,
    "upload: binary files": binary,
    "upload: broken gzip": broken_gzip,
    "upload: odd gzip": gzip_of_odd_things,
    "upload: broken zip": broken_zip,
    "upload: odd zip": zip_of_odd_things,
    "upload: workbooks": workbook,
    "upload: broken workbooks": broken_workbook,
    "upload: malformed forms": malformed_form,
    "upload: other types": other_type,
}
__all__ = ["CSV", "FAMILIES", "raw", "rows"]
