"""imports.rows.cells: one cell to the value it stands for, by the import options."""

import unicodedata
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.validation import FieldError, read_description, read_name, read_price, read_sku
from imports.errors import RowError
from imports.rows.cells import (
    FORMULA_ERRORS,
    NO,
    YES,
    cell_parsers,
    parse_description,
    parse_is_active,
    parse_name,
    parse_price,
    parse_sku,
)

EVERYWHERE = (0, 1, 2, 3, 4)


def refusal(clean: Callable[[str], object], cell: str) -> tuple[str, str]:
    with pytest.raises(RowError) as refused:
        clean(cell)
    return refused.value.code, refused.value.message


def outcome(read: Callable[[str], object], cell: str) -> object:
    try:
        return read(cell)
    except (RowError, FieldError) as error:
        return error.code


# --- SKU ---


def test_sku_is_trimmed_and_normalised() -> None:
    assert parse_sku(" cafe\u0301\u3000") == "caf\u00e9"


@pytest.mark.parametrize("sku", ["007", "1E5", "12E+05", "1.5", "1.5E3", "1,5", "E+12", "-5", "=A1", "NULL"])
def test_sku_is_kept_as_it_is_written(sku: str) -> None:
    assert parse_sku(sku) == sku


@pytest.mark.parametrize(
    "cell", ["1.23E+12", "1,23E+12", " 1.23457E+11 ", "1E+12", "1.2e+16", "9.00E-45", "1,1E+100"]
)
def test_sku_that_a_spreadsheet_has_shortened_is_rejected(cell: str) -> None:
    message = "is a number that a spreadsheet shortened. Format the column as text and export again."
    assert refusal(parse_sku, cell) == ("sku.scientific", f"{cell.strip()} {message}")


@pytest.mark.parametrize("cell", ["", " ", "\u00a0"])
def test_sku_must_be_there(cell: str) -> None:
    assert refusal(parse_sku, cell) == ("sku.required", "The SKU is blank.")


# --- Texts of spreadsheets ---


@pytest.mark.parametrize(
    ("cell", "text"),
    [("'=1+1", "=1+1"), ("'+49", "+49"), ("'-5", "-5"), ("'@home", "@home"), ("''=1", "'=1"), ("'", "'"), ("'quoted'", "'quoted'"),
     ("'s Gravenhage", "'s Gravenhage"), ("=1+1", "=1+1"), ("a'=1", "a'=1"), ("'[clear]", "[clear]"),
     ("'#N/A", "#N/A"), ("'2.19E+26", "2.19E+26"), ("''[clear]", "'[clear]")],
)  # fmt: skip
def test_apostrophe_that_guards_a_text_is_taken_off(cell: str, text: str) -> None:
    assert (parse_sku(cell), parse_name(cell), parse_description(cell)) == (text, text, text)


def test_price_and_word_are_read_from_behind_a_guard() -> None:
    assert parse_price("'-0") == ("0.00", None, "")
    assert refusal(parse_price, "'-5") == ("price.negative", "'-5' is negative.")
    assert refusal(parse_is_active, "'-2")[1].startswith("'-2' is not a recognized status.")


@pytest.mark.parametrize(
    "error", ["#N/A", "#REF!", " #DIV/0! ", "#n/a", "#NV", "#BEZUG!", "#VALEUR!", "#¡VALOR!", "#SPILL!"]
)
@pytest.mark.parametrize("clean", cell_parsers(EVERYWHERE, "keep", "auto"))
def test_error_of_a_formula_is_rejected_in_any_field(clean: Callable[[str], object], error: str) -> None:
    message = f"{error.strip()} is a spreadsheet error value. Correct the formula, or leave the cell blank."
    assert refusal(clean, error) == ("cell.excel_error", message)


@pytest.mark.parametrize("text", ["#1 Mug", "#", "#N/A is what it said", "N/A", "# REF!"])
def test_text_with_a_hash_is_text(text: str) -> None:
    assert parse_name(text) == text
    assert text.casefold() not in FORMULA_ERRORS.split()


# --- Blank cells ---


@pytest.mark.parametrize("blank", ["", " ", "\t\u3000"])
def test_blank_cell_keeps_the_value(blank: str) -> None:
    _, *clean = cell_parsers(EVERYWHERE, "keep", "auto")
    assert [cleaner(blank) for cleaner in clean] == [None, None, (None, None, ""), None]


