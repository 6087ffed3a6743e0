"""imports.formats.xlsx.workbook and imports.formats.xlsx.sheet: an Excel workbook to records. openpyxl writes most of them, and is the judge."""

import io
from datetime import date, datetime, time
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.errors import FileError
from imports.formats.compression import open_zip
from imports.formats.csv_reader import without_mark
from imports.formats.xlsx import workbook
from imports.formats.xlsx.number_formats import date as day_of
from imports.formats.xlsx.number_formats import number
from imports.formats.xlsx.sheet import column_of, letters_of
from imports.formats.xlsx.sheet_choice import detect_workbook
from imports.formats.xlsx.workbook import is_workbook
from imports.formats.xlsx.xml import unescaped
from imports.options import Options
from tests.imports.headers import open_sheet, open_workbook
from tests.imports.packing import Cell, make_parts, make_shared, make_sheet, make_workbook, make_zip, saved

HEADER: list[Cell] = ["sku", "name"]


def read(content: bytes, **mapping: str) -> list[tuple[int, list[str]]]:
    return [(line, cells) for line, cells, _ in open_sheet(content, mapping)]


def shown(value: Cell, code: str = "General") -> str:
    """How a cell of a name with this value is read."""
    return shown_as("name", value, code)


def shown_as(field: str, value: Cell, code: str = "General") -> str:
    """How a cell of this field is read. An SKU or a price is in B2."""
    header: list[Cell] = ["sku", field] if field != "sku" else ["name", "sku"]
    [_, (_, [_, cell])] = read(make_workbook(header, ["A1", value], formats={"B2": code}))
    return cell


def refused(content: bytes) -> tuple[str, int | None]:
    with pytest.raises(FileError) as refusal:
        read(content)
    return refusal.value.code, refusal.value.line


# --- Cells ---


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Mug", "Mug"), ("007", "007"), (" two\nlines ", " two\nlines "), ("Müg 🎁", "Müg 🎁"), ("a_x41_b", "a_x41_b"),
        (7, "7"), (29.99, "29.99"), (0.1 + 0.2, "0.3"), (29.989999999999998, "29.99"), (-5.0, "-5"),
        (1234567890123, "1234567890123"), (1e15, "1000000000000000"), (1e-7, "0.0000001"), (1.5e20, "150000000000000000000"),
        (True, "true"), (False, "false"), ("#N/A", "#N/A"),
        (date(2025, 1, 2), "2025-01-02"), (datetime(2025, 1, 2, 3, 4, 5), "2025-01-02 03:04:05"), (time(3, 4), "03:04:00"),
    ],
)  # fmt: skip
def test_cell_is_read_as_a_person_sees_it(value: Cell, text: str) -> None:
    code = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm", time: "hh:mm"}.get(type(value), "General")
    assert shown(value, code) == text


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (42, "00000", "00042"), (1234567, "00000", "1234567"), (4.5, "0.00", "4.5"), (4.5, '0.00 "EUR"', "4.5"),
        (4.5, '#,##0.00\\ "Stück"', "4.5"), (4.5, "[Red]0.00", "4.5"), (7, '0 "days"', "7"), (7, "@", "7"),
        (45658, "dd.mm.yy", "2025-01-01"), (45658.25, "d/m/yyyy h:mm", "2025-01-01 06:00:00"), (45658, "[$-407]d. mmmm yyyy", "2025-01-01"),
        (-1, "yyyy-mm-dd", "-1"),
    ],
)  # fmt: skip
def test_number_is_read_by_its_format(value: Cell, code: str, text: str) -> None:
    assert shown(value, code) == text


def test_days_are_counted_as_the_workbook_says() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["sku", "name"])
    book.active.append(["A1", date(2025, 1, 2)])
    assert read(saved(book))[1] == (2, ["A1", "2025-01-02"])


def test_error_of_a_formula_is_read_as_it_is_shown() -> None:
    rows = '<row r="1"><c t="inlineStr"><is><t>sku</t></is></c></row><row r="2"><c t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    assert read(make_parts(make_sheet(rows)))[1] == (2, ["#DIV/0!"])


def test_formula_is_read_as_its_result() -> None:
    rows = '<row><c t="str"><f>"s"&amp;"ku"</f><v>sku</v></c></row><row><c><f>1+1</f><v>2</v></c></row>'
    assert read(make_parts(make_sheet(rows))) == [(1, ["sku"]), (2, ["2"])]


