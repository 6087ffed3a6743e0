"""imports.rows.fast_path, imports.formats.text_buffer and imports.reading.batches: lines that pass unread are staged as if they had been read.

The reader is what decides; whatever passes it by must come out the same, and what is not in order must not pass."""

import gzip
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, pairwise
from types import SimpleNamespace

import openpyxl
import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from imports.errors import FileError
from imports.formats import csv_reader, source
from imports.formats.csv_reader import CsvReader
from imports.formats.text_buffer import TextBuffer
from imports.models import ImportJob
from imports.options import Options
from imports.pipeline import runner, staging
from imports.pipeline.staging import stage
from imports.queries import Tables
from imports.reading import batches
from imports.reading.opened_file import OpenedFile
from imports.rows.copy_format import CopyFormat
from imports.rows.fast_path import FastPath
from tests.factories import make_csv, make_job
from tests.imports.generated import Style, files, styles, write
from tests.imports.headers import read_header
from tests.imports.oracle import File
from tests.imports.packing import saved

Row = tuple[object, ...]
FULL = ("sku", "name", "description", "price", "is_active")
NOTHING = re.compile("(?!)")


def passes(
    line: str,
    header: tuple[str, ...] = FULL,
    marks: str = ".",
    delimiter: str = ",",
    end: str = "\n",
    **options: str,
) -> bool:
    """Whether the line goes to COPY unread, in a file whose header ends like this."""
    chosen = Options.model_validate(options)
    row_parser = read_header(header, blank=chosen.blank, decimal=chosen.decimal, html=chosen.html)
    patterns = FastPath(CopyFormat(row_parser, delimiter, end), chosen).patterns(set(marks))
    return any(pattern.fullmatch(line + end) for pattern in (patterns.run, patterns.record))


# --- What passes ---


@pytest.mark.parametrize(
    "line",
    [
        "A1,Mug,Blue,1.50,true", '"A1","Mug","Blue","1.50","true"', "A1,Mug,,,", "A1,,,,",
        'A1,"Mug, big","Blue, red",1,no', 'A1,Mug,"6"" wide",1,1', 'A1,Mug,"two\nlines",1,1', "A-1/b_2.c,Größe ∞,🍵 \\.,0001,FALSE",
        "A1,Mug,Blue ,9999999999.99,yes", f"{'x' * 64},{'n' * 255},{'d' * 10_000},1,0",
    ],
)  # fmt: skip
def test_line_in_order_passes(line: str) -> None:
    assert passes(line)


@pytest.mark.parametrize(
    "line",
    [
        ",Mug,,1,", " A1,Mug,,1,", "A1 ,Mug,,1,", "A\t1,Mug,,1,", "É5,Mug,,1,", f"{'x' * 65},Mug,,1,", "[clear],Mug,,1,",
        "#N/A,Mug,,1,", "'=A1,Mug,,1,", "1E+05,Mug,,1,", '"1E+05",Mug,,1,', '"1.23E+11",Mug,,1,', "\\.,Mug,,1,", '"A""1",Mug,,1,',
        '"A1,B2",Mug,,1,', "A1;B2,Mug,,1,", "A1|B2,Mug,,1,", '"A,1",Mug,,1,',
    ],
)  # fmt: skip
def test_sku_that_must_be_looked_at_does_not_pass(line: str) -> None:
    assert not passes(line)


@pytest.mark.parametrize(
    "line",
    [
        "A1, Mug,,1,", "A1,Mug\xa0,,1,", "A1,M\x85g,,1,", f"A1,{'n' * 256},,1,", 'A1,"",,1,', 'A1,M"g,,1,', "A1,Mug, Blue,1,",
        "A1,Mug,[clear],1,", "A1,Mug,'=1,1,", "A1,Mug,#REF!,1,", 'A1,Mug,"",1,', 'A1,Mug,B"l,1,', "A1,Mug,B\0,1,", "A1,Mug,B\udce9,1,",
        "A1,Mug,a\rb,1,", 'A1,Mug,"a\rb",1,', f"A1,Mug,{'d' * 20_001},1,", 'A1,Mug,"Blue" ,1,', 'A1,Mug,"Blue"x,1,',
        'A1,Mug,"' + '""' * 20_001 + '",1,', "A1,\ufeffMug,,1,", 'A1, "Mug",,1,', 'A1,"Mug" ,,1,', 'A1,Mug,"5\\"" long",1,',
        'A1,Mug,"5\\",1,',
    ],
)  # fmt: skip
def test_text_that_must_be_looked_at_does_not_pass(line: str) -> None:
    assert not passes(line)


