"""imports.rows.row_parser: a record to a clean row or to what is wrong with it."""

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.currencies import local_symbols
from catalog.prices import DecimalMark
from imports.errors import RowError
from imports.rows.cells import Blank
from imports.rows.html_text import Html
from imports.rows.row_parser import ParsedRow, RowParser
from tests.imports.headers import read_header


@pytest.fixture(scope="module", autouse=True)
def currencies_read() -> None:
    """Reading them takes longer than a test of Hypothesis may."""
    local_symbols()


HEADER = ["sku", "name", "description", "price", "is_active"]


def clean(*cells: str, header: list[str] = HEADER) -> ParsedRow:
    return read_header(header).parse(list(cells))


def errors(*cells: str, header: list[str] = HEADER) -> list[tuple[str | None, str]]:
    return [(error.column, error.code) for error in read_header(header).errors(list(cells))]


def test_clean_row_has_the_fields_in_order_and_no_ambiguous_price() -> None:
    assert clean("A1", "Mug", "Blue", "1.50", "no") == ("A1", "Mug", "Blue", "1.50", False, None)


def test_columns_are_read_where_the_header_has_them() -> None:
    assert clean("1", "A1", "Mug", header=[" Preis", "SKU", "Title "]) == ("A1", "Mug", None, "1", None, None)


def test_columns_are_read_where_the_mapping_has_them() -> None:
    row_parser = read_header(["sku", "name", "Nr"], {"Nr": "sku"})
    assert row_parser.parse(["x", "Mug", "A1"])[:2] == ("A1", "Mug")


def test_blank_cells_and_absent_columns_are_none() -> None:
    assert clean("A1", "", " ", "", "") == ("A1", None, None, None, None, None)
    assert clean("A1", header=["sku"]) == ("A1", None, None, None, None, None)


def test_blank_cells_clear_where_they_are_to_and_absent_columns_do_not() -> None:
    row_parser = read_header(["sku", "name", "price"], blank="clear")
    assert row_parser.parse(["A1", "", ""]) == ("A1", None, None, "0.00", None, None)


def test_spaces_around_sku_and_name_are_cut_off() -> None:
    assert clean(" A1 ", "\tMug\u3000", " kept ", "1", "")[:3] == ("A1", "Mug", " kept ")


def test_price_that_can_be_read_in_two_ways_comes_last() -> None:
    assert clean("A1", "Mug", "Blue", "€ 1,234", "no") == ("A1", "Mug", "Blue", None, False, "1,234")


# --- Decimal decimal_marks ---


def decimal_marks(*prices: str, decimal: DecimalMark = "auto") -> set[str]:
    row_parser = read_header(["sku", "price"], decimal=decimal)
    for price in prices:
        row_parser.parse(["A1", price])
    return row_parser.decimal_marks


def test_prices_tell_the_decimal_marks_of_the_file() -> None:
    assert decimal_marks("1", "", "1,234", "1 000") == set()
    assert decimal_marks("1", "2.50", "3.50") == {"."}
    assert decimal_marks("1.234,50", "2,5") == {","}
    assert decimal_marks("1,5", "1.5") == {".", ","}


def test_price_of_a_row_in_order_reports_its_mark() -> None:
    row_parser = read_header(HEADER)
    assert row_parser.parse(["A1", "Mug", "Blue", "1.50", "no"])[3] == "1.50"
    assert row_parser.decimal_marks == {"."}


@pytest.mark.parametrize("row", [["A1", "1,2345", "no"], ["", "1,50", "no"], ["A1", "1,50", "?"], ["A1"]])
def test_rejected_row_reports_no_mark(row: list[str]) -> None:
    row_parser = read_header(["sku", "price", "is_active"])
    with pytest.raises(RowError):
        row_parser.parse(row)
    assert row_parser.decimal_marks == set()


# --- What is wrong ---


