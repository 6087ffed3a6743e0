"""What an error of a file, a row or an undo means and what to do, in the words of the console: the reference names options of the API."""

from collections.abc import Mapping

from imports.errors import FILE_CODES, ROW_CODES
from imports.undo_errors import UNDO_CODES
from lib.errors import Explanation

UNEXPLAINED = Explanation("", "")
SETTINGS = "change the settings and run it again"
KNOWN: Mapping[str, Explanation] = {**ROW_CODES, **FILE_CODES, **UNDO_CODES}
# In place of the remedy, and of the meaning if there is a second text.
IN_WORDS: Mapping[str, tuple[str, str]] = {
    "job.rejected": (
        f"Correct those rows and upload the file again, or {SETTINGS}: skip rows with errors.",
        "",
    ),
    "job.too_many_errors": (
        f"Correct those rows and upload the file again, or {SETTINGS}: raise the error limit.",
        "",
    ),
    "sync.too_many_missing": (
        f"Check that the file is complete. If it is, {SETTINGS}: raise the safety limit for deactivations.",
        "",
    ),
    "file.encoding": (f'Save the file as "CSV UTF-8", or {SETTINGS}: choose the encoding.', ""),
    "cell.encoding": (f'Save the file as "CSV UTF-8", or {SETTINGS}: choose the encoding.', ""),
    "price.ambiguous": (f"Write 1234.00, or {SETTINGS}: choose the decimal mark.", ""),
    "price.invalid": (
        "Use a format such as `1234.50`.",
        "The price is not a number, or does not use the decimal mark that was chosen.",
    ),
    "row.too_few_cells": (
        "Add separators for blank cells. Quote cells that contain line breaks.",
        "The row has fewer cells than the header, and more than blank cells at its end seem to be missing.",
    ),
    "product.exists": (
        f"Remove the row, or {SETTINGS}: add and update products.",
        "Only new products are added, and a product with this SKU already exists.",
    ),
    "product.not_found": (
        f"Correct the SKU, or {SETTINGS}: add and update products.",
        "Only existing products are updated, and no product has this SKU.",
    ),
}


def explained(code: str) -> Explanation:
    """Empty for a code of an older version."""
    known = KNOWN.get(code, UNEXPLAINED)
    remedy, meaning = IN_WORDS.get(code, (known.remedy, known.meaning))
    return Explanation(meaning or known.meaning, remedy)
