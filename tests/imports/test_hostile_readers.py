"""The readers with files whose author is hostile: what one costs is in proportion to its bytes.

Each family repeats something, nests it, makes it long or many. Twice as much of it must not take much more than twice the
processor time, and 64 kB neither a second nor 64 MB."""

import gzip
import io
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.errors import FileError, RowError
from imports.formats.compression import gunzipped, open_zip
from imports.formats.csv_reader import CsvReader, DecodedLines
from imports.formats.text_buffer import TextBuffer
from imports.formats.xlsx.number_formats import CellFormat, displayed, shown_by
from imports.options import Options
from imports.rows.cells import cell_parsers
from imports.upload.inspection import contents_of
from tests.clock import cpu_seconds, is_linear
from tests.imports.headers import open_sheet, read_header
from tests.imports.hostile_files import FAMILIES, SKU_ROW, UNITS, rows_of, texts_of
from tests.imports.packing import make_parts, make_sheet, make_zip

SIZE = 64 * 1024
SECONDS = 1
MEMORY = 64 * 1024**2


def tried(read: Callable[[], object]) -> None:
    """Refused or not, in time."""
    with suppress(FileError, RowError):
        read()


# Where it is measured.
pytestmark = pytest.mark.usefixtures("read_here")


def read_workbook(content: bytes) -> None:
    tried(lambda: sum(1 for _ in open_sheet(content)))


def read_text(content: bytes, encoding: str = "utf-8") -> None:
    """As an upload looks at it, and as a worker reads it."""
    tried(lambda: inspected(content))
    tried(
        lambda: sum(1 for _ in CsvReader(TextBuffer(DecodedLines(in_pieces(content), encoding).texts()), ","))
    )


def inspected(content: bytes) -> None:
    contents = contents_of(content)
    for piece in in_pieces(content):
        contents.feed(piece)
    contents.check_early(Options())
    contents.file_info(Options(), lambda: io.BytesIO(content))


def read_gzip(content: bytes) -> None:
    tried(lambda: inspected(content))
    tried(lambda: sum(1 for _ in TextBuffer(DecodedLines(gunzipped(in_pieces(content))).texts())))


def read_header_of(name: str) -> None:
    tried(lambda: read_header(["sku", name], {name: "name"}))
    tried(lambda: read_header(["sku", name]))


def clean(cell: str) -> None:
    for cleaner in cell_parsers((0, 1, 2, 3, 4), "keep", "auto"):
        tried(lambda cleaner=cleaner: cleaner(cell))  # type: ignore[misc]


def in_pieces(content: bytes) -> list[bytes]:
    return [content[start : start + 8192] for start in range(0, len(content), 8192)]


def check(read: Callable[[int], object], size: int = SIZE) -> None:
    """That reading so many bytes is cheap, and twice as many cost about twice as much."""
    assert cpu_seconds(lambda: read(size)) < SECONDS
    assert is_linear(read, size)
    tracemalloc.start()
    try:
        read(size)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


# --- Text ---