def test_every_error_of_a_row_is_found() -> None:
    assert errors("", "x" * 256, "d" * 20_001, "-1", "?") == [
        ("sku", "sku.required"),
        ("name", "name.too_long"),
        ("description", "description.too_long"),
        ("price", "price.negative"),
        ("is_active", "is_active.invalid"),
    ]


def test_ambiguous_price_is_no_error() -> None:
    assert errors("A1", "Mug", "", "1,234", "?") == [("is_active", "is_active.invalid")]


def test_error_quotes_the_value() -> None:
    with pytest.raises(RowError) as refusal:
        clean("A1", "Mug", "", "abc", "")
    assert refusal.value == RowError("price.invalid", "'abc' is not a price.", "price", "abc")


def test_long_value_is_quoted_in_part() -> None:
    [error] = read_header(HEADER).errors(["A1", "Mug", "", "9" * 500, ""])
    assert error.value == "9" * 99 + "…"


def test_rejected_row_leaves_no_cycle_for_the_garbage_collector() -> None:
    row_parser = read_header(HEADER)
    gc.collect()
    row_parser.errors(["", "Mug", "", "abc", "?"])
    assert gc.collect() == 0


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["A1", "Mug"], "The row has 2 cells; the header has 5. Add delimiters for blank cells."),
        (["A1", *"bcdef"], "The row has 6 cells; the header has 5. Quote cells that contain the delimiter."),
    ],
)
def test_row_has_the_width_of_the_header(cells: list[str], message: str) -> None:
    with pytest.raises(RowError) as refusal:
        clean(*cells)
    assert refusal.value.message == message


# --- Rows that are longer or shorter than the header ---

CUT = ["sku", "name", "price", "description", "is_active"]


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0"])
def test_blank_cells_beyond_the_header_are_nothing(blank: str) -> None:
    assert clean("A1", "Mug", "1", blank, blank, header=["sku", "name", "price"])[:2] == ("A1", "Mug")


def test_blank_end_of_a_row_may_be_left_out() -> None:
    assert clean("A1", "Mug", "3.00", header=CUT) == ("A1", "Mug", None, "3.00", None, None)


def test_errors_of_a_row_without_its_blank_end_are_found() -> None:
    assert errors("A1", "Mug", "x", header=CUT) == [("price", "price.invalid")]


def test_row_that_ends_before_a_column_that_is_not_read_is_whole() -> None:
    row_parser = read_header(["sku", "name", "Colour", "Size"], blank="clear")
    assert row_parser.parse(["A1", "Mug"])[:2] == ("A1", "Mug")


def test_blank_end_may_not_be_left_out_where_blank_cells_clear() -> None:
    with pytest.raises(RowError, match="The row has 4 cells; the header has 5"):
        read_header(CUT, blank="clear").parse(["A1", "Mug", "3.00", "Blue"])


@pytest.mark.parametrize(
    ("cells", "header"),
    [
        (["Total: 12 articles"], CUT),
        (["Socks"], ["sku", "description", "is_active"]),
        (["Socks", "wool"], CUT),
        (["Socks", " wool"], ["sku", "name", "Colour"]),
        (["warm", " soft", "5"], CUT),
        (["Total of articles", "12", "99.00"], CUT),
        (["Blue", "Mug"], ["Colour", "name", "sku"]),
    ],
)
def test_row_that_may_be_a_line_of_a_text_is_no_product(cells: list[str], header: list[str]) -> None:
    with pytest.raises(RowError) as refusal:
        clean(*cells, header=header)
    assert refusal.value.code == "row.too_few_cells"


@pytest.mark.parametrize(("cell", "code"), [("a\0b", "cell.nul"), ("caf\udce9", "cell.encoding")])
def test_cell_that_cannot_be_stored_is_rejected_in_any_column(cell: str, code: str) -> None:
    header = ["sku", "colour"]
    assert errors("A1", cell, header=header) == [("colour", code)]
    with pytest.raises(RowError, match="cell"):
        read_header(header).check_readable(["A1", cell])


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "<script>", "{{7*7}}", "'; DROP TABLE x", "NULL", "\\N"]
)
def test_text_that_means_something_elsewhere_is_text(text: str) -> None:
    assert clean("A1", text, text, "", "")[1:3] == (text, text)


