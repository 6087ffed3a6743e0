"""imports.rows.cells: one cell to the value it stands for, by the import options."""

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.currencies import local_symbols
from catalog.validation import FieldError, read_description, read_name, read_price, read_sku
from imports.errors import RowError
from imports.rows import yes_no_words
from imports.rows.cells import (
    cell_parsers,
    parse_description,
    parse_is_active,
    parse_name,
    parse_price,
    parse_sku,
)
from imports.rows.spreadsheet_errors import KNOWN
from imports.rows.yes_no_words import NO, YES, fold


@pytest.fixture(scope="module", autouse=True)
def currencies_read() -> None:
    """Reading them takes longer than a test of Hypothesis may."""
    local_symbols()


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


@pytest.mark.parametrize(
    "cell", ["ET-1,ET-2", "ET-1, ET-2", "A1;B2;C3", "A1|B2", "A1\nB2", "A1\r\nB2\r\n", "12.5,7/8", ",A1,,B2,"]
)
def test_list_of_skus_is_rejected(cell: str) -> None:
    assert refusal(parse_sku, cell)[0] == "sku.list"


def test_list_of_skus_says_how_many_they_are() -> None:
    skus = ",".join(f"ET-{number}" for number in range(40))
    assert refusal(parse_sku, skus) == ("sku.list", "The cell lists 40 SKUs. Enter a row for each.")


@pytest.mark.parametrize(
    "sku", ["A,B", "A1,B", "A,1", "Mug, blue", "A1 B2", "A1, B2 c", "Ä1,Ä2", "A1,", "10-12", "A1;red"]
)
def test_sku_with_a_separator_is_one_sku_unless_all_its_parts_are_codes(sku: str) -> None:
    assert parse_sku(sku) == sku


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
    "error",
    [
        "#N/A",
        "#REF!",
        " #DIV/0! ",
        "#n/a",
        "#NV",
        "#BEZUG!",
        "#VALEUR!",
        "#¡VALOR!",
        "#SPILL!",
        "#ЗНАЧ!",
        "#YOK",
        "#ARG!",
    ],
)
@pytest.mark.parametrize("clean", cell_parsers(EVERYWHERE, "keep", "auto"))
def test_error_of_a_formula_is_rejected_in_any_field(clean: Callable[[str], object], error: str) -> None:
    message = f"{error.strip()} is a spreadsheet error value. Correct the formula, or leave the cell blank."
    assert refusal(clean, error) == ("cell.excel_error", message)