@pytest.mark.parametrize("token", ["[clear]", " [CLEAR] ", "[Clear]"])
def test_token_clears_the_value(token: str) -> None:
    assert (parse_description(token), parse_price(token), parse_is_active(token)) == (
        "",
        ("0.00", None, ""),
        True,
    )


def test_name_and_sku_cannot_be_cleared() -> None:
    message = "The name cannot be cleared. Leave the cell blank to keep the current name."
    assert refusal(parse_name, "[clear]") == ("name.required", message)
    assert refusal(parse_sku, " [clear]") == ("sku.required", "The SKU cannot be cleared.")


def test_blank_cell_clears_the_value_where_it_is_to() -> None:
    _, *clean = cell_parsers(EVERYWHERE, "clear", "auto")
    assert [cleaner(" ") for cleaner in clean] == [None, "", ("0.00", None, ""), True]


def test_column_that_is_not_there_clears_nothing() -> None:
    _, *clean = cell_parsers((0, -1, -1, -1, -1), "clear", "auto")
    assert [cleaner("") for cleaner in clean] == [None, None, (None, None, ""), None]


def test_token_is_text_where_blank_cells_clear() -> None:
    clean = cell_parsers(EVERYWHERE, "clear", "auto")
    assert (clean.sku("[clear]"), clean.name("[clear]")) == ("[clear]", "[clear]")
    assert clean.description(" [clear] ") == " [clear] "
    assert refusal(clean.price, "[clear]")[0] == "price.invalid"
    assert refusal(clean.is_active, "[clear]")[0] == "is_active.invalid"


# --- Price ---


def test_price_goes_by_the_option() -> None:
    assert cell_parsers(EVERYWHERE, "keep", ",").price("1.234") == ("1234", None, ",")
    assert parse_price("1.234") == (None, "1.234", "")


def test_price_that_is_rejected_shows_its_cell() -> None:
    with pytest.raises(RowError) as refused:
        parse_price("€ 1,2345")
    assert refused.value == RowError(
        "price.too_precise", "'1.2345' has more than two decimals.", "price", "€ 1,2345"
    )


# --- is_active ---


@pytest.mark.parametrize(
    "word", [*YES.split(), "TRUE", "True", " Yes ", "JA", "Wahr", "OUI", "SÍ", "VERDADERO", "1.0"]
)
def test_word_for_yes(word: str) -> None:
    assert parse_is_active(word) is True


@pytest.mark.parametrize(
    "word", [*NO.split(), "FALSE", "False", " No ", "NEIN", "Falsch", "Faux", "0.0", "Draft"]
)
def test_word_for_no(word: str) -> None:
    assert parse_is_active(word) is False


@pytest.mark.parametrize("word", ["2", "maybe", "x", "null", "15", "true false"])
def test_any_other_word_is_rejected(word: str) -> None:
    message = f"'{word}' is not a recognized status. Use true or false."
    assert refusal(parse_is_active, word) == ("is_active.invalid", message)


# --- Whatever the cell ---


def is_ordinary(cell: str) -> bool:
    """Can be stored, and has nothing in it that a spreadsheet or an option gives a meaning."""
    return "\0" not in cell and not unicodedata.normalize("NFKC", cell).strip().startswith(("#", "'", "["))


@given(st.text(max_size=80).filter(is_ordinary))
def test_sku_is_what_the_api_takes(cell: str) -> None:
    assert outcome(parse_sku, cell) == outcome(read_sku, cell)


@given(st.text(min_size=1, max_size=300).filter(str.strip).filter(is_ordinary))
def test_name_is_what_the_api_takes(cell: str) -> None:
    assert outcome(parse_name, cell) == outcome(read_name, cell)


@given(st.text(min_size=1, max_size=80).filter(str.strip).filter(is_ordinary))
def test_description_is_what_the_api_takes(cell: str) -> None:
    assert outcome(parse_description, cell) == outcome(read_description, cell)


@given(st.from_regex(r"\s?-?[0-9]{0,12}\.?[0-9]{0,4}\s?", fullmatch=True).filter(str.strip))
def test_price_with_a_point_is_what_the_api_takes(cell: str) -> None:
    point = cell_parsers(EVERYWHERE, "keep", ".").price
    assert outcome(lambda cell: Decimal(str(point(cell)[0])), cell) == outcome(read_price, cell)
