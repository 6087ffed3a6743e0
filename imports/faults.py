"""What can be wrong with an uploaded file: the closed vocabulary of codes, and how a fault is carried.

imports.reader and imports.rows meet the faults; imports.uploads refuses a file for them, imports.engine fails a
job or rejects a row for them. README explains every code."""

from dataclasses import dataclass

VALUE_SHOWN = 100

FILE_CODES = {
    "file.media_type": "The request is neither a multipart form nor a CSV file.",
    "file.required": "The request has no file.",
    "file.empty": "The file has nothing in it.",
    "file.too_large": "The file is larger than UPLOAD_MAX_BYTES.",
    "file.not_csv": "The file is an image, an archive or another binary file, whatever its name says.",
    "file.encoding": "The file is not UTF-8 where that is known at once: its header, or UTF-16.",
    "file.line_too_long": "A line goes on for more than 16 MB.",
    "file.missing": "The stored file is gone, or not the one that was uploaded.",
    "header.sku_missing": "No column of the header is named sku.",
    "header.duplicate": "Two columns of the header have the same name.",
    "header.too_long": "The header has more than 64 kB or more than 200 columns.",
    "job.broke_off": "The import broke off five times at the same place, for example by killing its worker.",
    "job.storage_full": "The database server ran out of disk space.",
}

ROW_CODES = {
    "csv.unclosed_quote": "A quote opens and never closes; the rest of the file belongs to this row.",
    "csv.after_quote": "Something other than a comma or the end of the line follows a closing quote.",
    "row.too_few_cells": "The row has fewer cells than the header.",
    "row.too_many_cells": "The row has more cells than the header.",
    "cell.nul": "A cell has a NUL byte, which PostgreSQL cannot keep.",
    "cell.encoding": "A cell has bytes that are not UTF-8.",
    "sku.required": "The SKU is blank.",
    "sku.too_long": "The SKU has more than 64 characters.",
    "sku.invalid": "The SKU has a control or an invisible character.",
    "name.required": "The product is new and the row has no name for it.",
    "name.too_long": "The name has more than 255 characters.",
    "name.invalid": "The name has a control character.",
    "description.too_long": "The description has more than 20,000 characters.",
    "price.invalid": "The price is not a plain number such as 1234.50.",
    "price.negative": "The price is below zero.",
    "price.too_precise": "The price has more than two decimals.",
    "price.too_large": "The price has more than ten digits before the point.",
    "is_active.invalid": "The cell is none of the words for yes and no.",
}

WARNING_CODES = {
    "header.unknown": "The column is none of ours and was left out.",
}


@dataclass(unsafe_hash=True)
class Fault(Exception):
    """One thing wrong with one row. `column` is null for faults of the whole row."""

    code: str
    message: str
    column: str | None = None
    value: str = ""


@dataclass(unsafe_hash=True)
class FileFault(Exception):
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
