"""Error and warning codes of files, rows and undos, each with its meaning and remedy, and the exceptions that carry them."""

from collections.abc import Sequence
from dataclasses import dataclass

from lib import limits
from lib.errors import Explanation, Invalid

VALUE_SHOWN = 100


FILE_CODES = {
    "file.media_type": Explanation(
        "The request is neither a multipart form nor a file of a supported type, or has a `Content-Encoding` other than gzip.",
        "Send `multipart/form-data`, or the file as `text/csv`.",
    ),
    "file.required": Explanation(
        "The form has no file in the field `file`.", "Send the file in the field `file`."
    ),
    "file.empty": Explanation("The file is empty.", "Export it again."),
    "file.too_large": Explanation(
        "The file is larger than `UPLOAD_MAX_BYTES`.", "Split it, or raise the limit."
    ),
    "file.not_csv": Explanation(
        "The file is an image, an old workbook (`.xls`), a document or another binary file.",
        "Save it as CSV or `.xlsx`.",
    ),
    "file.encoding": Explanation(
        "The text is not UTF-8 and its encoding could not be detected, or it does not match the option `encoding`.",
        'Save the file as "CSV UTF-8", or set the option `encoding`.',
    ),
    "file.line_too_long": Explanation(
        "A line is longer than 16 MB.", "Check for a missing line break or binary data."
    ),
    "file.too_many_blank_lines": Explanation(
        "More than 1,000,000 consecutive lines are blank.", "Remove them, or check that the file is complete."
    ),
    "file.resource_limit": Explanation(
        "Reading the file exceeded the memory or CPU time allowed for a file of its size.",
        "Split it, or save it in a simpler format, such as CSV.",
    ),
    "file.reader_crashed": Explanation(
        "The file could not be read because of an internal error.",
        "Report the error with the matching lines of the server log.",
    ),
    "file.missing": Explanation("The stored file is missing or incomplete.", "Upload the file again."),
    "storage.full": Explanation(
        "The stored files would exceed `UPLOAD_TOTAL_BYTES`, or the database server ran out of disk space.",
        "Delete jobs that are no longer needed, or raise the limit.",
    ),
    "archive.corrupt": Explanation("The archive is damaged or incomplete.", "Compress the file again."),
    "archive.encrypted": Explanation("The archive is password-protected.", "Remove the password."),
    "archive.file_count": Explanation(
        "The ZIP archive contains no file or more than one, or a gzip file has more than 100,000 members.",
        "Compress a single file.",
    ),
    "archive.nested": Explanation(
        "The archive contains another archive or a workbook.", "Upload the inner file directly."
    ),
    "archive.unsupported": Explanation(
        "The ZIP archive uses an unsupported compression method.",
        "Compress the file as a regular ZIP (Deflate).",
    ),
    "archive.too_large": Explanation(
        "The file decompresses to more than `UPLOAD_MAX_UNPACKED_BYTES` or to more than 200 times its size (a workbook: "
        "100), or it is a workbook with more than 128 MB of text or 1,000 sheets.",
        "Split it, or upload it as CSV.",
    ),
    "workbook.damaged": Explanation(
        "The Excel workbook is damaged.", "Open it in Excel and save it again, or save it as CSV."
    ),
    "workbook.encrypted": Explanation("The Excel workbook is password-protected.", "Remove the password."),
    "header.sku_missing": Explanation(
        "No column is named `sku` or one of its aliases.",
        "Rename the column, or map it with the option `mapping`. The message shows the header as it was read.",
    ),
    "header.row_missing": Explanation(
        "No row begins in the line that the option `header_row` names.",
        "Correct `header_row`, or leave it out.",
    ),
    "sheet.unknown": Explanation(
        "The workbook has no visible sheet with the name in the option `sheet`.",
        "Use the name on the sheet's tab.",
    ),
    "header.unknown_columns": Explanation(
        "Columns match no field, and the option `unknown_columns` is `error`.",
        'Map them to a field, or to `""` to ignore them.',
    ),
    "recipe.unknown": Explanation(
        "There is no recipe with the name in the option `recipe`.",
        "Use `auto`, `none` or the name of a recipe.",
    ),
    "header.duplicate": Explanation(
        "Two columns have the same name, or names that both stand for the same field.",
        "Rename or remove one, or choose one with the option `mapping`.",
    ),
    "header.too_long": Explanation(
        f"The header is longer than {limits.HEADER_MAX_CHARACTERS // 1024} kB or has more than "
        f"{limits.HEADER_MAX_COLUMNS:,} columns.",
        "Remove columns you do not need.",
    ),
    "mapping.unknown_header": Explanation(
        "The option `mapping` names a header that the file does not have.",
        "Write the header as it is in the file. The message shows the header as it was read.",
    ),
    "mapping.unknown_field": Explanation(
        "The option `mapping` names a field that products do not have.",
        'Use `sku`, `name`, `description`, `price`, `is_active`, or `""` to ignore the column.',
    ),
    "mapping.duplicate": Explanation(
        "The option `mapping` maps one header twice, or two headers to one field.", "Keep one of them."
    ),
    "profile.header_changed": Explanation(
        "The file lacks a column that the profile maps to a field. A column without a name of its own is known by its number, "
        "and only in a file with the same header.",
        'Map the columns that are new with the option `mapping`, and a missing one that no column replaces to `""`, or upload '
        "the file without the profile. Then save the profile again from that job.",
    ),
    "sync.too_many_missing": Explanation(
        "More of the active products are missing from the file than `max_missing` allows.",
        "Check that the file is complete. If it is, upload it with a higher `max_missing`.",
    ),
    "job.rejected": Explanation(
        "The file has invalid rows, and the options require every row to be valid.",
        "Correct those rows and upload the file again, or set `on_error` to `skip`.",
    ),
    "job.too_many_errors": Explanation(
        "The file has more invalid rows than `max_errors` allows, so nothing was imported.",
        "Correct those rows and upload the file again, or raise `max_errors`.",
    ),
    "job.crash_loop": Explanation(
        "The import crashed five times at the same point.",
        "Check the worker log. The most likely cause is the worker's memory limit.",
    ),
    "job.miscounted": Explanation(
        "The import's row counts do not add up: rows were lost to an internal error or a storage error.",
        "Import the file again, which changes only what is missing, and report the error.",
    ),
    "job.storage_full": Explanation(
        "The database server ran out of disk space.", "Free some space, then upload the file again."
    ),
}