NO_RESULT = [
    "<c r='{}'><f>10*2.5</f></c>", "<c r='{}'><f>1</f><v/></c>", "<c r='{}'><f>1</f><v></v></c>", "<c r='{}' t='str'><f>1</f></c>",
    "<c r='{}' t='b'><f>1</f><v/></c>", "<c r='{}'><f t='shared' si='0'/></c>",
]  # fmt: skip


@pytest.mark.parametrize("cell", NO_RESULT)
@pytest.mark.parametrize("place", ["A2", "B2", "C2"])
def test_formula_without_a_result_is_marked_in_a_column_that_is_read(cell: str, place: str) -> None:
    content = make_rows(["sku", "price", "is_active"], ["A1", "5", "true"], {place: cell.format(place)})
    assert [text for text in read(content)[1][1] if text not in ("A1", "5", "true")] == [
        f"#NO_RESULT! {place}"
    ]


@pytest.mark.parametrize("cell", NO_RESULT)
def test_formula_without_a_result_is_nothing_in_another_column(cell: str) -> None:
    content = make_rows(["sku", "Weight"], ["A1", "5"], {"B2": cell.format("B2"), "C3": cell.format("C3")})
    assert read(content)[1:] == [(2, ["A1", ""])]


def test_formula_whose_result_is_no_text_is_blank() -> None:
    cell = "<c r='B2' t='str'><f>IF(1,\"\",2)</f><v></v></c>"
    assert read(make_rows(["sku", "name"], ["A1", "Mug"], {"B2": cell}))[1] == (2, ["A1", ""])


def test_row_whose_only_cell_is_a_formula_without_a_result_is_read() -> None:
    content = make_rows(["name", "sku"], ["", ""], {"B2": "<c r='B2'><f>A1</f></c>"})
    assert read(content)[1:] == [(2, ["", "#NO_RESULT! B2"])]


def make_rows(header: list[str], row: list[str], others: dict[str, str]) -> bytes:
    """A sheet of these texts, with other cells as XML in place of some, or added in row 3."""
    cells = {
        f"{letters_of(place)}2": f'<c t="inlineStr"><is><t>{text}</t></is></c>'
        for place, text in enumerate(row)
        if text
    }
    names = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in header)
    cells |= {place: cell for place, cell in others.items() if place.endswith("2")}
    third = "".join(cell for place, cell in others.items() if place.endswith("3"))
    second = "".join(cells[place] for place in sorted(cells))
    return make_parts(
        make_sheet(f"<row>{names}</row><row>{second}</row>" + (f"<row>{third}</row>" if third else ""))
    )


@pytest.mark.parametrize(
    ("value", "code", "sku"),
    [(42, '"SKU-"0000', "SKU-0042"), (123456, "000-000", "123-456"), (42, "000-000", "000-042"), (7, "\\A-000", "A-007"), (12345, "0000", "12345"),
     (42, "General", "42"), (42, "@", "42"), (4.5, "General", "4.5"), (4006381333931, "0_ ;[Red]\\-0\\ ", "4006381333931"), (5, '00"x"00', "00x05"),
     (12345, '0"x"00', "123x45"), (5, "##-##", "-5"), (7, '"a;b"0;-0', "a;b7"), (0, "0", "0"), (12, "[$-407]000", "012")],
)  # fmt: skip
def test_sku_is_read_as_its_format_shows_it(value: Cell, code: str, sku: str) -> None:
    assert shown_as("sku", value, code) == sku


@pytest.mark.parametrize(
    ("value", "code"),
    [(1234, "#,##0"), (42, "0.00"), (42, "0.00%"), (4.5, "0000"), (-4, '"A"0'), (0, '"A"0;-0;"none"'), (42, '"SKU-"General'), (42, '"SKU"'),
     (42, "#,##0.00 [$€-407]"), (42, "0.00E+00"), (42, "?0"), (42, "[>40]0;000"), (42, "_-* #,##0_-")],
)  # fmt: skip
def test_sku_that_its_format_shows_in_another_way_is_marked(value: Cell, code: str) -> None:
    assert shown_as("sku", value, code) == "#FORMAT! B2"


@pytest.mark.parametrize(
    ("value", "code"),
    [(date(2025, 10, 12), "yyyy-mm-dd"), (date(2025, 10, 12), "d-mmm"), (45000.5, "dd.mm.yyyy hh:mm"), (0.25, "hh:mm"), (-1, "d.m.")],
)  # fmt: skip
def test_date_in_the_column_of_skus_is_marked(value: Cell, code: str) -> None:
    assert shown_as("sku", value, code) == "#DATE! B2"


