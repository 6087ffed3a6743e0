"""imports.rows: a record to a clean row or to what is wrong with it."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.fields import FieldFault, read_name, read_price, read_sku
from imports.faults import Fault, FileFault
from imports.rows import Layout, clean_name, clean_price, clean_sku, read_header

HEADER = ["sku", "name", "description", "price", "is_active"]


def clean(*cells: str, header: list[str] = HEADER) -> tuple[str | bool | None, ...]:
    return read_header(header).clean(list(cells))


def faults(*cells: str, header: list[str] = HEADER) -> list[tuple[str | None, str]]:
    return [(fault.column, fault.code) for fault in read_header(header).faults(list(cells))]


def test_clean_row_has_the_fields_in_order() -> None:
    assert clean("A1", "Mug", "Blue", "1.50", "no") == ("A1", "Mug", "Blue", "1.50", False)


def test_columns_are_found_in_any_order_and_case() -> None:
    assert clean("1", "A1", "Mug", header=[" Price", "SKU", "Name "]) == ("A1", "Mug", None, "1", None)


def test_column_names_may_be_spelled_with_spaces_or_dashes() -> None:
    assert clean("A1", "yes", header=["sku", "Is-Active"])[4] is True


def test_blank_cells_and_absent_columns_are_none() -> None:
    assert clean("A1", "", " ", "", "") == ("A1", None, None, None, None)
    assert clean("A1", header=["sku"]) == ("A1", None, None, None, None)


def test_spaces_around_sku_and_name_are_cut_off() -> None:
    assert clean(" A1 ", "\tMug\u3000", " kept ", "1", "")[:3] == ("A1", "Mug", " kept ")


def test_sku_is_normalised() -> None:
    assert clean_sku("cafe\u0301") == "caf\u00e9"


def test_leading_zeros_of_a_sku_are_kept() -> None:
    assert clean_sku("007") == "007"


@pytest.mark.parametrize(
    ("cell", "price"),
    [("29.99", "29.99"), (" 5 ", "5.00"), ("0", "0.00"), ("-0", "0.00"), (".5", "0.50"), ("1.500", "1.50"),
     ("0009999999999.99", "9999999999.99"), ("", None), ("  ", None)],
)  # fmt: skip
def test_price_is_read(cell: str, price: str | None) -> None:
    cleaned = clean_price(cell)
    assert (cleaned and Decimal(cleaned)) == (price and Decimal(price))


@pytest.mark.parametrize(
    ("cell", "code"),
    [("abc", "invalid"), ("NaN", "invalid"), ("Infinity", "invalid"), ("1e3", "invalid"), ("1_000", "invalid"),
     ("\uff11", "invalid"), ("\u0663", "invalid"), ("1,5", "invalid"), ("$5", "invalid"), (".", "invalid"), ("1 2", "invalid"),
     ("-1", "negative"), ("1.005", "too_precise"), ("12345678901", "too_large")],
)  # fmt: skip
def test_price_is_refused(cell: str, code: str) -> None:
    assert faults("A1", "Mug", "", cell, "") == [("price", f"price.{code}")]


@pytest.mark.parametrize("word", ["true", "TRUE", "t", "1", "yes", "Y", "on", " active "])
def test_word_for_yes(word: str) -> None:
    assert clean("A1", "", "", "", word)[4] is True


@pytest.mark.parametrize("word", ["false", "F", "0", "no", "n", "OFF", "inactive"])
def test_word_for_no(word: str) -> None:
    assert clean("A1", "", "", "", word)[4] is False


@pytest.mark.parametrize("word", ["2", "ja", "maybe"])
def test_any_other_word_is_refused(word: str) -> None:
    assert faults("A1", "", "", "", word) == [("is_active", "is_active.invalid")]


@pytest.mark.parametrize(
    ("sku", "code"),
    [("", "required"), (" \u00a0", "required"), ("x" * 65, "too_long"), ("a\u200bb", "invalid")],
)
def test_sku_is_refused(sku: str, code: str) -> None:
    assert faults(sku, "Mug", "", "", "") == [("sku", f"sku.{code}")]


def test_every_fault_of_a_row_is_found() -> None:
    assert faults("", "x" * 256, "d" * 20_001, "-1", "?") == [
        ("sku", "sku.required"),
        ("name", "name.too_long"),
        ("description", "description.too_long"),
        ("price", "price.negative"),
        ("is_active", "is_active.invalid"),
    ]


def test_fault_quotes_the_value() -> None:
    with pytest.raises(Fault) as refusal:
        clean("A1", "Mug", "", "abc", "")
    assert refusal.value == Fault("price.invalid", "'abc' is not a price.", "price", "abc")


def test_long_value_is_quoted_in_part() -> None:
    [fault] = read_header(HEADER).faults(["A1", "Mug", "", "9" * 500, ""])
    assert fault.value == "9" * 99 + "…"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["A1", "Mug"], "The row has 2 cells, the header has 5."),
        (["A1", *"bcdef"], "The row has 6 cells, the header has 5. A cell with a comma in it needs quotes."),
    ],
)
def test_row_has_the_width_of_the_header(cells: list[str], message: str) -> None:
    with pytest.raises(Fault) as refusal:
        clean(*cells)
    assert refusal.value.message == message


@pytest.mark.parametrize(("cell", "code"), [("a\0b", "cell.nul"), ("caf\udce9", "cell.encoding")])
def test_cell_that_cannot_be_stored_is_refused_in_any_column(cell: str, code: str) -> None:
    header = ["sku", "colour"]
    assert faults("A1", cell, header=header) == [("colour", code)]
    with pytest.raises(Fault, match="cell"):
        read_header(header).check_readable(["A1", cell])


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "<script>", "{{7*7}}", "'; DROP TABLE x", "NULL", "\\N"]
)
def test_text_that_means_something_elsewhere_is_text(text: str) -> None:
    assert clean("A1", text, text, "", "")[1:3] == (text, text)


@pytest.mark.parametrize(
    ("header", "code"),
    [(["name", "price"], "header.sku_missing"), (["sku", "name", "NAME"], "header.duplicate"),
     (["sku", *["x"] * 200], "header.too_long"), (["sku", "caf\udce9"], "file.encoding")],
)  # fmt: skip
def test_header_is_refused(header: list[str], code: str) -> None:
    with pytest.raises(FileFault) as refusal:
        read_header(header)
    assert refusal.value.code == code


def test_unknown_columns_are_named_but_not_notes_and_blanks() -> None:
    assert read_header(["sku", "Colour ", "_code", ""]).unknown == ["Colour"]


def test_layout_is_a_value() -> None:
    assert read_header(["sku", "price"]) == Layout(("sku", "price"), (0, -1, -1, 1, -1))


@given(st.text(max_size=80))
def test_sku_is_what_the_api_takes(cell: str) -> None:
    assert outcome(clean_sku, cell) == outcome(read_sku, cell)


@given(st.text(min_size=1, max_size=300).filter(str.strip))
def test_name_is_what_the_api_takes(cell: str) -> None:
    assert outcome(clean_name, cell) == outcome(read_name, cell)


@given(st.from_regex(r"\s?-?[0-9]{0,12}[.,]?[0-9]{0,4}\s?", fullmatch=True).filter(str.strip))
def test_price_is_what_the_api_takes(cell: str) -> None:
    assert outcome(lambda cell: Decimal(clean_price(cell) or "nothing"), cell) == outcome(read_price, cell)


def outcome(read: Callable[[str], object], cell: str) -> object:
    try:
        return read(cell)
    except (Fault, FieldFault) as fault:
        return fault.code
