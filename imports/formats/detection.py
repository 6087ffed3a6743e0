"""Detect what an uploaded file is: format, encoding, delimiter and header. Pure.

What takes a parser runs in a process of its own (imports.reading.sandbox)."""

from dataclasses import dataclass
from operator import itemgetter
from typing import IO

from imports.errors import FileError, truncate
from imports.formats.compression import GZIP_START, ZIP_STARTS, ZipMember, only_member, open_zip
from imports.formats.csv_reader import DELIMITERS, SEP_LINE, CsvReader, DecodedLines
from imports.formats.encoding import HEAD_BYTES, EncodingDetector, wide_without_mark
from imports.formats.xlsx.workbook import SheetReader, is_workbook
from imports.options import Options
from imports.rows.row_parser import RowParser, read_header

# The first bytes of files that are often given the ending .csv by mistake.
BINARY_STARTS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"\x7fELF": "a program",
    b"Rar!\x1a": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"BZh91AY&SY": "a bzip2 archive",
    b"\xfd7zXZ": "an XZ archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
}
OLD_EXCEL_START = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class FileInfo:
    """The properties of a file that its job keeps."""

    header: list[str]
    warnings: list[dict[str, str | None]]
    format: str = "csv"
    packing: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","


# --- Rejected at once ---


def reject_nested(detector: EncodingDetector) -> None:
    if detector.head.startswith((GZIP_START, *ZIP_STARTS)):
        raise FileError(
            "archive.nested",
            "The archive contains another archive or a workbook. Upload the inner file directly.",
        )


def reject_binary(head: bytes) -> None:
    if not head.strip(b" \t\r\n\xef\xbb\xbf"):
        raise FileError("file.empty", "The file is empty.")
    if head.startswith(OLD_EXCEL_START):
        reject_old_excel(head)
    for start, kind in BINARY_STARTS.items():
        if head.startswith(start):
            raise FileError("file.not_csv", f"The file is {kind}, not a CSV file.")
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or wide_without_mark(head)
    if b"\0" in head.splitlines()[0] and not is_wide:
        raise FileError("file.not_csv", "The file is binary, not a CSV file.")
    if len(head) >= HEAD_BYTES and not any(end in head for end in b"\r\n"):
        raise FileError("header.too_long", "The header line is longer than 64 kB. Is this a CSV file?", 1)


def reject_old_excel(head: bytes) -> None:
    """Excel stores a password-protected workbook inside a file of the old format."""
    if "EncryptedPackage".encode("utf-16-le") in head:
        raise FileError("workbook.encrypted", "The workbook is password-protected. Remove the password.")
    raise FileError(
        "file.not_csv",
        "The file is an old Excel workbook (.xls) or password-protected. Save it as .xlsx without a password, or as CSV.",
    )


# --- Decided at the end ---


def detect_text(detector: EncodingDetector, packing: str, options: Options) -> FileInfo:
    encoding, is_guess = (options.encoding, False) if options.encoding != "auto" else detector.decide()
    delimiter, header, row_parser = find_header(bytes(detector.head), encoding, options)
    warnings = [guessed(encoding)] if is_guess else []
    return FileInfo(
        header,
        warnings + ignored_columns(row_parser),
        packing=packing,
        encoding=encoding,
        delimiter=delimiter,
    )


def detect_zip(file: IO[bytes], size: int, options: Options) -> FileInfo:
    """A zip lists its contents at its end, so all of it must be there."""
    archive = open_zip(file)
    if is_workbook(archive):
        return detect_workbook(SheetReader(file, size, options.mapping, options.decimal), options)
    detector = EncodingDetector()
    for block in ZipMember(archive, only_member(archive), size):
        is_first = not detector.size
        detector.feed(block)
        if is_first:
            reject_nested(detector)
            reject_binary(block)
    reject_binary(bytes(detector.head))
    return detect_text(detector, "zip", options)


def detect_workbook(records: SheetReader, options: Options) -> FileInfo:
    _, header, _ = next(records.records)
    return FileInfo(header, ignored_columns(read_header(header, options.mapping)), format="xlsx")


def find_header(head: bytes, encoding: str, options: Options) -> tuple[str, list[str], RowParser]:
    """The delimiter, the header and its parser. The first delimiter that yields a SKU column is used.

    If none does, the error is that of the delimiter that yields the most columns."""
    lines = list(DecodedLines([head], encoding))
    if not any(line.strip() for line in lines):
        raise FileError("file.empty", "The file is empty.")
    errors: list[tuple[int, FileError]] = []
    for delimiter in delimiters(lines[0], options):
        line, header, error = next(CsvReader(lines, delimiter).records, (1, [], None))
        try:
            if error is not None:
                raise FileError(error.code, error.message, line)
            return delimiter, header, read_header(header, options.mapping)
        except FileError as found:
            errors.append((len(header), found))
    raise max(errors, key=itemgetter(0))[1]


def delimiters(first_line: str, options: Options) -> str:
    if options.delimiter != "auto":
        return {"tab": "\t"}.get(options.delimiter, options.delimiter)
    said = SEP_LINE(first_line)
    return said[1] if said else DELIMITERS


def ignored_columns(row_parser: RowParser) -> list[dict[str, str | None]]:
    message = "The column was not recognized and was ignored."
    return [
        {"column": truncate(name), "code": "header.unknown", "message": message}
        for name in row_parser.unknown
    ]


def guessed(encoding: str) -> dict[str, str | None]:
    message = (
        f"The text is not UTF-8, so it was read as {encoding}, which is a guess. If letters are wrong, upload the file "
        "again with the option encoding."
    )
    return {"column": None, "code": "file.encoding_guessed", "message": message}
