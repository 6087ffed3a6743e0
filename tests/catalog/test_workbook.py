"""catalog.workbook: an Excel workbook that other programs read as it was meant."""

import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from catalog.workbook import PRODUCTS_MAX, Row, TooLargeForWorkbook, check_rows, text_xml, workbook
from tests.imports.headers import open_sheet

MUG: Row = ("MUG", "Mug", "Blue", Decimal("7.50"), True)
HEADER = ["sku", "name", "description", "price", "is_active"]


def written(*rows: Row) -> bytes:
    return b"".join(workbook([rows]))


def sheet(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))["Products"]


def read(content: bytes) -> Iterable[list[str]]:
    for _, cells, _ in open_sheet(content):
        yield cells


def descriptions(*texts: str) -> list[Row]:
    return [("MUG", "Mug", text, Decimal(1), True) for text in texts]


def test_cells_have_types_and_formats() -> None:
    cells = sheet(written(MUG))[2]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in cells] == [
        ("MUG", "s", "@"), ("Mug", "s", "@"), ("Blue", "s", "@"), (7.5, "n", "0.00"), (True, "b", "General"),
    ]  # fmt: skip


def test_header_is_bold_and_stays_in_view() -> None:
    shown = sheet(written(MUG))
    assert [cell.value for cell in shown[1]] == HEADER
    assert all(cell.font.bold for cell in shown[1])
    assert shown.freeze_panes == "A2"


def test_columns_are_as_wide_as_their_texts() -> None:
    dimensions = sheet(written(MUG)).column_dimensions
    assert [round(dimensions[letter].width) for letter in "ABCDE"] == [25, 41, 61, 13, 11]


def test_catalog_without_products_is_a_header() -> None:
    assert list(read(written())) == [HEADER]


def test_price_has_all_its_digits() -> None:
    price = Decimal("9999999999.99")
    assert list(read(written(("A", "A", "", price, False))))[1] == ["A", "A", "", "9999999999.99", "false"]


def test_formula_is_a_text() -> None:
    cell = sheet(written(*descriptions("=1+1")))["C2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_other_programs_read_the_same_texts() -> None:
    texts = ["_x0041_x0042_", "<r>a</r>", "\x01\r\n", " a ", "]]>&amp;", "\U0001f381"]
    content = written(*descriptions(*texts))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in rows[1:]] == texts


@given(
    st.lists(
        st.sampled_from(
            ["_", "x", "zz", "x005F_", "_x0041", "\x01", "\r", "<r>", "</r>", "&", "\ufffe", " "]
        ),
        max_size=9,
    )
)
def test_text_is_read_as_it_was_written(parts: list[str]) -> None:
    # Without a digit of its own, no part looks like one of several SKUs.
    text = f"a {''.join(parts)}"
    assert list(read(written(*descriptions(text))))[1][2] == text


def test_text_that_excel_would_cut_is_refused() -> None:
    text_xml("\U0001f381" * 16_383)
    with pytest.raises(TooLargeForWorkbook) as refused:
        text_xml("\U0001f381" * 20_000)
    assert refused.value.detail.startswith(
        "A description has 40,000 characters as Excel counts them; a cell has room for 32,767."
    )


def test_longest_description_of_letters_fits() -> None:
    assert len(list(read(written(*descriptions("x" * 20_000))))[1][2]) == 20_000


def test_more_products_than_rows_are_refused() -> None:
    check_rows(PRODUCTS_MAX)
    with pytest.raises(TooLargeForWorkbook, match="An Excel sheet has room for 1,048,575 products"):
        check_rows(PRODUCTS_MAX + 1)


def test_sheet_that_is_broken_off_is_closed() -> None:
    pieces = workbook([[MUG], [MUG]])
    assert next(pieces).startswith(b"PK")
    pieces.close()
    assert list(pieces) == []
