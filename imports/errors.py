"""What can be wrong with an uploaded file: the closed vocabulary of codes, and how a fault is carried.

imports.formats.csv_reader and imports.rows.row_parser meet the faults; imports.upload.handler refuses a file for them, imports.pipeline.runner fails a
job or rejects a row for them. README explains every code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lib import limits

VALUE_SHOWN = 100


class Explanation(NamedTuple):
    """What a code means, and what to do about it."""

    meaning: str
    remedy: str


FILE_CODES = {
    "file.media_type": Explanation(
        "The request is neither a multipart form nor a file that is taken, or has a `Content-Encoding` other than gzip.",
        "Send `multipart/form-data`, or the file as `text/csv`.",
    ),
    "file.required": Explanation("The form has no file in the field `file`.", "Name the field `file`."),
    "file.empty": Explanation("The file has nothing in it.", "Export it again."),
    "file.too_large": Explanation(
        "The file is larger than `UPLOAD_MAX_BYTES`.", "Split it, or raise the limit."
    ),
    "file.not_csv": Explanation(
        "The file is an image, an old workbook (`.xls`), a document or another binary file.",
        "Save it as CSV or as `.xlsx`.",
    ),
    "file.encoding": Explanation(
        "The text is not UTF-8 and its encoding cannot be told, or it is not in the encoding that was named.",
        'Save it as "CSV UTF-8", or name its encoding by the option `encoding`.',
    ),
    "file.line_too_long": Explanation(
        "A line goes on for more than 16 MB.", "Look for what is not text in it."
    ),
    "file.too_many_blank_lines": Explanation(
        "More than 1,000,000 lines in a row are blank.", "Look whether the file is whole, or remove them."
    ),
    "file.too_costly": Explanation(
        "OpenedFile the file took more memory or processor time than a file of its size may.",
        "Split it, or save it in a simpler form, such as CSV.",
    ),
    "file.reader_crashed": Explanation(
        "OpenedFile the file broke off at a fault of ours.", "Report it with the lines of the server's log."
    ),
    "file.missing": Explanation("The stored file is gone or not whole.", "Upload it again."),
    "storage.full": Explanation(
        "The stored files would have more than `UPLOAD_TOTAL_BYTES` together, or the database server ran out of disk "
        "space.",
        "Delete jobs that are no longer needed, or raise the limit.",
    ),
    "archive.corrupt": Explanation("The archive is damaged or was cut off.", "Pack it again."),
    "archive.encrypted": Explanation("The archive is locked with a password.", "Pack it without one."),
    "archive.members": Explanation(
        "The ZIP archive has no file in it, or more than one; or a gzip file has more than 100,000 parts.",
        "Pack one file alone.",
    ),
    "archive.nested": Explanation(
        "There is an archive or a workbook in the archive.", "Send the inner file as it is."
    ),
    "archive.unsupported": Explanation(
        "The ZIP archive is packed in another way than Deflate.", "Pack it as an ordinary ZIP."
    ),
    "archive.too_large": Explanation(
        "The file unpacks to more than `UPLOAD_MAX_UNPACKED_BYTES`, to more than 200 times its size (a workbook: 100), or to a workbook "
        "with more than 128 MB of texts or 1,000 sheets.",
        "Split it, or send it as CSV.",
    ),
    "workbook.damaged": Explanation(
        "The Excel workbook is damaged.", "Open it in Excel and save it again, or save it as CSV."
    ),
    "workbook.encrypted": Explanation(
        "The Excel workbook is locked with a password.", "Save it without one."
    ),
    "header.sku_missing": Explanation(
        "No column is named `sku` or by another of its usual names.",
        "Name one so, or say which it is by the option `mapping`; the message shows the header as it was read.",
    ),
    "header.duplicate": Explanation(
        "Two columns have the same name, or usual names of the same field.",
        "Rename or remove one, or choose one by the option `mapping`.",
    ),
    "header.too_long": Explanation(
        "The header has more than 64 kB or more than 200 columns.", "Remove columns that are none of ours."
    ),
    "mapping.unknown_header": Explanation(
        "The option `mapping` names a header that the file does not have.",
        "Write it as the file does; the message shows the header as it was read.",
    ),
    "mapping.unknown_field": Explanation(
        "The option `mapping` names a field that products do not have.",
        'Use `sku`, `name`, `description`, `price`, `is_active`, or `""` to leave the column out.',
    ),
    "mapping.duplicate": Explanation(
        "The option `mapping` names one header twice, or two headers for one field.", "Keep one of them."
    ),
    "sync.too_many_missing": Explanation(
        "The file lacks more of the active products than `max_missing` allows.",
        "Look whether the file is whole. If it is, upload it with a higher `max_missing`.",
    ),
    "job.rejected": Explanation(
        "The file has bad rows, and the options say to import nothing then.",
        "Correct the rows that `errors` lists and upload the file again, or set `on_error` to `skip`.",
    ),
    "job.too_many_errors": Explanation(
        "The file has more bad rows than `max_errors` allows, so nothing was imported.",
        "Correct the rows that `errors` lists and upload the file again, or raise `max_errors`.",
    ),
    "job.broke_off": Explanation(
        "The import broke off five times at the same place.",
        "Read the worker's log; its memory limit is the first suspect.",
    ),
    "job.miscounted": Explanation(
        "The counts of the import do not come out: rows were lost on the way, by a fault of ours or of the storage.",
        "Import the file again, which changes only what is missing, and report it.",
    ),
    "job.storage_full": Explanation(
        "The database server ran out of disk space.", "Make room, and upload the file again."
    ),
}

ROW_CODES = {
    "csv.unclosed_quote": Explanation(
        "A quote opens and never closes; the rest of the file was read as this row. In a header, the file is refused.",
        "Close the quote, or write it twice.",
    ),
    "csv.after_quote": Explanation(
        "Something other than a delimiter follows a closing quote.",
        'Write a quote inside a quoted cell twice: `""`.',
    ),
    "row.too_few_cells": Explanation(
        "The row has fewer cells than the header.", "Add the delimiters of the blank cells."
    ),
    "row.too_many_cells": Explanation(
        "The row has more cells than the header.", "Put a cell with a delimiter in it into quotes."
    ),
    "cell.nul": Explanation("A cell has a NUL byte.", "Remove it."),
    "cell.encoding": Explanation(
        "A cell has bytes that are no text in the encoding of the file.",
        'Save the file as "CSV UTF-8", or name its encoding by the option `encoding`.',
    ),
    "cell.excel_error": Explanation(
        "A cell has what a spreadsheet writes where a formula failed, such as `#N/A` or `#REF!`.",
        "Correct the formula, or leave the cell blank.",
    ),
    "sku.required": Explanation("The SKU is blank.", "Fill it in."),
    "sku.too_long": Explanation("The SKU has more than 64 characters.", "Shorten it."),
    "sku.invalid": Explanation(
        "The SKU has a control or an invisible character.", "Type it anew instead of pasting it."
    ),
    "sku.scientific": Explanation(
        "A spreadsheet took the SKU for a number and cut its digits, as in `1.23E+12`.",
        "Format the column as text, fill in the SKU again, and export the file anew.",
    ),
    "name.required": Explanation(
        "The product is new and the row has no name, or the cell asks to clear the name.", "Fill it in."
    ),
    "name.too_long": Explanation("The name has more than 255 characters.", "Shorten it."),
    "name.invalid": Explanation("The name has a control character, such as a newline.", "Remove it."),
    "description.too_long": Explanation("The description has more than 20,000 characters.", "Shorten it."),
    "price.invalid": Explanation(
        "The price is not a number, or its marks do not stand where the option `decimal` wants them.",
        "Write `1234.50`.",
    ),
    "price.ambiguous": Explanation(
        "The price can be read in two ways, as `1,234` can, and the other prices of the file do not tell which.",
        "Upload the file with the option `decimal`, or write `1234.00`.",
    ),
    "price.negative": Explanation("The price is below zero.", "Correct it."),
    "price.too_precise": Explanation("The price has more than two decimals.", "Round it."),
    "price.too_large": Explanation(
        "The price has more than ten digits before the decimal mark.", "Correct it."
    ),
    "is_active.invalid": Explanation(
        "The cell is none of the words for yes and no.",
        "Write `true` or `false`, `yes` or `no`, `1` or `0`, `active` or `inactive`.",
    ),
    "product.exists": Explanation(
        "The mode is `create_only`, and the catalog has a product with this SKU.",
        "Leave the row out, or use the mode `upsert`.",
    ),
    "product.not_found": Explanation(
        "The mode is `update_only`, and the catalog has no product with this SKU.",
        "Correct the SKU, or use the mode `upsert`.",
    ),
}

WARNING_CODES = {
    "file.encoding_guessed": Explanation(
        "The text is not UTF-8 and its encoding was guessed; `file.encoding` of the job names it.",
        "Where letters came out wrong, upload the file again with the option `encoding`.",
    ),
    "header.unknown": Explanation(
        "A column is none of ours and was left out.",
        'None needed. Map it to `""` or begin its name with `_` to say that it is meant so.',
    ),
}


@dataclass(unsafe_hash=True)
class RowError(Exception):
    """One thing wrong with one row. `column` is null for faults of the whole row."""

    code: str
    message: str
    column: str | None = None
    value: str = ""


@dataclass(unsafe_hash=True)
class FileError(Exception):
    """What makes the file as a whole unusable."""

    code: str
    message: str
    line: int | None = None

    @property
    def detail(self) -> str:
        return self.message


def readable(value: str) -> str:
    """The value as it can be stored and shown: cut, NUL and bytes that are no text replaced."""
    return storable(value if len(value) <= VALUE_SHOWN else value[: VALUE_SHOWN - 1] + "…")


def storable(value: str) -> str:
    """The value with NUL shown as ␀ and bytes that are no text as �."""
    if value.isprintable():
        return value
    return value.replace("\0", "␀").encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def kept(cells: Sequence[str]) -> list[str] | None:
    """The cells of a rejected row as they can be stored; None where the row is too long for that."""
    if len(cells) + sum(map(len, cells)) > limits.LISTED_ROW_CHARACTERS:
        return None
    return [storable(cell) for cell in cells]