def test_date_in_iso_8601_in_the_column_of_skus_is_marked() -> None:
    content = make_rows(["name", "sku"], ["Mug", ""], {"B2": "<c r='B2' t='d'><v>2025-10-12</v></c>"})
    assert read(content)[1] == (2, ["Mug", "#DATE! B2"])


@pytest.mark.parametrize("code", ["0%", "0.00%", "0.0\\ %"])
def test_price_in_percent_is_marked(code: str) -> None:
    assert shown_as("price", 0.19, code) == "#FORMAT! B2"


@pytest.mark.parametrize(
    "code", ["0.00", "#,##0.00", '0.00 "EUR"', '"SKU-"0000', '0"%"', "#,##0.00 [$€-407]"]
)
def test_price_is_its_number_whatever_its_format(code: str) -> None:
    assert shown_as("price", 4.5, code) == "4.5"


def test_number_in_another_column_is_its_number() -> None:
    assert shown_as("name", 42, '"SKU-"0000') == shown_as("Weight", 42, "0.00%") == "42"


def test_text_of_several_styles_is_one_and_how_it_is_pronounced_is_none() -> None:
    strings = (
        "<sst><si><t>sku</t></si><si><r><t>Mug, </t></r><r><rPr/><t>blue</t></r>"
        "<rPh sb='0' eb='1'><t>mugu</t></rPh></si></sst>"
    )
    rows = '<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>'
    assert read(make_parts(make_sheet(rows), strings)) == [(1, ["sku"]), (2, ["Mug, blue"])]


def test_character_that_is_written_by_its_number_is_read() -> None:
    strings = "<sst><si><t>sku</t></si><si><t>a_x000D__x005F_x0041_b</t></si></sst>"
    rows = '<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>'
    assert read(make_parts(make_sheet(rows), strings))[1] == (2, ["a\r_x0041_b"])


@pytest.mark.parametrize(
    ("text", "as_shown"),
    [("5", "5"), ("5.0", "5"), ("1E+2", "100"), ("1.10", "1.1"), ("", ""), ("abc", "abc"), ("1_0", "1_0"), ("nan", "nan"),
     ("1e999", "1e999"), ("-0.0", "0"), ("123456789012345678", "123456789012346000")],
)  # fmt: skip
def test_number_is_shown_without_an_exponent(text: str, as_shown: str) -> None:
    assert number(text) == as_shown


@pytest.mark.parametrize(
    ("days", "since_1904", "text"),
    [("0.5", False, "12:00:00"), ("45658", False, "2025-01-01"), ("45658", True, "2029-01-02"), ("1e9", True, "1000000000"),
     ("2957003", False, "9995-12-30"), ("2957003", True, "9999-12-31"), ("2957004", True, "2957004"), ("x", False, "x")],
)  # fmt: skip
def test_number_of_days_is_a_day(days: str, since_1904: bool, text: str) -> None:
    assert day_of(days, since_1904=since_1904) == text


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_price_stays_what_it_is(price: Decimal) -> None:
    assert Decimal(number(repr(float(price)))) == price


@pytest.mark.parametrize(("letters", "place"), [("A", 0), ("Z", 25), ("AA", 26), ("AZ", 51), ("XFD", 16383)])
def test_column_has_a_place(letters: str, place: int) -> None:
    assert column_of(letters) == place == openpyxl.utils.column_index_from_string(letters) - 1
    assert letters_of(place) == letters


# --- Rows ---


def test_line_is_the_row_of_the_sheet_and_blank_rows_are_passed_over() -> None:
    content = make_workbook([], HEADER, ["A1", "Mug"], [], [None, ""], ["B2", "Cup"])
    assert read(content) == [(2, ["sku", "name"]), (3, ["A1", "Mug"]), (6, ["B2", "Cup"])]


def test_row_has_as_many_cells_as_the_header() -> None:
    content = make_workbook(
        ["sku", None, "name", None], ["A1"], ["B2", 1, "Cup", ""], ["C3", 1, "Pot", "", 5]
    )
    assert [cells for _, cells in read(content)] == [
        ["sku", "", "name"], ["A1", "", ""], ["B2", "1", "Cup"], ["C3", "1", "Pot", "", "5"],
    ]  # fmt: skip


def test_rows_of_blank_cells_are_no_rows() -> None:
    book = make_workbook([" "], HEADER, [" ", "\t"], ["\xa0"], ["A1", "Mug"])
    assert read(book) == [(2, ["sku", "name"]), (5, ["A1", "Mug"])]