ROW_CODES = {
    "csv.unclosed_quote": Explanation(
        "A quote is never closed, so the rest of the file was read as this row. In a header, the file is rejected.",
        'Close the quote, or double it (`""`).',
    ),
    "csv.text_after_quote": Explanation(
        "A closing quote is followed by something other than a delimiter, or quotes are escaped by backslashes.",
        'Double each quote inside a quoted cell: `""`.',
    ),
    "row.not_computable": Explanation(
        "The price of the row is that of another row plus a surcharge, which an import does not compute.",
        "Enter the whole price, and leave the surcharge blank.",
    ),
    "row.looks_like_total": Explanation(
        "The row looks like the total of a list: its SKU is a word for total, no product has it, and its other cells are "
        "blank or numbers.",
        "None needed for a total. If it is a product, enter its name, in letters.",
    ),
    "row.too_few_cells": Explanation(
        "The row has fewer cells than the header, and more than blank cells at its end seem to be missing: it ends before "
        "the SKU, the name or the price (with `blank=clear`: before the last field), has a single cell, or reads like "
        "a line of text.",
        "Add delimiters for blank cells. Quote cells that contain line breaks.",
    ),
    "row.too_many_cells": Explanation(
        "The row has more cells than the header, and those are not all blank.",
        "Quote cells that contain the delimiter.",
    ),
    "cell.nul": Explanation("A cell contains a NUL byte.", "Remove it."),
    "cell.encoding": Explanation(
        "A cell contains bytes that are invalid in the file's encoding.",
        'Save the file as "CSV UTF-8", or set the option `encoding`.',
    ),
    "cell.excel_error": Explanation(
        "A cell contains a spreadsheet error value, such as `#N/A` or `#REF!`.",
        "Correct the formula, or leave the cell blank.",
    ),
    "cell.no_result": Explanation(
        "A cell of a workbook is a formula whose result is not stored in the file.",
        "Open the workbook in a spreadsheet program and save it, or enter the value.",
    ),
    "cell.format": Explanation(
        "A cell of a workbook is a number that its number format shows in another way: a SKU that does not show as digits "
        "and fixed text, or a price in percent.",
        "Format the cell as text, and enter what should be read.",
    ),
    "sku.required": Explanation("The SKU is blank.", "Enter a SKU."),
    "sku.too_long": Explanation("The SKU is longer than 64 characters.", "Shorten it."),
    "sku.invalid": Explanation(
        "The SKU contains a control or invisible character.", "Retype it instead of pasting it."
    ),
    "sku.scientific": Explanation(
        "A spreadsheet shortened the SKU to scientific notation, as in `1.23E+12`, and its digits are lost.",
        "Format the column as text, enter the SKU again, and export the file again.",
    ),
    "sku.date": Explanation(
        "A SKU is a date in the workbook. A spreadsheet turns SKUs such as `10-12` into dates.",
        "Format the cell as text, and enter the SKU again.",
    ),
    "sku.list": Explanation(
        "The cell lists several SKUs, such as `ET-1,ET-2`: two or more, each with a digit and without a space, separated by "
        "a comma, a semicolon, `|` or a line break.",
        "Enter a row for each SKU.",
    ),
    "name.required": Explanation(
        "A new product has no name, or the cell tries to clear the name.", "Enter a name."
    ),
    "name.too_long": Explanation("The name is longer than 255 characters.", "Shorten it."),
    "name.invalid": Explanation("The name contains a control character, such as a line break.", "Remove it."),
    "description.too_long": Explanation("The description is longer than 20,000 characters.", "Shorten it."),
    "price.invalid": Explanation(
        "The price is not a number, or does not use the decimal mark set by the option `decimal`.",
        "Use a format such as `1234.50`.",
    ),
    "price.ambiguous": Explanation(
        "The price can be read in two ways, as in `1,234`, and the other prices of the file do not show which is meant.",
        "Set the option `decimal`, or write `1234.00`.",
    ),
    "price.negative": Explanation("The price is negative.", "Enter a price of 0 or more."),
    "price.too_precise": Explanation("The price has more than two decimals.", "Round it to two decimals."),
    "price.too_large": Explanation(
        "The price has more than ten digits before the decimal mark.", "Enter a lower price."
    ),
    "is_active.invalid": Explanation(
        "The value is not a recognized word for yes or no.",
        "Use `true` or `false`, `yes` or `no`, `1` or `0`, `active` or `inactive`.",
    ),
    "product.exists": Explanation(
        "The mode is `create_only`, and a product with this SKU already exists.",
        "Remove the row, or use the mode `upsert`.",
    ),
    "product.not_found": Explanation(
        "The mode is `update_only`, and no product has this SKU.",
        "Correct the SKU, or use the mode `upsert`.",
    ),
}


@dataclass(unsafe_hash=True)
class RowError(Exception):
    """One error in one row. `column` is None for an error of the whole row."""

    code: str
    message: str
    column: str | None = None
    value: str = ""


@dataclass(unsafe_hash=True)
class FileError(Invalid):
    """An error that makes the whole file unusable."""

    code: str
    message: str
    line: int | None = None

    def __post_init__(self) -> None:
        super().__init__(self.message)


def truncate(value: str) -> str:
    """The value, truncated and made storable, for error messages."""
    return sanitize(value if len(value) <= VALUE_SHOWN else value[: VALUE_SHOWN - 1] + "…")


def sanitize(value: str) -> str:
    """Replace NUL by ␀ and undecodable bytes by �, which PostgreSQL can store."""
    if value.isprintable():
        return value
    return value.replace("\0", "␀").encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def sanitized_cells(cells: Sequence[str]) -> list[str] | None:
    """The storable cells of a rejected row, or None if the row is too long to keep."""
    if len(cells) + sum(map(len, cells)) > limits.LISTED_ROW_CHARACTERS:
        return None
    return [sanitize(cell) for cell in cells]
