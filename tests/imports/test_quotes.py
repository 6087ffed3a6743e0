"""imports.formats.quotes: quotes as other programs write them, read by imports.formats.csv_reader."""

import pytest

from imports.formats.csv_reader import CsvReader, DecodedLines


def read(text: str, delimiter: str = ",") -> list[tuple[int, list[str], str | None]]:
    records = CsvReader(DecodedLines([text.encode()]), delimiter)
    return [(line, cells, error.code if error else None) for line, cells, error in records]


def cells_of(line: str, delimiter: str = ",") -> list[str]:
    [(_, cells, error)] = read(line, delimiter)
    assert error is None
    return cells


# --- Blanks around a quoted cell ---


@pytest.mark.parametrize("blank", [" ", "  ", "\t", "\xa0", " \t "])
def test_blanks_around_a_quoted_cell_are_no_part_of_it(blank: str) -> None:
    line = f'{blank}"A1"{blank},{blank}"Socks, wool"{blank},7.97\n'
    assert cells_of(line) == ["A1", "Socks, wool", "7.97"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_space_before_a_quote_is_no_part_of_its_cell_after_any_delimiter(delimiter: str) -> None:
    line = f'"A1"{delimiter} "So{delimiter}cks" {delimiter}"x"\n'
    assert cells_of(line, delimiter) == ["A1", f"So{delimiter}cks", "x"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_space_after_the_last_quote_of_a_line_is_no_part_of_its_cell(end: str) -> None:
    assert cells_of(f'A1,"Mug" {end}') == ["A1", "Mug"]


def test_spaces_of_unquoted_cells_are_kept() -> None:
    assert cells_of('"A1", "Mug", lead and end ,"x"\n') == ["A1", "Mug", " lead and end ", "x"]


def test_blank_quoted_cell_after_a_space_is_blank() -> None:
    assert cells_of('A1, "", x\n') == ["A1", "", " x"]


def test_quoted_cell_after_a_space_may_span_lines() -> None:
    text = '"A1", "two\nlines, and" , "x"\nB2,c,d\n'
    assert read(text) == [(1, ["A1", "two\nlines, and", "x"], None), (3, ["B2", "c", "d"], None)]


@pytest.mark.parametrize("text", ['in, "quoted" , text', ', "', '" ,', 'a, "\n" , b" '])
def test_text_of_a_quoted_cell_stays_as_it_is(text: str) -> None:
    doubled = text.replace('"', '""')
    assert cells_of(f'A1,"{doubled}",x\n') == ["A1", text, "x"]


def test_quote_inside_an_unquoted_cell_opens_none() -> None:
    assert cells_of('A1,5" pipe, "x, y"\n') == ["A1", '5" pipe', "x, y"]


@pytest.mark.parametrize("line", ['A1, "Mug" big,x\n', 'A1,"Mug" "big",x\n', 'A1, "Mug" "big",x\n'])
def test_text_after_a_quoted_cell_is_an_error_and_reading_goes_on(line: str) -> None:
    assert read(f"{line}B2,c,d\n") == [(1, [], "csv.text_after_quote"), (2, ["B2", "c", "d"], None)]


# --- Quotes escaped by a backslash ---


@pytest.mark.parametrize(
    "cell", [r'"5\" long, green"', r'"Hose 5\""', r'"5\", 7\""', r'"a \"good\" one"', r'"5\" , green"']
)
def test_row_with_quotes_escaped_by_a_backslash_is_an_error_and_the_next_are_read(cell: str) -> None:
    text = f'A1,{cell},6.00\nB2,"a ""good"" one",7.00\n'
    assert read(text) == [(1, [], "csv.text_after_quote"), (2, ["B2", 'a "good" one', "7.00"], None)]


@pytest.mark.parametrize("path", ["C:\\", "C:\\\\", "\\"])
def test_backslash_at_the_end_of_a_quoted_cell_is_text(path: str) -> None:
    assert cells_of(f'"{path}","{path}",5,"x"\n') == [path, path, "5", "x"]


# --- A byte order mark ---


@pytest.mark.parametrize(
    "start", ["\ufeff\ufeff", "\n\ufeff", "\r\n\r\n\ufeff", "\ufeff\n\ufeff", ",,\n\ufeff"]
)
@pytest.mark.parametrize("header", ["sku,name", '"sku","name"', ' "sku" , "name"'])
def test_byte_order_mark_before_the_header_is_no_part_of_it(start: str, header: str) -> None:
    assert next(iter(read(f"{start}{header}\nA1,Mug\n")))[1] == ["sku", "name"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_two_byte_order_marks_are_no_part_of_a_text_wherever_blocks_are_cut(encoding: str, size: int) -> None:
    content = "\ufeff\ufeffsku\n".encode(encoding)
    blocks = [content[start : start + size] for start in range(0, len(content), size)]
    assert list(DecodedLines(blocks, encoding)) == ["sku\n"]


@pytest.mark.parametrize("record", ["\ufeffA1,Mug", '\ufeff"A1",Mug', '\ufeff "A1" ,"Mug"'])
def test_byte_order_mark_where_files_were_joined_is_no_part_of_a_cell(record: str) -> None:
    assert read(f"sku,name\n{record}\n")[1] == (2, ["A1", "Mug"], None)


def test_byte_order_mark_after_the_line_that_names_the_delimiter_is_no_part_of_the_header() -> None:
    assert read("\ufeff\ufeffsep=;\n\ufeffsku;name\n", ";") == [(2, ["sku", "name"], None)]
