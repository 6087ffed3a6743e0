"""Detect what an uploaded file is: format, encoding, delimiter, sheet, header and columns. Pure.

What takes a parser runs in a process of its own (imports.reading.sandbox)."""

from typing import IO

from imports.formats.compression import ZipMember, only_member, open_zip
from imports.formats.encoding import EncodingDetector
from imports.formats.file_info import FileInfo, guessed, ignored_columns, no_prices
from imports.formats.rejection import reject_binary, reject_nested
from imports.formats.tables import decimal_of, find_table_of_text, match
from imports.formats.xlsx.sheet_choice import detect_workbook
from imports.formats.xlsx.workbook import Workbook, is_workbook
from imports.options import Options

GUESS_CONFIDENCE = 0.7


def detect_text(detector: EncodingDetector, packing: str, options: Options) -> FileInfo:
    encoding, is_guess = (options.encoding, False) if options.encoding != "auto" else detector.decide()
    is_whole = detector.size <= len(detector.head)
    delimiter, table = find_table_of_text(bytes(detector.head), encoding, options, is_whole=is_whole)
    matching = match(table, options)
    return FileInfo(
        table.header,
        matching.columns,
        matching.questions,
        [
            *([guessed(encoding)] if is_guess else []),
            *no_prices(matching, options),
            *ignored_columns(matching.unknown),
        ],
        packing=packing,
        encoding=encoding,
        encoding_confidence=GUESS_CONFIDENCE if is_guess else 1.0,
        delimiter=delimiter,
        delimiter_confidence=round(table.consistency, 2),
        decimal=decimal_of(matching, table, options),
        header_line=table.line,
        recipe=matching.recipe,
    )


def detect_zip(file: IO[bytes], size: int, options: Options) -> FileInfo:
    """A zip lists its contents at its end, so all of it must be there."""
    archive = open_zip(file)
    if is_workbook(archive):
        return detect_workbook(Workbook(file, size, options.decimal), options)
    detector = EncodingDetector()
    for block in ZipMember(archive, only_member(archive), size):
        is_first = not detector.size
        detector.feed(block)
        if is_first:
            reject_nested(detector)
            reject_binary(block)
    reject_binary(bytes(detector.head))
    return detect_text(detector, "zip", options)