@pytest.mark.parametrize(
    ("mark", "code", "message"),
    [
        ("#NO_RESULT!", "cell.no_result", "D2 is a formula without a stored result. Save the workbook in a spreadsheet program, which stores it."),
        ("#FORMAT!", "cell.format", "D2 is a number that its format shows in another way. Format the cell as text, and enter what should be read."),
        ("#DATE!", "sku.date", "D2 is a date; a spreadsheet may have made it of a SKU. Format the cell as text, and enter the SKU again."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("clean", cell_parsers(EVERYWHERE, "keep", "auto"))
def test_mark_of_a_workbook_is_an_error_with_its_cell(
    clean: Callable[[str], object], mark: str, code: str, message: str
) -> None:
    assert refusal(clean, f"{mark} D2") == (code, message)


@pytest.mark.parametrize(
    "text", ["#1 Mug", "#", "#N/A is what it said", "N/A", "# REF!", "#DATE!", "#DATE! of birth", "#Date! B2"]
)
def test_text_with_a_hash_is_text(text: str) -> None:
    assert parse_name(text) == text
    assert text.casefold() not in KNOWN


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


# --- HTML ---


def test_html_of_a_description_is_kept_or_removed() -> None:
    html = "<p>Blue</p><p>Red &amp; white</p>"
    assert parse_description(html) == html
    assert parse_description(html, html="strip") == "Blue\nRed & white"


def test_html_without_text_is_a_blank_cell() -> None:
    assert parse_description("<p>&nbsp;</p>", html="strip") is None
    assert parse_description("<p></p>", "clear", html="strip") == ""


def test_text_of_html_is_read_like_any_other() -> None:
    assert parse_description("<p>[clear]</p>", html="strip") == ""
    assert (
        refusal(lambda cell: parse_description(cell, html="strip"), "<b>#REF!</b>")[0] == "cell.excel_error"
    )


def test_length_of_a_description_is_that_of_its_text() -> None:
    assert parse_description("<b></b>" * 5_000 + "Blue", html="strip") == "Blue"
    assert (
        refusal(lambda cell: parse_description(cell, html="strip"), "<b>" + "d" * 20_001)[0]
        == "description.too_long"
    )


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


@pytest.mark.parametrize("word", sorted(YES))
def test_word_for_yes(word: str) -> None:
    assert (parse_is_active(word), parse_is_active(f" {word.upper()} ")) == (True, True)


@pytest.mark.parametrize("word", sorted(NO))
def test_word_for_no(word: str) -> None:
    assert (parse_is_active(word), parse_is_active(f" {word.upper()} ")) == (False, False)


@pytest.mark.parametrize(
    ("yes", "no"),
    [("TRUE", "FALSE"), ("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("VERDADERO", "FALSO"), ("VERO", "FALSO"), ("VERDADEIRO", "FALSO"),
     ("WAAR", "ONWAAR"), ("PRAWDA", "FAŁSZ"), ("SANT", "FALSKT"), ("SAND", "FALSK"), ("SANN", "USANN"), ("TOSI", "EPÄTOSI"),
     ("PRAVDA", "NEPRAVDA"), ("ИСТИНА", "ЛОЖЬ"), ("ІСТИНА", "ХИБНІСТЬ"), ("DOĞRU", "YANLIŞ"), ("IGAZ", "HAMIS"),
     ("ADEVĂRAT", "FALS"), ("ΑΛΗΘΕΣ", "ΨΕΥΔΕΣ")],
)  # fmt: skip
def test_true_and_false_of_excel_are_read_in_its_languages(yes: str, no: str) -> None:
    assert (parse_is_active(yes), parse_is_active(no)) == (True, False)


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        ("publish", True),
        ("private", False),
        ("pending", False),
        ("trash", False),
        ("-1", False),
        ("'-1", False),
    ],
)
def test_status_of_woocommerce_is_read(cell: str, meaning: bool) -> None:
    assert parse_is_active(cell) is meaning


@pytest.mark.parametrize("word", ["AKTİF", "aktif", "AKTIF", "Aktıf", "Etkİn"])
def test_turkish_i_is_read_with_and_without_its_dot(word: str) -> None:
    assert parse_is_active(word) is True


@pytest.mark.parametrize(
    "word", ["não", "NÃO", "nao", "ΌΧΙ", "ΟΧΙ", "όχι", "неактивный", "EPÄTOSI", "FALSZ", "いいえ", "아니요"]
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_make_no_difference_however_they_are_encoded(word: str, form: Literal["NFC", "NFD"]) -> None:
    assert parse_is_active(unicodedata.normalize(form, word)) is False


def test_no_word_means_both() -> None:
    assert not set(map(fold, YES)) & set(map(fold, NO))


@pytest.mark.parametrize(
    "word",
    [
        # Yes in Turkish (evet), no in Finnish (ei).
        "e",
        # Yes in Greek in Latin letters, no in Japanese.
        "nai",
        # Yes in Hungarian (igen), no in English (inactive).
        "i",
        # Yes in Russian in Latin letters, no in English (draft).
        "d",
    ],
)
def test_word_that_is_yes_here_and_no_there_is_rejected(word: str) -> None:
    assert refusal(parse_is_active, word)[0] == "is_active.invalid"


def test_long_cell_is_not_folded() -> None:
    assert yes_no_words.meaning("e" + "\u0301" * 10**7) is None


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