def test_byte_order_mark_is_no_part_of_a_name() -> None:
    assert read(make_workbook(["\ufeffsku", "name"], ["\ufeffA1", "Mug"]))[0] == (1, ["sku", "name"])


def test_header_may_have_many_columns() -> None:
    names: list[Cell] = [f"x{number}" for number in range(1_999)]
    [_, (_, cells)] = read(make_workbook([*names, "sku"], [*names, "A1"]))
    assert (len(cells), cells[-1]) == (2_000, "A1")


def test_header_with_too_many_columns_is_rejected() -> None:
    assert refused(make_workbook(["sku", *map(str, range(2_000))])) == ("header.too_long", 1)


def test_cells_far_to_the_right_are_one_cell() -> None:
    rows = (
        '<row r="1"><c r="A1" t="str"><v>sku</v></c></row>'
        '<row r="2"><c r="B2"><v>1</v></c><c r="XFC2"><v>2</v></c><c r="XFD2"><v>3</v></c></row>'
    )
    [_, (line, cells)] = read(make_parts(make_sheet(rows)))
    assert (line, cells) == (2, ["", "1", *[""] * 2_046, "3"])


def test_sheet_that_names_its_last_cell_is_read_in_no_time() -> None:
    rows = '<row r="1"><c t="str"><v>sku</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    assert [line for line, _ in read(make_parts(make_sheet(rows)))] == [1, 1048576]


def test_reading_goes_on_behind_a_row() -> None:
    records = open_sheet(make_workbook(HEADER, ["A1", "Mug"], [], ["B2", "Cup"]))
    next(records.records)
    records.skip_to(2)
    assert [line for line, _, _ in records] == [4]
    assert records.lines_done == 4


def test_lines_done_are_those_of_the_records_given_out() -> None:
    records = open_sheet(make_workbook(HEADER, ["A1", "Mug"], [], ["B2", "Cup"]))
    assert [records.lines_done for _ in records.records] == [1, 2, 4]


def test_how_far_a_workbook_is_read_is_reported_in_bytes_of_the_file() -> None:
    rows: list[list[Cell]] = [[f"A{number}", "Mug"] for number in range(20_000)]
    content = make_workbook(HEADER, *rows)
    records = open_sheet(content)
    told = [records.bytes_read for _ in records.records]
    assert 0 < told[0] < len(content) / 2
    assert told == sorted(told)
    assert records.bytes_read == told[-1] == len(content)


# --- Sheets ---


def make_book(*sheets: tuple[str, list[list[Cell]], str]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows, state in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(row)
    return saved(book)


def test_first_sheet_with_a_sku_is_read() -> None:
    content = make_book(
        ("Notes", [["Our prices"], ["of May"]], "visible"),
        ("Empty", [], "visible"),
        ("Old", [HEADER, ["Z9", "Old"]], "hidden"),
        ("List", [HEADER, ["A1", "Mug"]], "visible"),
        ("More", [HEADER, ["B2", "Cup"]], "visible"),
    )
    assert read(content) == [(1, ["sku", "name"]), (2, ["A1", "Mug"])]


def test_sku_may_be_the_one_of_the_mapping() -> None:
    content = make_book(("Notes", [["nothing"]], "visible"), ("List", [["Ref."], ["A1"]], "visible"))
    assert read(content, **{"Ref.": "sku"}) == [(1, ["Ref."]), (2, ["A1"])]


def test_workbook_without_a_sku_is_told_of_the_sheet_most_like_a_list() -> None:
    content = make_book(("One", [[], ["Our prices"]], "visible"), ("Two", [["name"]], "visible"))
    info = detect_workbook(open_workbook(content), Options())
    [question] = info.questions
    assert (info.sheet, question.field, question.candidates) == ("Two", "sku", ())
    assert question.message.endswith("The header reads: name")


def test_workbook_with_nothing_in_it_is_rejected() -> None:
    assert refused(make_workbook()) == ("file.empty", None)


def test_names_may_have_a_prefix() -> None:
    sheet = (
        '<x:worksheet xmlns:x="urn:x"><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>sku</x:t></x:is></x:c>'
        '</x:row><x:row r="2"><x:c r="A2"><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    assert read(make_parts(sheet)) == [(1, ["sku"]), (2, ["7"])]


# --- What is no workbook, or none that can be read ---


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c></row>'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(make_parts(make_sheet(ROW)[:-20]), id="XML that is cut off"),
        pytest.param(make_parts("no XML"), id="no XML"),
        pytest.param(make_parts(DOCTYPE + "<worksheet>&b;</worksheet>"), id="entities"),
        pytest.param(make_parts(make_sheet('<row r="x"/>')), id="a row without a number"),
        pytest.param(make_parts(make_sheet('<row r="-1"/>')), id="a row below zero"),
        pytest.param(make_parts(make_sheet(ROW + ROW)), id="a row twice"),
        pytest.param(make_parts(make_sheet(ROW + '<row r="1048577"/>')), id="a row below the last"),
        pytest.param(make_parts(make_sheet('<row>' + '<c t="s"><v>0</v></c>' * 20 + '</row>'), f"<sst><si><t>{'x' * 1_000_000}</t></si></sst>"), id="a row of twenty megabytes"),
        pytest.param(make_parts(make_sheet('<row><c r="é1"><v>1</v></c></row>')), id="a column that is none"),
        pytest.param(make_parts(make_sheet('<row><c r="1"><v>1</v></c></row>')), id="a cell without a column"),
        pytest.param(make_parts(make_sheet('<row><c t="s"><v>0</v></c></row>')), id="a text that is not there"),
        pytest.param(make_parts(make_sheet('<row><c t="s"><v>-1</v></c></row>'), "<sst><si/></sst>"), id="a text below zero"),
        pytest.param(make_parts(make_sheet('<row><c s="9"><v>1</v></c></row>'), styles="<s><cellXfs><xf/></cellXfs></s>"), id="a style that is not there"),
        pytest.param(make_parts(make_sheet(ROW), styles="<s><numFmt/></s>"), id="a format without a number"),
        pytest.param(make_parts(make_sheet(f'<row><c t="str"><v>{"x" * 2**21}</v></c></row>')), id="a cell of two megabytes"),
        pytest.param(make_zip(("[Content_Types].xml", b""), ("xl/workbook.xml", b"")), id="no relationships"),
    ],
)  # fmt: skip
def test_damaged_workbook_is_rejected(content: bytes) -> None:
    assert refused(content) == ("workbook.damaged", None)


