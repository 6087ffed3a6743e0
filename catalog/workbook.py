"""Write products as an Excel workbook (.xlsx), streaming: nothing but the current rows is in memory, and no file is written.

XlsxWriter makes the workbook with its header, formats and widths, once; the rows are added to its sheet while it is sent.
XlsxWriter's own way to write many rows would need a file on disk, and changes texts such as `_x0041_x0042_` and `<r>a</r>`."""

import re
from collections.abc import Generator, Iterable, Sequence
from decimal import Decimal
from functools import cache
from html import escape
from io import BytesIO
from itertools import count
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

from catalog.formulas import guarded_in_workbook
from lib.errors import Explanation, Invalid
from lib.limits import EXPORT_CELL_MAX_CHARACTERS, WORKBOOK_ROWS_MAX

Row = tuple[str, str, str, Decimal, bool]

# Column widths in characters.
WIDTHS = {"sku": 24, "name": 40, "description": 60, "price": 12, "is_active": 10}
PRODUCTS_MAX = WORKBOOK_ROWS_MAX - 1
SHEET = "xl/worksheets/sheet1.xml"
END_OF_ROWS = b"</sheetData>"
# Optional, and unknown before the last row.
DIMENSION = re.compile(b"<dimension[^>]*/>")
STYLES = re.compile(rb'<col [^>]*style="([0-9]+)"')
# Characters that XML cannot contain, or that a reader of XML changes, are written as _x000D_; what looks like that starts with
# _x005F_.
NOT_XML = r"\x00-\x08\x0b-\x1f\ufffe\uffff"
ESCAPED = re.compile(f"[{NOT_XML}]|_(?=x[0-9A-Fa-f]{{4}}[_{NOT_XML}])")


class TooLargeForWorkbook(Invalid):
    code = "exports.too_large"
    codes = {
        code: Explanation(
            "The products do not fit into an Excel workbook.",
            "Filter the products, or export them as CSV.",
        )
    }
    pointer = "/query/format"


class Frame(NamedTuple):
    """A workbook without rows: its other parts, its sheet up to the rows and after them, and the styles of cells."""

    parts: dict[str, bytes]
    head: bytes
    tail: bytes
    text_style: str
    price_style: str


class Pieces:
    """A file that is taken away while it is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """ZipFile requires it, like close()."""

    def close(self) -> None:
        pass

    def take(self) -> bytes:
        piece = b"".join(self.written)
        self.written.clear()
        return piece


def workbook(batches: Iterable[Sequence[Row]]) -> Generator[bytes, None, None]:
    """The file in pieces, one for each batch and one for the end. Raises TooLargeForWorkbook."""
    pieces, form, numbers = Pieces(), frame(), count(2)
    with ZipFile(pieces, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in form.parts.items():
            archive.writestr(name, content)
        with archive.open(SHEET, "w") as sheet:
            sheet.write(form.head)
            for batch in batches:
                for row in batch:
                    sheet.write(row_xml(next(numbers), row, form).encode())
                yield pieces.take()
            sheet.write(form.tail)
    yield pieces.take()


@cache
def frame() -> Frame:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Products")
        text, price = book.add_format({"num_format": "@"}), book.add_format({"num_format": "0.00"})
        formats = {"price": price, "is_active": None}
        for column, (name, width) in enumerate(WIDTHS.items()):
            sheet.set_column(column, column, width, formats.get(name, text))
        sheet.write_row(0, 0, WIDTHS, book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        # Excel would mark every numeric SKU.
        sheet.ignore_errors({"number_stored_as_text": f"A1:C{WORKBOOK_ROWS_MAX}"})
    with ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    head, end, tail = DIMENSION.sub(b"", parts.pop(SHEET)).partition(END_OF_ROWS)
    [text_style, _, _, price_style] = [style.decode() for style in STYLES.findall(head)]
    return Frame(parts, head, end + tail, text_style, price_style)


def row_xml(number: int, row: Row, form: Frame) -> str:
    check_rows(number - 1)
    *texts, price, is_active = row
    cells = "".join(
        f'<c r="{column}{number}" s="{form.text_style}" t="inlineStr"><is><t xml:space="preserve">{text_xml(text)}</t></is></c>'
        for column, text in zip("ABC", texts, strict=True)
        if text
    )
    return (
        f'<row r="{number}">{cells}<c r="D{number}" s="{form.price_style}"><v>{price}</v></c>'
        f'<c r="E{number}" t="b"><v>{is_active:d}</v></c></row>'
    )


def check_rows(products: int) -> None:
    if products > PRODUCTS_MAX:
        raise TooLargeForWorkbook(
            f"An Excel sheet has room for {PRODUCTS_MAX:,} products, and these are more. Filter the products, or "
            "export them as CSV."
        )


def text_xml(text: str) -> str:
    cell = guarded_in_workbook(text)
    check_length(cell)
    return escape(ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", cell), quote=False)


def check_length(cell: str) -> None:
    """Excel counts in UTF-16, where an emoji is two characters."""
    if 2 * len(cell) > EXPORT_CELL_MAX_CHARACTERS:
        length = len(cell.encode("utf-16-le")) // 2
        if length > EXPORT_CELL_MAX_CHARACTERS:
            raise TooLargeForWorkbook(
                f"A description has {length:,} characters as Excel counts them; a cell has room for "
                f"{EXPORT_CELL_MAX_CHARACTERS:,}. It starts with '{cell[:40]}'. Shorten it, or export the products as CSV."
            )
