"""catalog.formulas: texts that a spreadsheet or an import would take for something else, in cells and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.formulas import IS_WORD, guarded, guarded_as_written, guarded_in_workbook, unguarded
from imports.rows.cells import parse_description, parse_sku
from imports.rows.spreadsheet_errors import KNOWN
from tests.catalog import awkward

PARTS = [
    "'",
    "=",
    "+",
    "-",
    "@",
    "\uff1d",
    "\t",
    "\r",
    "\n",
    " ",
    ";",
    ",",
    "a",
    "1",
    "#N/A",
    "#",
    "[clear]",
    "1.2E+16",
    "\u00a0",
]
texts = st.lists(st.sampled_from(PARTS), max_size=8).map("".join) | st.sampled_from(
    [*awkward.TEXTS, *awkward.DESCRIPTIONS]
)
delimiters = st.sampled_from(",;\t|")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("'=1", "''=1"),
        ("\uff1d1", "'\uff1d1"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff20A1", "'\uff20A1"),
        ("\uff0d1", "'\uff0d1"),
        ("a;=1;b", "'a;'=1;b"),
        ("=a;-1", "'=a;'-1"),
        ("'a;'=1", "''a;''=1"),
        ("a,=1", "a,=1"),
        ("a,'=1", "'a,''=1"),
        ("a; b", "a; b"),
        ("''", "''"),
        ("'quoted'", "'quoted'"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_text_that_is_like_a_formula_is_guarded(text: str, cell: str) -> None:
    assert guarded(text) == cell


def test_formula_behind_a_comma_is_guarded_between_semicolons() -> None:
    assert [guarded(text, ";") for text in ("a,=1", "a;=1", "a;'=1")] == ["'a,'=1", "a;=1", "'a;''=1"]


@pytest.mark.parametrize(
    "text",
    [
        "[clear]",
        "[CLEAR]",
        " [clear]\n",
        "#N/A",
        "#¡VALOR!",
        "1.23E+12",
        "1,5e-07",
        "1E+05",
        " ",
        "\t",
        "'[clear]",
        "' ",
    ],
)
def test_text_with_a_meaning_to_imports_is_guarded(text: str) -> None:
    assert guarded(text) == guarded_in_workbook(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["#1 Mug", "[clear] it", "1E5", "12", "N/A", "a [clear]", "'s Gravenhage", "'"]
)
def test_text_that_is_clear_is_not_guarded(text: str) -> None:
    assert guarded(text) == guarded_in_workbook(text) == text


@pytest.mark.parametrize("text", ["=1+1", "-5", "@home", "a;=1"])
def test_formula_is_not_guarded_in_a_workbook(text: str) -> None:
    assert guarded_in_workbook(text) == text


def test_every_error_value_is_guarded() -> None:
    assert [error for error in KNOWN if not IS_WORD(error)] == []


@given(texts | st.text(), delimiters)
def test_text_comes_back_from_its_cell(text: str, delimiter: str) -> None:
    assert unguarded(guarded(text, delimiter)) == text
    assert unguarded(guarded_in_workbook(text)) == text


@given(texts.filter(bool), delimiters)
def test_description_is_imported_from_its_cell(text: str, delimiter: str) -> None:
    assert parse_description(guarded(text, delimiter), "clear") == text
    assert parse_description(guarded_in_workbook(text)) == text


@pytest.mark.parametrize("sku", ["[clear]", "#N/A", "2.19E+26", "'2.19E+26", "=1+1"])
def test_sku_is_imported_from_its_cell(sku: str) -> None:
    assert parse_sku(guarded(sku)) == parse_sku(guarded_in_workbook(sku)) == sku


@given(texts, delimiters)
def test_cell_that_is_written_again_means_the_same(cell: str, delimiter: str) -> None:
    again = guarded_as_written(cell, delimiter)
    assert unguarded(again) == unguarded(cell)
    assert bool(IS_WORD(again)) == bool(IS_WORD(cell))
    assert guarded_as_written(again, delimiter) == again


@pytest.mark.parametrize("cell", ["[clear]", "#N/A", "1.23E+12", "\t", "'[clear]", "\t[clear]"])
def test_cell_with_a_meaning_is_written_as_it_was(cell: str) -> None:
    assert guarded_as_written(cell) == cell