def test_tag_that_never_ends_is_rejected_before_it_fills_the_memory() -> None:
    content = make_parts(f'<worksheet><sheetData><row a="{"x" * 2**25}"/></sheetData></worksheet>')
    assert refused(content)[0] in ("workbook.damaged", "archive.too_large")


def test_workbook_with_too_many_texts_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "WORKBOOK_TEXTS_MAX_BYTES", 100)
    assert refused(make_shared(["sku", "name"], ["A1", "Mug"])) == ("archive.too_large", None)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (("[Content_Types].xml", "xl/workbook.bin"), "a binary Excel workbook"),
        (("[Content_Types].xml", "word/document.xml"), "a Word document"),
        (("mimetype", "content.xml"), "an OpenDocument file"),
    ],
)
def test_document_of_another_kind_is_rejected(files: tuple[str, ...], kind: str) -> None:
    archive = open_zip(io.BytesIO(make_zip(*((name, b"") for name in files))))
    with pytest.raises(FileError, match=kind) as refusal:
        is_workbook(archive)
    assert refusal.value.code == "file.not_csv"


def test_archive_of_a_csv_file_is_no_workbook() -> None:
    assert not is_workbook(open_zip(io.BytesIO(make_zip(("content.xml", b"sku\n")))))


# --- Whatever openpyxl reads ---

texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)
cells = st.one_of(
    texts.filter(lambda text: not text.startswith("=")),
    st.integers(-(10**14), 10**14),
    st.floats(-1e9, 1e9).map(lambda value: round(value, 3)),
    st.booleans(),
    st.none(),
)


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return number(repr(value))
    return "" if value is None else str(value)


@settings(deadline=None)
@given(st.lists(st.lists(cells, min_size=1, max_size=5), max_size=6))
def test_sheet_reads_as_openpyxl_reads_it(rows: list[list[Cell]]) -> None:
    content = make_workbook(["sku", "name", "description", "price", "is_active"], *rows)
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).active
    judged = [
        (line, [as_text(value) for value in (*row, *[None] * 5)[:5]])
        for line, row in enumerate(sheet.iter_rows(values_only=True), 1)
    ]
    expected = [(line, without_mark(row)) for line, row in judged]
    assert read(content) == [(line, row) for line, row in expected if "".join(row).strip()]


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=8))
def test_shared_texts_are_read_as_they_are(rows: list[list[str]]) -> None:
    expected = [(line, without_mark(list(map(unescaped, row)))) for line, row in enumerate(rows, 2)]
    assert read(make_shared(["sku", "name"], *rows))[1:] == [
        (line, cells) for line, cells in expected if "".join(cells).strip()
    ]
