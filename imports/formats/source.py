"""Open a stored file as lines or records, whatever its compression, encoding and format."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from imports.formats.compression import BLOCK_BYTES, ZipMember, gunzipped, only_member, open_zip
from imports.formats.csv_reader import CountingBlocks, CsvReader, DecodedLines, Record
from imports.formats.xlsx.workbook import SheetReader
from imports.options import Options

READ_BYTES = 256 * 1024


@dataclass(frozen=True)
class Source:
    """The format of a stored file, as detected at the upload, and the options to read it by."""

    bytes: int
    format: str
    packing: str
    encoding: str
    delimiter: str
    options: Options


def open_lines(file: IO[bytes], source: Source) -> DecodedLines:
    """The lines of a text file, compressed or not."""
    match source.packing:
        case "gzip":
            pieces = CountingBlocks(read_pieces(file, BLOCK_BYTES))
            return DecodedLines(gunzipped(pieces), source.encoding, pieces)
        case "zip":
            archive = open_zip(file)
            member = ZipMember(archive, only_member(archive), source.bytes)
            return DecodedLines(member, source.encoding, member)
        case _:
            return DecodedLines(read_pieces(file, READ_BYTES), source.encoding)


def open_sheet(file: IO[bytes], source: Source) -> SheetReader:
    """The records of a workbook, the header first."""
    return SheetReader(file, source.bytes, source.options.mapping, source.options.decimal)


def open_rows(file: IO[bytes], source: Source) -> Iterable[Record]:
    """The records of any file, without its header."""
    if source.format == "xlsx":
        sheet = open_sheet(file, source)
        next(sheet.records, None)
        return sheet
    records = CsvReader(open_lines(file, source), source.delimiter)
    next(records.records, None)
    return records


def read_pieces(file: IO[bytes], size: int) -> Iterator[bytes]:
    return iter(lambda: file.read(size), b"")
