"""imports.formats.csv_reader: bytes to records."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.errors import FileError, RowError
from imports.formats.csv_reader import CELL_LIMIT, CountingBlocks, CsvReader, DecodedLines, without_mark


def read(*blocks: bytes, delimiter: str = ",") -> list[tuple[int, list[str], str | None]]:
    records = CsvReader(DecodedLines(blocks), delimiter)
    return [(line, cells, error.code if error else None) for line, cells, error in records]


def test_record_starts_at_its_line() -> None:
    assert read(b"a,b\nc,d\n") == [(1, ["a", "b"], None), (2, ["c", "d"], None)]


def test_byte_order_mark_is_no_part_of_the_first_cell() -> None:
    assert read(b"\xef\xbb\xbfsku\n") == [(1, ["sku"], None)]


def test_comma_inside_quotes_separates_nothing() -> None:
    assert read(b'"a,b",c\n') == [(1, ["a,b", "c"], None)]


def test_doubled_quote_is_one_quote() -> None:
    assert read(b'"3/4"" thread",c\n') == [(1, ['3/4" thread', "c"], None)]


def test_newline_inside_quotes_belongs_to_the_cell_and_lines_stay_true() -> None:
    assert read(b'"a\nb",c\nd,e\n') == [(1, ["a\nb", "c"], None), (3, ["d", "e"], None)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_may_end_in_any_of_three_ways(end: bytes) -> None:
    assert read(b"a,b" + end + b"c,d" + end) == [(1, ["a", "b"], None), (2, ["c", "d"], None)]


def test_line_ends_may_be_mixed() -> None:
    assert [cells for _, cells, _ in read(b"a\r\nb\nc\rd")] == [["a"], ["b"], ["c"], ["d"]]


def test_line_end_inside_quotes_is_text_and_one_line() -> None:
    text = b'a,"b\rc"\rd,"e\r\nf"\n"g\nh",i\r\nj,k'
    lines = [(1, ["a", "b\rc"]), (3, ["d", "e\r\nf"]), (5, ["g\nh", "i"]), (7, ["j", "k"])]
    assert read(text) == [(line, cells, None) for line, cells in lines]


def test_crlf_cut_by_a_block_is_one_line_end() -> None:
    assert read(b"a,b\r", b"\nc,d\r", b"\n") == [(1, ["a", "b"], None), (2, ["c", "d"], None)]


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_character_that_splitlines_splits_at_is_data(character: str) -> None:
    assert read(f"a{character}b,c\nd,e\n".encode()) == [
        (1, [f"a{character}b", "c"], None),
        (2, ["d", "e"], None),
    ]


def test_character_cut_by_a_block_is_whole() -> None:
    assert read("é".encode()[:1], "é".encode()[1:] + b",b\n") == [(1, ["é", "b"], None)]


def test_blank_lines_are_passed_over_and_counted_as_lines() -> None:
    assert read(b"a,b\n\n   \n,,\nc,d\n") == [(1, ["a", "b"], None), (5, ["c", "d"], None)]


@pytest.mark.parametrize(
    "row", [" , , ", "\t,,", "\xa0,\xa0", '"",""', '" ", ""', "\x0c", "\u3000,", "\ufeff,"]
)
def test_row_of_blank_cells_is_passed_over(row: str) -> None:
    assert read(f"a,b\n{row}\nc,d\n".encode()) == [(1, ["a", "b"], None), (3, ["c", "d"], None)]


def test_blank_cells_over_several_lines_are_passed_over_with_all_their_lines() -> None:
    assert read(b'a,b\n"\n\n",\nc,d\n') == [(1, ["a", "b"], None), (5, ["c", "d"], None)]


def test_file_may_end_without_a_line_end() -> None:
    assert read(b"a,b\nc,d") == [(1, ["a", "b"], None), (2, ["c", "d"], None)]


def test_quote_that_never_closes_takes_the_rest_of_the_file() -> None:
    assert read(b'a,b\nc,"d\ne,f\ng,h\n') == [(1, ["a", "b"], None), (2, [], "csv.unclosed_quote")]


def test_unclosed_quote_names_the_lines_it_took() -> None:
    *_, (_, _, error) = CsvReader(DecodedLines([b'a,b\nc,"d\ne,f\n']), ",")
    assert error == RowError(
        "csv.unclosed_quote",
        "A quote in this row is never closed, so the text of lines 2 to 3 was read as one row.",
    )


def test_text_after_a_closing_quote_is_a_error_and_reading_goes_on() -> None:
    assert read(b'"a"b,c\nd,e\n') == [(1, [], "csv.text_after_quote"), (2, ["d", "e"], None)]


def test_quote_within_an_unquoted_cell_is_text() -> None:
    assert read(b'5" pipe,b\n') == [(1, ['5" pipe', "b"], None)]


def test_line_of_backslash_dot_is_an_ordinary_line() -> None:
    assert [cells for _, cells, _ in read(b"a\n\\.\nb\n")] == [["a"], ["\\."], ["b"]]


def test_invalid_bytes_make_the_lines_suspicious() -> None:
    lines = DecodedLines([b"caf\xe9,b\n"])
    assert list(lines) == ["caf\udce9,b\n"]
    assert lines.suspicious


def test_valid_bytes_do_not() -> None:
    lines = DecodedLines(["café,b\n".encode()])
    assert list(lines) == ["café,b\n"]
    assert not lines.suspicious


def test_endless_line_is_rejected_before_it_fills_the_memory() -> None:
    blocks = (b"x" * 2**20 for _ in range(1000))
    lines = DecodedLines(blocks)
    with pytest.raises(FileError, match="longer than 16 MB") as refusal:
        list(CsvReader(lines, ","))
    assert refusal.value.code == "file.line_too_long"
    assert lines.bytes_read == CELL_LIMIT + 2**20


def test_reading_can_go_on_behind_lines_that_were_read() -> None:
    records = CsvReader(DecodedLines([b'sku\na\n"b\nb"\nc\n']), ",")
    next(iter(records))
    records.skip_to(4)
    assert list(records) == [(5, ["c"], None)]


@given(
    rows=st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))), max_size=20
    ),
    size=st.integers(1, 50),
)
def test_reading_undoes_writing_wherever_blocks_are_cut(rows: list[list[str]], size: int) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    content = b"\xef\xbb\xbf" + file.getvalue().encode()
    blocks = [content[start : start + size] for start in range(0, len(content), size)]
    kept = [marked for row in rows if "".join(marked := without_mark(row)).strip()]
    assert [cells for _, cells, _ in CsvReader(DecodedLines(blocks), ",")] == kept


# --- Other encodings ---


@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=80),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "gb18030"]),
    marked=st.booleans(),
    size=st.integers(1, 30),
)
def test_records_are_the_same_in_any_encoding_wherever_blocks_are_cut(
    text: str, encoding: str, marked: bool, size: int
) -> None:
    content = ("\ufeff" * marked + text).encode(encoding)
    blocks = [content[start : start + size] for start in range(0, len(content), size)]
    lines = DecodedLines(blocks, encoding)
    assert list(CsvReader(lines, ",")) == list(CsvReader(DecodedLines([text.encode()]), ","))
    assert not lines.suspicious
    assert lines.bytes_read == len(content)


@pytest.mark.parametrize(
    ("content", "encoding", "line"),
    [(b"a\x81b\n", "cp1252", "a\udcffb\n"), (b"a\0\0\xd8b\0\n\0", "utf-16-le", "a\udcffb\n"), (b"a\0b", "utf-16-le", "a\udcff")],
)  # fmt: skip
def test_bytes_that_an_encoding_does_not_have_make_the_lines_suspicious(
    content: bytes, encoding: str, line: str
) -> None:
    lines = DecodedLines([content], encoding)
    assert list(lines) == [line]
    assert lines.suspicious


def test_how_much_was_read_is_reported_of_what_the_blocks_come_from() -> None:
    stored = CountingBlocks([b"ab", b"c"])
    lines = DecodedLines((block * 10 for block in stored), "utf-8", stored)
    assert list(lines) == ["abababababababababab" + "cccccccccc"]
    assert lines.bytes_read == 3


# --- A line for Excel ---


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\r', "\ufeffsep=;\n"])
def test_line_that_names_the_delimiter_is_a_line_and_no_record(line: str) -> None:
    records = CsvReader(DecodedLines([f"{line}a;b\n".encode()]), ";")
    assert list(records) == [(2, ["a", "b"], None)]
    assert records.lines_done == 2


def test_reading_can_go_on_behind_the_line_that_names_the_delimiter() -> None:
    records = CsvReader(DecodedLines([b"sep=;\nsku\na\nb\n"]), ";")
    next(iter(records))
    records.skip_to(3)
    assert list(records) == [(4, ["b"], None)]


@pytest.mark.parametrize("line", ["sep=\n", "sep=;;\n", "sep=a\n", 'sep="\n', "sep=;x\n", " sep=;\n"])
def test_line_that_names_no_delimiter_is_a_record(line: str) -> None:
    assert next(iter(CsvReader(DecodedLines([line.encode(), b"a\n"]), "|")))[0] == 1


def test_line_that_names_the_delimiter_is_one_only_at_the_start() -> None:
    assert read(b"a\nsep=;\n") == [(1, ["a"], None), (2, ["sep=;"], None)]