@pytest.mark.parametrize(
    "line",
    [
        "A1,Mug,,1.505,", "A1,Mug,,-1,", "A1,Mug,,12345678901,", "A1,Mug,,1 ,", "A1,Mug,,NaN,", "A1,Mug,,.5,", 'A1,Mug,,"",',
        "A1,Mug,,1,tRUE", "A1,Mug,,1,on", "A1,Mug,,1,t", "A1,Mug,,1, yes", "A1,Mug,,1", "A1,Mug,,1,,", "", ",,,,",
    ],
)  # fmt: skip
def test_price_word_or_width_that_must_be_looked_at_does_not_pass(line: str) -> None:
    assert not passes(line)


def test_price_with_a_point_passes_once_the_file_has_shown_that_it_writes_one() -> None:
    assert not passes("A1,Mug,,1.50,", marks="")
    assert not passes("A1,Mug,,1.50,", marks=",")
    assert passes("A1,Mug,,1.50,", marks=".,")


def test_price_with_a_point_passes_by_what_the_option_decimal_says() -> None:
    assert passes("A1,Mug,,1.50,", marks="", decimal=".")
    assert not passes("A1,Mug,,1.50,", marks=".", decimal=",")


def test_blank_cell_passes_only_where_it_keeps_the_value() -> None:
    assert passes("A1,Mug,Blue,,true")
    assert not passes("A1,Mug,Blue,,true", blank="clear")


@pytest.mark.parametrize(
    "text", ["<p>Blue</p>", "a < b", "a &amp; b", '"<p class=""x"">Blue</p>"', '"Blue ""<b>"" "']
)
def test_html_passes_only_where_it_is_kept(text: str) -> None:
    assert passes(f"A1,Mug,{text},1,true")
    assert not passes(f"A1,Mug,{text},1,true", html="strip")


def test_other_text_passes_where_html_is_removed() -> None:
    assert passes("A1,<b>,Blue,1,true", html="strip")
    assert passes("A1,Mug,,1,true", html="strip")


def test_cell_of_an_unknown_column_passes_whatever_it_says() -> None:
    header = ("Colour", "sku")
    assert passes(" #N/A [clear],A1", header)
    assert passes('"a ""b""\n, c",A1', header)
    assert not passes("\0,A1", header)


def test_other_delimiter_separates_and_a_comma_does_not() -> None:
    assert passes("A1;Mug, big;Blue;1;", delimiter=";")
    assert passes("A1|Mug|Blue|1|", delimiter="|")
    assert not passes("A1|Mug|Blue|1|", delimiter=";")


def test_lines_pass_that_end_as_the_header_does() -> None:
    assert passes("A1,Mug,Blue,1,true", end="\r\n")
    assert passes('A1,Mug,"two\nlines",1,true', end="\r\n")
    assert not passes("A1,Mug,Blue,1,true\r", end="\n")
    assert not passes('A1,Mug,"two\r\nlines",1,true', end="\r\n")


def test_line_that_once_ended_the_data_of_copy_does_not_pass() -> None:
    # PostgreSQL before 18 takes it for the end wherever it stands alone.
    assert not passes("\\.", header=("sku",))


# --- The text buffer ---


def test_lines_go_on_behind_what_a_pattern_took() -> None:
    buffer = TextBuffer(iter(["a\nbb\nc\r\n", "d\re\n"]))
    assert buffer.advance()
    assert buffer.match(re.compile("(?:[ab]+\n)*")) == "a\nbb\n"
    assert list(buffer) == ["c\r\n", "d\r", "e\n"]
    assert not buffer.advance()


def test_pattern_takes_nothing_where_it_does_not_match_at_once() -> None:
    buffer = TextBuffer(iter(["a\nb\n"]))
    assert buffer.advance()
    assert buffer.match(re.compile("b\n")) == ""
    assert next(buffer) == "a\n"


def test_empty_block_is_not_the_end_of_the_text() -> None:
    buffer = TextBuffer(iter(["", "a\n", "", "b\n"]))
    assert buffer.advance()
    assert (next(buffer), buffer.is_exhausted(), next(buffer)) == ("a\n", True, "b\n")


# --- What is staged ---


@dataclass
class Staged:
    """All that staging leaves behind."""

    rows: list[Row]
    rejections: list[Row]
    places: Row


