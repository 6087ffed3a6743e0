"""Uploads that break off: nothing of them is kept, whatever their form and wherever they break.

TRUNCATED_UPLOADS=1200 tries so many instead of a few; they are the same ones each time."""

import gzip
import os
import random
import socket
from collections.abc import Callable

import pytest

from catalog.models import Product
from hooks.models import Webhook
from imports.models import ImportJob, StoredChunk, StoredFile
from tests import live
from tests.hostile import wire
from tests.hostile.conftest import Site
from tests.imports.packing import Cell, make_workbook, make_zip

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

COUNT = int(os.environ.get("TRUNCATED_UPLOADS", "60"))
SEED = 20_261_129
# Noise, so that what is packed stays large enough to be stored before it ends.
NOISE = random.Random(SEED)  # noqa: S311 - the same each time
ROWS = [[f"SKU{row}", f"Mug {NOISE.getrandbits(200):x}", f"{row}.50"] for row in range(3_000)]
FILE = "\r\n".join(",".join(row) for row in [["sku", "name", "price"], *ROWS]).encode()
PACKED = {
    "gzip": gzip.compress(FILE, mtime=0),
    "zip": make_zip(("products.csv", FILE)),
    "xlsx": make_workbook(["sku", "name", "price"], *(list[Cell](row) for row in ROWS)),
}
FORM = f"Content-Type: multipart/form-data; boundary={wire.BOUNDARY}"
CSV = "Content-Type: text/csv"
BINARY = "Content-Type: application/octet-stream"


def message(form: str) -> tuple[list[str], bytes]:
    """The headers and the body of a whole upload in that form."""
    match form:
        case "raw":
            return [CSV, f"Content-Length: {len(FILE)}"], FILE
        case "multipart":
            body = wire.form_of(FILE)
            return [FORM, f"Content-Length: {len(body)}"], body
        case "chunked":
            return [CSV, "Transfer-Encoding: chunked"], wire.chunks_of(FILE)
    return [BINARY, f"Content-Length: {len(PACKED[form])}"], PACKED[form]


FORMS = ["raw", "multipart", "chunked", "gzip", "zip", "xlsx"]
ENDINGS: list[Callable[[socket.socket], None]] = [
    lambda client: client.shutdown(socket.SHUT_WR),
    lambda client: client.close(),
    wire.reset,
]


def break_off(site: Site, form: str, chance: random.Random) -> wire.Answer | None:
    """Send an upload up to somewhere before its end; what the server says of it, if it can still be heard."""
    headers, body = message(form)
    waits = chance.random() < 0.3
    ending = chance.choice(ENDINGS)
    with wire.connected(site.address) as client:
        lines = [site.authorization, *headers, *(["Expect: 100-continue"] if waits else [])]
        client.sendall(wire.head("POST", "/api/upload", *lines))
        if waits:
            assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(body[: chance.randrange(len(body))])
        ending(client)
        return wire.answer_of(client) if client.fileno() >= 0 else None


def nothing_is_kept() -> bool:
    return not (ImportJob.objects.exists() or StoredFile.objects.exists() or StoredChunk.objects.exists())


@pytest.mark.parametrize("form", FORMS)
def test_upload_that_breaks_off_leaves_nothing(site: Site, form: str) -> None:
    chance = random.Random(f"{SEED} {form}")  # noqa: S311
    answers = [break_off(site, form, chance) for _ in range(COUNT // len(FORMS))]
    heard = [(answer.status, answer.code) for answer in answers if answer]
    assert set(heard) == {(400, "body.incomplete")}
    live.wait_until(nothing_is_kept)


def cut(kind: str, chance: random.Random) -> bytes:
    return PACKED[kind][: chance.randrange(len(PACKED[kind]))]


@pytest.mark.parametrize("kind", PACKED)
def test_file_that_was_cut_before_it_was_sent_is_refused(site: Site, kind: str) -> None:
    chance = random.Random(f"{SEED} {kind} cut")  # noqa: S311
    cuts = [cut(kind, chance) for _ in range(COUNT // 6)]
    answers = [send(site, [BINARY, f"Content-Length: {len(content)}"], content) for content in cuts]
    assert {answer.status for answer in answers if answer} <= {415, 422}
    assert all(answers) and nothing_is_kept()


def send(site: Site, headers: list[str], body: bytes, path: str = "/api/upload") -> wire.Answer | None:
    with wire.connected(site.address) as client:
        client.sendall(wire.head("POST", path, site.authorization, *headers) + body)
        return wire.answer_of(client)


def test_form_without_its_end_is_refused(site: Site) -> None:
    body = wire.form_of(FILE).removesuffix(f"\r\n--{wire.BOUNDARY}--\r\n".encode())
    answer = send(site, [FORM, f"Content-Length: {len(body)}"], body)
    assert answer and (answer.status, answer.code) == (422, "file.required")
    assert nothing_is_kept()


@pytest.mark.parametrize(
    "chunk", ["-1\r\n", "5;" + "x" * 100_000 + "\r\n", "zz\r\n", "5\r\nabcdefg\r\n0\r\n\r\n"]
)
def test_malformed_chunk_is_told(site: Site, chunk: str) -> None:
    answer = send(site, [CSV, "Transfer-Encoding: chunked"], wire.chunks_of(FILE)[:-5] + chunk.encode())
    assert answer and (answer.status, answer.code) == (400, "body.malformed")
    assert nothing_is_kept()


@pytest.mark.parametrize("path", ["/api/products/", "/api/webhooks/"])
def test_json_that_breaks_off_makes_nothing(site: Site, path: str) -> None:
    body = b'{"sku": "CUT-1", "name": "Mug", "url": "https://shop.example/hook"}'
    with wire.connected(site.address) as client:
        length = f"Content-Length: {len(body) + 10}"
        client.sendall(
            wire.head("POST", path, site.authorization, "Content-Type: application/json", length) + body
        )
        client.shutdown(socket.SHUT_WR)
        answer = wire.answer_of(client)
    assert answer and (answer.status, answer.code) == (400, "body.incomplete")
    assert not (Product.objects.exists() or Webhook.objects.exists())
