"""imports.formats.compression: gzip and zip to what is in them, and what is rejected."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from imports.errors import FileError
from imports.formats import compression
from imports.formats.compression import BLOCK_BYTES, ZipMember, gunzipped, only_member, open_zip
from imports.formats.csv_reader import CsvReader, DecodedLines
from tests.imports.packing import make_zip

CSV = b"sku,name\nA1,Mug\n"
# Twenty megabytes of which no ten bytes are alike, so that nothing packs them.
ROWS = b"".join(b"SKU%07d,Mug\n" % number for number in range(50_000))


def unzip(content: bytes) -> bytes:
    archive = open_zip(io.BytesIO(content))
    return b"".join(ZipMember(archive, only_member(archive), len(content)))


def gunzip(*pieces: bytes) -> bytes:
    return b"".join(gunzipped(pieces))


def code_of(refusal: pytest.ExceptionInfo[FileError]) -> str:
    return refusal.value.code


def test_gzip_is_unpacked() -> None:
    assert gunzip(gzip.compress(CSV)) == CSV


def test_gzip_files_behind_each_other_are_one() -> None:
    assert gunzip(gzip.compress(CSV) + gzip.compress(b"B2,Cup\n") + b"\0\0\0") == CSV + b"B2,Cup\n"


def test_gzip_comes_in_blocks_however_much_a_piece_holds() -> None:
    blocks = list(gunzipped([gzip.compress(b"\n" * 10 * BLOCK_BYTES)]))
    assert {len(block) for block in blocks} == {BLOCK_BYTES}
    assert len(blocks) == 10


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gzip.compress(ROWS)[:-1], id="a byte is missing"),
        pytest.param(gzip.compress(ROWS)[:1000], id="half is missing"),
        pytest.param(b"\x1f\x8b", id="all but the start is missing"),
        pytest.param(gzip.compress(CSV)[:-8] + bytes(8), id="a wrong checksum"),
        pytest.param(gzip.compress(CSV) + b"rest", id="something behind it"),
        pytest.param(b"\x1f\x8b\x09" + bytes(20), id="a method that is none"),
    ],
)
def test_damaged_gzip_is_rejected(content: bytes) -> None:
    with pytest.raises(FileError, match="damaged or incomplete") as refusal:
        gunzip(content)
    assert code_of(refusal) == "archive.corrupt"


@given(
    content=st.binary(max_size=300),
    size=st.integers(1, 50),
    parts=st.integers(1, 3),
    block=st.integers(1, 40),
)
def test_gunzip_undoes_gzip_wherever_pieces_are_cut(
    content: bytes, size: int, parts: int, block: int
) -> None:
    packed = gzip.compress(content) * parts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression, "BLOCK_BYTES", block)
        pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
        blocks = list(gunzipped(pieces))
    assert b"".join(blocks) == content * parts
    # Small ones are joined until they are a block; the last of those may be a whole one.
    assert all(0 < len(found) < 2 * block for found in blocks)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_zip_with_one_file_is_unpacked(method: int) -> None:
    assert unzip(make_zip(("products.csv", CSV), method=method)) == CSV


def test_what_a_mac_adds_to_a_zip_is_no_file_of_it() -> None:
    content = make_zip(
        ("list/", b""), ("list/a.csv", CSV), ("__MACOSX/list/._a.csv", b"x"), ("list/.DS_Store", b"x")
    )
    assert unzip(content) == CSV


def test_zip_with_something_before_it_is_unpacked() -> None:
    assert unzip(b"#!/bin/sh\n" + make_zip(("a.csv", CSV))) == CSV


@pytest.mark.parametrize(
    ("content", "told"),
    [(make_zip(), "contains 0 files"), (make_zip(("a.csv", CSV), ("b.csv", CSV)), "contains 2 files")],
)
def test_zip_without_exactly_one_file_is_rejected(content: bytes, told: str) -> None:
    with pytest.raises(FileError, match=told) as refusal:
        unzip(content)
    assert code_of(refusal) == "archive.file_count"


def test_locked_zip_is_rejected() -> None:
    with pytest.raises(FileError, match="password-protected") as refusal:
        unzip(make_zip(("a.csv", CSV), password_flag=True))
    assert code_of(refusal) == "archive.encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_packed_in_a_rare_way_is_rejected(method: int) -> None:
    with pytest.raises(FileError, match="regular ZIP") as refusal:
        unzip(make_zip(("a.csv", CSV), method=method))
    assert code_of(refusal) == "archive.unsupported"


ZIP = make_zip(("a.csv", ROWS))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(ZIP[:-30], id="the end is missing"),
        pytest.param(ZIP[1000:], id="the start is missing"),
        pytest.param(ZIP[:1000] + bytes(1000) + ZIP[2000:], id="the middle is overwritten"),
        pytest.param(b"PK\x03\x04", id="all but the start is missing"),
        pytest.param(b"PK\x05\x06" + b"\xff" * 18, id="a directory that is elsewhere"),
    ],
)
def test_damaged_zip_is_rejected(content: bytes) -> None:
    with pytest.raises(FileError, match="damaged or incomplete") as refusal:
        unzip(content)
    assert code_of(refusal) == "archive.corrupt"


def test_file_in_a_zip_that_is_longer_than_it_says_is_rejected() -> None:
    at = ZIP.index(b"PK\x01\x02") + 24
    with pytest.raises(FileError) as refusal:
        unzip(ZIP[:at] + (1000).to_bytes(4, "little") + ZIP[at + 4 :])
    assert code_of(refusal) == "archive.corrupt"


def test_directory_of_a_zip_that_would_fill_the_memory_is_not_read() -> None:
    content = make_zip(*((f"{number:0>200}", b"") for number in range(20_000)))
    with pytest.raises(FileError) as refusal:
        open_zip(io.BytesIO(content))
    assert code_of(refusal) == "archive.corrupt"


def test_how_far_a_zip_is_read_is_reported_in_bytes_of_the_zip() -> None:
    archive = open_zip(io.BytesIO(ZIP))
    member = ZipMember(archive, only_member(archive), len(ZIP))
    told = [(member.bytes_read, len(block)) for block in member]
    assert told[0] == (len(ZIP) * BLOCK_BYTES // len(ROWS), BLOCK_BYTES)
    assert told[-1] == (member.bytes_read, len(ROWS) % BLOCK_BYTES) == (len(ZIP), len(ROWS) % BLOCK_BYTES)


@pytest.mark.parametrize("unpack", [unzip, gunzip])
def test_bomb_is_rejected_before_it_bursts(unpack: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "ARCHIVE_ALWAYS_ALLOWED_BYTES", 2**20)
    content = b"\n" * 50 * 2**20
    packed = make_zip(("a.csv", content)) if unpack is unzip else gzip.compress(content)
    with pytest.raises(FileError, match="more than 200 times its size") as refusal:
        unpack(packed)  # type: ignore[operator] # one of the two above
    assert code_of(refusal) == "archive.too_large"


@pytest.mark.parametrize("unpack", [unzip, gunzip])
def test_archive_that_unpacks_to_too_much_is_rejected(unpack: object, settings: Settings) -> None:
    settings.UPLOAD_MAX_UNPACKED_BYTES = len(ROWS) - 1
    packed = ZIP if unpack is unzip else gzip.compress(ROWS)
    with pytest.raises(FileError, match=f"more than the maximum of {len(ROWS) - 1:,} bytes") as refusal:
        unpack(packed)  # type: ignore[operator] # one of the two above
    assert code_of(refusal) == "archive.too_large"
    settings.UPLOAD_MAX_UNPACKED_BYTES = len(ROWS)
    assert unpack(packed) == ROWS  # type: ignore[operator]


@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"]),
    block=st.integers(1, 30),
)
def test_records_of_a_packed_text_are_those_of_the_text(text: str, encoding: str, block: int) -> None:
    content = text.encode(encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression, "BLOCK_BYTES", block)
        packed = io.BytesIO(make_zip(("a.csv", content)))
        archive = open_zip(packed)
        zipped = DecodedLines(ZipMember(archive, only_member(archive), 1), encoding)
        from_zip = list(CsvReader(zipped, ","))
        from_gzip = list(CsvReader(DecodedLines(gunzipped([gzip.compress(content)]), encoding), ","))
    plain = list(CsvReader(DecodedLines([text.encode()]), ","))
    assert from_zip == from_gzip == plain