STAGED = "SELECT line, sku, name, description, price, is_active, ambiguous_price FROM {} ORDER BY line"
PROGRESS_MARKS = ("rows_read", "lines_read", "lines_staged", "total_rows", "error_count", "decimal_marks")
REJECTIONS = ("row", "line", "column", "code", "message", "value", "cells")


def staged(content: bytes, **options: object) -> Staged:
    job = runner.claim(make_job(content, "products.csv", **options).pk)
    assert job
    tables = Tables(job)
    stage(job, tables, lambda: None)
    with connection.cursor() as cursor:
        cursor.execute(STAGED.format(tables.name("stage").as_string()))
        rows = cursor.fetchall()
    tables.discard("stage")
    return Staged(
        rows,
        list(job.rejected.order_by("line", "id").values_list(*REJECTIONS)),
        tuple(getattr(job, place) for place in PROGRESS_MARKS),
    )


def staged_by_reading(content: bytes, **options: object) -> Staged:
    """The same with nothing that passes unread."""
    nothing = SimpleNamespace(
        run=NOTHING, run_with_blank_ends=NOTHING, without_blank_ends=str, record=NOTHING
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FastPath, "patterns", lambda self, marks: nothing)
        return staged(content, **options)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file in blocks of a line or two, and a commit for every other one."""
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=count().__next__))
    monkeypatch.setattr(staging, "FIRST_BATCH_SECONDS", 1.5)
    monkeypatch.setattr(staging, "BATCH_SECONDS", 1.5)
    monkeypatch.setattr(source, "READ_BYTES", 48)
    monkeypatch.setattr(source, "BLOCK_BYTES", 48)


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many rows passed unread, each time."""
    found: list[int] = []
    count_rows = batches.count

    def look(reading: OpenedFile, batch: batches.Batch, *, rows: int, lines: int) -> None:
        found.append(rows)
        count_rows(reading, batch, rows=rows, lines=lines)

    monkeypatch.setattr(batches, "count", look)
    yield found


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_lines_in_order_are_not_read_at_all(passed: list[int]) -> None:
    lines = [f'A{number},Mug,"Blue, {number}",{number},true' for number in range(1_000)]
    assert len(staged(make_csv(*lines)).rows) == 1_000
    assert sum(passed) == 1_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_lines_pass_again_soon_after_one_that_did_not(passed: list[int]) -> None:
    lines = [f"A{number},Mug,,{'x' if number % 100 == 50 else number}," for number in range(1_000)]
    found = staged(make_csv(*lines))
    assert len(found.rejections) == 10
    assert sum(passed) == 990


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_with_a_delimiter_at_their_end_pass_once_one_was_read(passed: list[int], end: str) -> None:
    lines = [f'A{number},"Mug, big",Blue,{number},,' for number in range(1_000)]
    found = staged((end.join(["sku,name,description,price,is_active", *lines]) + end).encode())
    assert [row[:3] for row in found.rows] == [(line + 2, f"A{line}", "Mug, big") for line in range(1_000)]
    assert sum(passed) == 999


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_lines_without_such_a_delimiter_pass_beside_others(passed: list[int]) -> None:
    lines = [f"A{number},Mug,Blue,{number},{',' * (number // 100 % 2)}" for number in range(1_000)]
    assert len(staged(make_csv(*lines)).rows) == 1_000
    assert sum(passed) == 999


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_rows_without_their_blank_end_are_staged(passed: list[int]) -> None:
    found = staged(b"sku,name,price,description\nA1,Mug,1,Blue\nB2,Cup,2\nC3,Pot,3,\n")
    assert [row[:2] for row in found.rows] == [(2, "A1"), (3, "B2"), (4, "C3")]
    assert (sum(passed), found.rejections) == (2, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_of_very_many_columns_only_those_that_are_read_are_staged(passed: list[int]) -> None:
    names, values = (",".join(f"{letter}{number}" for number in range(1_990)) for letter in "xv")
    content = f'name,{names},price,sku\nMug,{values},1.50,A1\n"Cup",{values},x,B2\nPot,{values},2,C3\n'
    found = staged(content.encode())
    assert [row[:3] for row in found.rows] == [(2, "A1", "Mug"), (3, None, None), (4, "C3", "Pot")]
    assert [row[2:4] for row in found.rejections] == [("price", "price.invalid")]
    assert found.rejections[0][-1] == ["Cup", *values.split(","), "x", "B2"]
    assert passed == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_record_over_several_lines_passes_and_keeps_the_count_of_lines(passed: list[int]) -> None:
    found = staged(make_csv('A1,Mug,"one\ntwo\nthree",1,', "B2,Cup,,x,"))
    assert [row[:2] for row in found.rows] == [(2, "A1"), (3, None), (4, None), (5, None)]
    assert found.rows[0][3] == "one\ntwo\nthree"
    assert [row[:2] for row in found.rejections] == [(2, 5)]
    assert sum(passed) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_staging_goes_on_in_the_middle_of_a_run(small_blocks: None) -> None:
    content = make_csv(*(f"A{number},Mug,,1," for number in range(50)))
    job = runner.claim(make_job(content).pk)
    assert job
    stops = count()

    def stop_at_the_third() -> None:
        if next(stops) == 2:
            raise runner.Requeued

    with pytest.raises(runner.Requeued):
        stage(job, Tables(job), stop_at_the_third)
    assert 0 < job.rows_read < 50
    stage(job, Tables(job), lambda: None)
    assert (job.rows_read, job.lines_read, job.lines_staged) == (50, 51, 50)
    assert Tables(job).count("stage") == 50


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_file_without_a_line_in_order_is_committed_bit_by_bit(
    small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MAX_RECHECK_INTERVAL", 4)
    job = runner.claim(make_job(make_csv(*(f"A{number},Mug,,x," for number in range(200)))).pk)
    assert job
    commits: list[int] = []
    stage(job, Tables(job), lambda: commits.append(job.rows_read))
    assert len(commits) > 20
    assert max(after - before for before, after in pairwise(commits)) <= 12


# --- Many lines without a row ---

COLUMNS = ",".join(["sku", "name", *(f"x{number}" for number in range(198))])
WIDE = "," * 198


def lines_of(found: Staged) -> list[Row]:
    return [row[:2] for row in found.rows if row[1] is not None]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("blanks", [batches.LONGEST_GAP - 1, batches.LONGEST_GAP, 5_000])
def test_rows_behind_many_blank_lines_keep_their_numbers(blanks: int) -> None:
    found = staged(make_csv("A1,Mug,,1,", *[""] * blanks, "B2,Cup,,x,", "C3,Pot,,1,"))
    assert lines_of(found) == [(2, "A1"), (blanks + 4, "C3")]
    assert [row[:2] for row in found.rejections] == [(2, blanks + 3)]
    assert len(found.rows) == 3 + (blanks if blanks < batches.LONGEST_GAP else 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("price", ["1", " 1"], ids=["canonical", "read"])
def test_rows_behind_a_cell_of_many_lines_keep_their_numbers(price: str) -> None:
    ends = "\n" * 5_000
    found = staged(make_csv("A1,Mug,,1,", f'B2,Cup,"a{ends}b",{price},', "C3,Pot,,1,"))
    assert lines_of(found) == [(2, "A1"), (3, "B2"), (5_004, "C3")]
    assert len(found.rows) == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_rows_of_a_sheet_that_skips_many_keep_their_numbers() -> None:
    book = openpyxl.Workbook()
    for row, sku in [(1, "sku"), (2, "A1"), (90_000, "B2"), (90_001, "C3")]:
        book.active.cell(row, 1, sku)
    found = staged(saved(book))
    assert lines_of(found) == [(2, "A1"), (90_000, "B2"), (90_001, "C3")]
    assert len(found.rows) == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_staging_goes_on_behind_many_blank_lines(small_blocks: None) -> None:
    job = runner.claim(make_job(make_csv("A1,Mug,,1,", *[""] * 3_000, "B2,Cup,,1,", "C3,Pot,,1,")).pk)
    assert job
    stops = count()

    def stop_at_the_second() -> None:
        if next(stops) == 1:
            raise runner.Requeued

    with pytest.raises(runner.Requeued):
        stage(job, Tables(job), stop_at_the_second)
    stage(job, Tables(job), lambda: None)
    assert (job.rows_read, job.lines_read, job.lines_staged) == (3, 3_004, 3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
def test_blank_lines_of_a_wide_file_take_no_memory_and_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    append = batches.CopyBuffer.append

    def look(self: batches.CopyBuffer, text: str) -> None:
        sizes.append(len(text))
        append(self, text)

    monkeypatch.setattr(batches.CopyBuffer, "append", look)
    rows = (f"A{number},Mug{WIDE}" for number in range(3))
    content = f"{COLUMNS}\n" + ("\n" * 100_000).join(rows)
    found = staged(gzip.compress(content.encode()))
    assert lines_of(found) == [(2, "A0"), (100_002, "A1"), (200_002, "A2")]
    assert max(sizes) < 1_000


def test_file_with_too_many_blank_lines_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "MAX_BLANK_LINES", 3)
    few, many = (CsvReader(iter(["a\n", *["\n"] * blanks, "b\n"]), ",") for blanks in (3, 4))
    assert [cells for _, cells, _ in few] == [["a"], ["b"]]
    with pytest.raises(FileError) as refusal:
        list(many)
    assert (refusal.value.code, refusal.value.line) == ("file.too_many_blank_lines", 5)


# --- The same as by reading ---

SPOILERS = ['"', '""', ",", ";", "\t", "|", "\n", "\r", "\r\n", " ", "\xa0", "\x0b", "\x85", "\u2028", "\0", "\udce9", "é", "'", "=", "#N/A",
            "[clear]", "\\.", "\\", ".", "-", "E+05", "1E+05", "1.505", "1,234", "", "x" * 60, "\ufeff", "\u200b",
            "<br>", "&amp;"]  # fmt: skip
LINES = [
    "A1{0}Mug{0}Blue{0}1.50{0}true", "B2{0}Cup{0}{0}2{0}no", '"C3"{0}"Pot{0} big"{0}"6"" wide"{0}"3.25"{0}"1"', "D4{0}Pen{0}{0}{0}",
    'E5{0}Box{0}"two\nlines{0} and\n\n\\.\nmore"{0}4{0}0', 'F6{0}Lid{0}"two\r\nlines"{0}5{0}FALSE', "A1{0}Mug{0}Red{0}9{0}yes",
    "12345{0}Ink{0}a \\ b{0}0001.5{0}",
]  # fmt: skip
HEADERS = {
    "sku{0}name{0}description{0}price{0}is_active": "{1}",
    "Colour{0}sku{0}name{0}description{0}price{0}is_active": '"re""d\n"{0}{1}',
    "sku{0}name{0}description{0}price{0}is_active{0}_note{0}": "{1}{0} x #N/A{0}",
    "sku{0}name{0}description{0}price{0}is_active{0}_other": "{1}{0}{0}",
}


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    """A file of lines that are in order, but for what a few characters put anywhere make of them."""
    delimiter = draw(st.sampled_from(",,,;\t|"))
    header = draw(st.sampled_from(list(HEADERS)))
    ends = draw(st.sampled_from([("\n",), ("\n",), ("\r\n",), ("\n", "\r\n"), ("\n", "\r"), ("\r",)]))
    lines = draw(st.lists(st.sampled_from(LINES), max_size=12))
    text = "".join(
        HEADERS[header].format(delimiter, line.format(delimiter)) + ends[number % len(ends)]
        for number, line in enumerate(lines)
    )
    for place, spoiler in draw(
        st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(SPOILERS)), max_size=4)
    ):
        at = place % (len(text) + 1)
        text = text[:at] + spoiler + text[at + place % 2 :]
    return header.format(delimiter) + ends[0] + text, {"\t": "tab"}.get(delimiter, delimiter)


# `make proof` tries more, and new ones.
EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", 0))
tries = settings(
    max_examples=EXAMPLES or 25,
    derandomize=not EXAMPLES,
    database=None,
    print_blob=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
blanks = st.sampled_from(["keep", "keep", "clear"])
decimals = st.sampled_from(["auto", "auto", ".", ","])
htmls = st.sampled_from(["keep", "strip"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
@tries
@given(texts(), blanks, decimals, htmls)
@example(('sku,name,description,price,is_active\n"1E+05",Mug,,1,\n', ","), "keep", "auto", "keep")
def test_lines_that_pass_are_staged_as_if_they_had_been_read(
    small_blocks: None, file: tuple[str, str], blank: str, decimal: str, html: str
) -> None:
    text, delimiter = file
    content = text.encode("utf-8", "surrogateescape")
    note(repr(content))
    chosen = {"delimiter": delimiter, "encoding": "utf-8", "blank": blank, "decimal": decimal, "html": html}
    assert staged(content, **chosen) == staged_by_reading(content, **chosen)
    ImportJob.objects.all().delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("read_here")
@tries
@given(files(), styles(), blanks, decimals, htmls)
def test_files_of_any_style_are_staged_as_if_they_had_been_read(
    small_blocks: None, file: File, style: Style, blank: str, decimal: str, html: str
) -> None:
    written = write(file, style)
    note(repr(written.content))
    chosen = {**written.options, "blank": blank, "decimal": decimal, "html": html}
    assert staged(written.content, **chosen) == staged_by_reading(written.content, **chosen)
    ImportJob.objects.all().delete()