@pytest.mark.parametrize("unit", UNITS)
def test_text_costs_what_it_is_long(unit: str) -> None:
    check(lambda size: read_text(b"sku,name\n" + (unit * (size // len(unit.encode()))).encode()))


@pytest.mark.parametrize("unit", UNITS)
def test_cell_costs_what_it_is_long(unit: str) -> None:
    check(lambda size: clean(unit * (size // len(unit.encode()))))


@pytest.mark.parametrize("unit", UNITS)
def test_name_of_a_column_costs_what_it_is_long(unit: str) -> None:
    check(lambda size: read_header_of(unit * (size // len(unit.encode()))))


@pytest.mark.parametrize(
    "unit", [b"\xe9", b"\xff\xfe", b"\x81\x8d\n", b"\0a", b"\xc3", b"\xe9\n", b"\xf0\x9f"]
)
def test_encoding_costs_what_the_text_is_long(unit: bytes) -> None:
    check(lambda size: read_text(b"sku,name\n" + unit * (size // len(unit))))


@pytest.mark.parametrize("part", [b"", b"a", b"\xe9", b"\n"])
def test_gzip_costs_what_it_is_long(part: bytes) -> None:
    packed = gzip.compress(part)
    check(lambda size: read_gzip(gzip.compress(b"a" * 500_000) + packed * (size // len(packed))))


def test_gzip_has_a_bounded_number_of_parts() -> None:
    packed = gzip.compress(b"")
    with pytest.raises(FileError, match="more than 100,000 members") as refusal:
        list(gunzipped([packed * 1_000] * 101))
    assert refusal.value.code == "archive.file_count"


def test_zip_costs_what_its_list_of_files_is_long() -> None:
    archives = {
        size: make_zip(*((str(name), b"") for name in range(size // 110))) for size in (SIZE, 2 * SIZE)
    }
    check(lambda size: tried(lambda: open_zip(io.BytesIO(archives[size]))))


# --- Workbooks ---


@pytest.mark.parametrize("family", FAMILIES)
def test_workbook_costs_what_its_parts_are_long(family: str) -> None:
    contents = {size: FAMILIES[family](size) for size in (SIZE, 2 * SIZE)}
    check(lambda size: read_workbook(contents[size]))


@pytest.mark.parametrize(
    ("family", "size"),
    [("open elements", 2**16), ("new names", 2**17), ("the name of a cell", 4), ("the number of a row", 11),
     ("brackets of a format", 256), ("formats of cells", 5 * 100_001)],
)  # fmt: skip
def test_workbook_beyond_a_limit_is_damaged(family: str, size: int) -> None:
    content = FAMILIES[family](size)
    with pytest.raises(FileError) as refusal:
        list(open_sheet(content))
    assert refusal.value.code == "workbook.damaged"


def test_format_of_zeros_fills_a_number_up_to_its_length() -> None:
    assert displayed("7", CellFormat("0" * 255)) == "7".zfill(255)


def test_format_of_placeholders_fills_a_number_up_to_its_length() -> None:
    assert shown_by('"A"' + "0-" * 127, "7") == "A" + "0-" * 126 + "7-"


def test_text_that_is_referred_to_again_and_again_counts_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.formats.xlsx.workbook.WORKBOOK_CELLS_ALWAYS_ALLOWED_CHARACTERS", 10**6)
    rows = SKU_ROW + '<row><c t="s"><v>0</v></c></row>' * 100_000
    content = make_parts(make_sheet(rows), f"<sst><si><t>{'x' * 10_000}</t></si></sst>")
    with pytest.raises(FileError, match="more than 1,000 times its size"):
        list(open_sheet(content))


def test_rows_in_memory_together_have_a_bounded_text() -> None:
    rows = SKU_ROW + '<row><c t="s"><v>0</v></c></row>' * 2_000
    content = make_parts(make_sheet(rows), f"<sst><si><t>{'x' * 1_000_000}</t></si></sst>")
    tracemalloc.start()
    try:
        with pytest.raises(FileError) as refusal:
            list(open_sheet(content))
        assert refusal.value.code == "archive.too_large"
        assert tracemalloc.get_traced_memory()[1] < 2 * MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["nonsense", "base64", "undefined", "os.path", "utf-7"])
def test_encoding_of_xml_that_is_unknown_is_damage(name: str) -> None:
    content = make_parts(f'<?xml version="1.0" encoding="{name}"?><worksheet/>')
    with pytest.raises(FileError) as refusal:
        list(open_sheet(content))
    assert refusal.value.code == "workbook.damaged"


# --- Whatever it is ---

XML = [
    "<row>",
    "</row>",
    "<c>",
    "</c>",
    '<c t="s">',
    '<c r="B1">',
    "<v>",
    "</v>",
    "<t>",
    "</t>",
    "<si>",
    "</si>",
    "<rPh>",
    "</rPh>",
    "1",
    "a",
]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(UNITS), min_size=1, max_size=4).map("".join))
def test_any_repeated_text_is_cheap(unit: str) -> None:
    text = unit * (SIZE // len(unit.encode()))
    assert cpu_seconds(lambda: read_text(b"sku,name\n" + text.encode())) < SECONDS
    assert cpu_seconds(lambda: clean(text)) < SECONDS
    assert cpu_seconds(lambda: read_header_of(text)) < SECONDS


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(XML), min_size=1, max_size=8).map("".join))
def test_any_repeated_xml_is_cheap(unit: str) -> None:
    for make in (rows_of(unit), texts_of(unit)):
        content = make(SIZE)
        assert cpu_seconds(lambda content=content: read_workbook(content)) < SECONDS  # type: ignore[misc]