def test_layout_is_a_value() -> None:
    assert read_header(["sku", "price"]) == RowParser(("sku", "price"), (0, -1, -1, 1, -1))


# --- The short way and the long way ---


USUAL = ("A1", "Mug", "Blue", "1.50", "true")
ODD = (
    [
        "a-1",
        "1.5E+12",
        "1E+12",
        "12",
        "x" * 64,
        "x" * 65,
        "[clear]",
        "'=1",
        "#N/A",
        "",
        " A1",
        "A\x0b1",
        "É1",
        "e\u0301",
        "A 1",
        "A1,B2",
        "B2;A1",
        "A1|B2",
        "A,1",
    ],
    [
        "Seven 7",
        "n" * 255,
        "n" * 256,
        "[clear]",
        "[CLEAR]",
        " [clear]",
        "'=1",
        "#N/A",
        " Mug",
        "",
        "M\x07g",
        "éclair",
    ],
    [
        "",
        " ",
        "\u00a0",
        "[clear]",
        "[clear] ",
        "\u00a0[clear]",
        "'-1",
        "#REF!",
        "d" * 20_000,
        "d" * 20_001,
        "éclair",
        "B\nb",
        "<p>B</p>",
        "a < b",
        "a &amp; b",
        "<p>[clear]</p>",
    ],
    [
        "",
        "5",
        "5.",
        ".5",
        "1,234",
        "1.234",
        "1,5",
        "9999999999",
        "99999999.99",
        "12345678901",
        "[clear]",
        "1.005",
        "٣",
    ],
    ["NO", "ja", "", "?", "[clear]", " yes"],
)
noise = st.text("a1.,-\"'; \t\x0b\u00a0\u2028\u200bé[]#+=@eE/", max_size=8)
Layout = tuple[Blank, DecimalMark, Html]
LAYOUTS: list[Layout] = [
    ("keep", "auto", "keep"),
    ("clear", "auto", "keep"),
    ("keep", ".", "keep"),
    ("keep", ",", "strip"),
    ("clear", "auto", "strip"),
]


@st.composite
def rows(draw: st.DrawFn) -> list[str]:
    """In order but for a cell or two."""
    row = list(USUAL)
    for place in draw(st.lists(st.integers(0, 4), max_size=2)):
        row[place] = draw(st.sampled_from(ODD[place]) | noise | noise.map(row[place].__add__))
    return row


@pytest.mark.parametrize("how", LAYOUTS)
@pytest.mark.parametrize("place", range(5))
def test_odd_cell_is_read_as_by_the_cleaners(place: int, how: Layout) -> None:
    for cell in ODD[place]:
        row = [*USUAL[:place], cell, *USUAL[place + 1 :]]
        compare([list(USUAL), row], how)


@given(st.lists(rows(), min_size=1, max_size=8), st.sampled_from(LAYOUTS))
def test_row_in_order_is_read_as_by_the_cleaners(found: list[list[str]], how: Layout) -> None:
    compare(found, how)


def compare(found: list[list[str]], how: Layout) -> None:
    short, long = (read_header(HEADER, blank=how[0], decimal=how[1], html=how[2]) for _ in range(2))
    for row in found:
        assert outcome(short, row) == outcome(long, row, in_short=False)
        assert short.decimal_marks == long.decimal_marks


def outcome(row_parser: RowParser, row: list[str], *, in_short: bool = True) -> object:
    try:
        return row_parser.parse(row) if in_short else row_parser.parse_each(*row)
    except RowError:
        return [error.code for error in row_parser.errors(row)]
