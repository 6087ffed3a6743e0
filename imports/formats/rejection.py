"""Reject files by their first bytes: binary ones, and archives in archives."""

from imports.errors import FileError
from imports.formats.compression import GZIP_START, ZIP_STARTS
from imports.formats.encoding import HEAD_BYTES, EncodingDetector, wide_without_mark
from lib.limits import HEADER_MAX_CHARACTERS

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
        size = f"{HEADER_MAX_CHARACTERS // 1024} kB"
        raise FileError("header.too_long", f"The header line is longer than {size}. Is this a CSV file?", 1)


def reject_old_excel(head: bytes) -> None:
    """Excel stores a password-protected workbook inside a file of the old format."""
    if "EncryptedPackage".encode("utf-16-le") in head:
        raise FileError("workbook.encrypted", "The workbook is password-protected. Remove the password.")
    raise FileError(
        "file.not_csv",
        "The file is an old Excel workbook (.xls) or password-protected. Save it as .xlsx without a password, or as CSV.",
    )
