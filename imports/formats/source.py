"""Open a stored file as lines or records, whatever its compression, encoding and format."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from imports.formats.compression import BLOCK_BYTES, ZipMember, gunzipped, only_member, open_zip
from imports.formats.csv_reader import CountingBlocks, CsvReader, DecodedLines, Record
from imports.formats.recipe_rows import RecipeRows
from imports.formats.xlsx.workbook import SheetReader, Workbook
from imports.options import Options
from imports.recipes.recipe import recipe_named

READ_BYTES = 256 * 1024


@dataclass(frozen=True)
class Source:
    """The format of a stored file, as detected at the upload, and the options to read it by."""

    bytes: int
    format: str
    packing: str
    encoding: str
    delimiter: str
    # The line of the header, and the worksheet, if the file has several.
    header_line: int
    sheet: str
    # The position of each field in a row, or -1, in the order of imports.options.FIELDS.
    positions: tuple[int, ...]
    # The name of the recipe that it is read by, or "".
    recipe: str
    options: Options
    # Other worksheets that are read after it, each with the row of its header.
    other_sheets: Sequence[tuple[str, int]] = ()


def open_source(file: IO[bytes], source: Source) -> DecodedLines | SheetReader:
    """The file as lines or, for a workbook, as records with the header first."""
    return OPENERS[source.format, source.packing](file, source)


def open_text(file: IO[bytes], source: Source) -> DecodedLines:
    return DecodedLines(read_pieces(file, READ_BYTES), source.encoding)


def open_gzip(file: IO[bytes], source: Source) -> DecodedLines:
    pieces = CountingBlocks(read_pieces(file, BLOCK_BYTES))
    return DecodedLines(gunzipped(pieces), source.encoding, pieces)


def open_zipped_text(file: IO[bytes], source: Source) -> DecodedLines:
    archive = open_zip(file)
    member = ZipMember(archive, only_member(archive), source.bytes)
    return DecodedLines(member, source.encoding, member)


def open_sheet(file: IO[bytes], source: Source) -> SheetReader:
    workbook = Workbook(file, source.bytes, source.options.decimal)
    sheets = [(source.sheet, source.header_line), *source.other_sheets]
    return SheetReader(workbook, sheets, source.positions)


# Every kind of file, by the format and packing that its job keeps.
OPENERS: dict[tuple[str, str], Callable[[IO[bytes], Source], DecodedLines | SheetReader]] = {
    ("csv", ""): open_text,
    ("csv", "gzip"): open_gzip,
    ("csv", "zip"): open_zipped_text,
    ("xlsx", ""): open_sheet,
}


def open_rows(file: IO[bytes], source: Source) -> Iterable[Record]:
    """The records of any file, without its header."""
    opened = open_source(file, source)
    reader = CsvReader(opened, source.delimiter) if isinstance(opened, DecodedLines) else opened
    header = read_header(reader, source)
    return by_recipe(reader, header, source) or reader


def read_header(reader: CsvReader | SheetReader, source: Source) -> list[str]:
    """The cells of the header, empty at the end of the file. The reader goes on after it."""
    reader.skip_to(source.header_line - 1)
    _, header, _ = next(reader.records, (1, [], None))
    return header


def by_recipe(
    reader: CsvReader | SheetReader,
    header: Sequence[str],
    source: Source,
    carried: Mapping[str, object] | None = None,
) -> RecipeRows | None:
    """The rows as the file's recipe reads them; None if it has none, or one that changes no row."""
    recipe = recipe_named(source.recipe) if source.recipe else None
    return RecipeRows(reader, header, recipe, carried) if recipe and recipe.changes_rows else None


def read_pieces(file: IO[bytes], size: int) -> Iterator[bytes]:
    return iter(lambda: file.read(size), b"")
