"""Catalogs, files and the ways to write them that tests.imports.test_proof tries an import with.

Small, and crowded with what importers get wrong: rows of one SKU, cells that are nearly in order, lines within lines. What
stands first in a list is what Hypothesis comes down to when it looks for the simplest case that fails."""

import gzip
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle
from typing import Any, Literal, TypeVar

from hypothesis import strategies as st

from tests.imports.oracle import (
    Broken,
    Cells,
    Column,
    Field,
    File,
    Options,
    Product,
    Row,
    is_blank_row,
    key_of,
    without_mark,
)

# PostgreSQL makes a sigma small letter by letter, Python looks at the word.
SIGMA, SMALL_SIGMA, FINAL_SIGMA = "\u0391\u03a3", "\u03b1\u03c3", "\u03b1\u03c2"
# No dotted capital I: what its lower case is depends on the locale of the server.
SKUS = ["A1", "B2", "A1", "a1", "B2", "C3", "É5", "é5", SIGMA]
ODD_SKUS = [
    "", " ", " A1", "b2 ", "\xa0A1\u3000", "E\u03015", SMALL_SIGMA, FINAL_SIGMA, "A 1", "x" * 64, "x" * 65, "A\u200b1", "A\x0b1",
    "A\x01", "A\0", "A\udce9", '5"', '"A1"', "A\n1", "A\r1", "A\t1", "A,1", "A;1", "A|1", "\\.", "\\N", "NULL", "-1", "A1,B2", "A1;B2", "A1 | B2", "A1\nB2", "A1,B", "A1, B2 c",
    "=A1", "'A1", "'=A1", "'[clear]", "'1.23E+11", "[clear]", "#N/A", "1E+05", "1.23E+11", "12345", "ǅ", "ß", "true",
]  # fmt: skip
NAMES = ["Mug", "Cup", "Mug", ""]
ODD_NAMES = [
    "", " ", " Mug", "Cup ", "Mug\xa0", "n" * 255, "n" * 256, "M\x07g", "M\x85g", "M\u200bg", "Mu\0g", "Caf\udce9",
    'Mug 5"', '"Mug"', 'M"g', "Mug, big", "Mug; big", "Mug\tbig", "Mug\nbig", "Mug\r\nbig", "\\.", "\\N", "[clear]",
    "#N/A", "'#N/A", "'Mug", "'=Mug", "=Mug", "Tasse Großé", "🍵", "1e5",
]  # fmt: skip
DESCRIPTIONS = ["Blue", "", "Blue", "Red"]
ODD_DESCRIPTIONS = [
    " ", " Blue", "Blue ", "d" * 20_001, '6" wide', '"Blue"', '""', "Blue, red", "a;b", "a|b", "a\tb", "a\nb", "a\r\nb",
    "a\rb", "a\n", "\n", "A1,Mug,Blue,1.50,true\nB2,Cup,Red,2,false", "x\nB2;Cup;Red;2;no\ny", "\\.", "a\n\\.\nb", "\\N",
    "[clear]", " [clear] ", "[CLEAR]", "#N/A", "#REF!", "' ", "' [clear] ", "'Blue", "'=1+1", "=1+1", "B\x0bl", "B\x1cl", "B\x85l",
    "<p>Blue</p>", "<p>Blue</p><p>Red &amp; white</p>", "Blue<br>Red<br/>", "<ul><li>a</li><li>b</li></ul>", "<b>Blue</b>", "<p></p>",
    "<script>a</script>Blue", "<!-- a --><p>[clear]</p>", "a &lt; b", "a < b", "Salt & pepper", "<p>\nBlue\n</p>", "&nbsp;", "<div>#N/A</div>",
    '<a href="x">Blue</a>', "<p>Bl\0ue</p>",
    "B\u2028l", "B\0", "B\udcff", "B\x07", "Größe", "🍵", "\ufeff", "1e5", "\xa0", "\x1f",
]  # fmt: skip
PRICES = ["1", "2.50", "1.00", "1.0", "0", ""]
ODD_PRICES = [
    " ", " 1", "1.00 ", "01.00", "1.", ".5", "0.00", "-0", "-1", "1.005", "1.500", "abc", "1e5", "1E+05", "NaN",
    "Infinity", "٣", "1_000", "0x10", "+1", "1-", "9999999999.99", "10000000000", "00000000001", "12345678901234567890",
    "1,50", "1.234,56", "1,234.56", "1,234", "1.234", "-1,234", "1,234,567", "1.234.567,8", "0,123", "0.125", "1 234,50",
    "1\xa0234", "1'234.50", "12,34", "1,", "$5", "5 \N{EURO SIGN}", "EUR 1,234", "5 kr.", "5.-", "5,--", "(5)", "(0)", "\u22125", "$-5",
    "1234,567", "#N/A", "[clear]", " [Clear]", "$", "--1", "1.2.3", "1,23,456", "12,34,567.89",
    "19.990000000000002", "544,8099999999999", "19.9912", "1.00000000000000012", "1\uff12\uff13", "1\0", "1\udce9", '"1"', "1\n", "true",
]  # fmt: skip
COMMA_PRICES = ["1", "2,50", "1,00", "2,5", "1.234,00", ""]
DOUBTFUL_PRICES = ["1", "1,234", "1.000", "2", "1,000", "2,500", "", "1,234.5", "2.500,0"]
FLAGS = ["true", "yes", "1", "", "false", "no", "True", "0"]
ODD_FLAGS = [
    " ", "TRUE", "True", "tRUE", "t", "F", "y", "N", "on", "Off", "active", "INACTIVE", " yes", "no ", "2", "?", "ja", "Nein", "OUI", "0.0",
    "null", "[clear]", "#N/A", "true\n", "ye\0s", "\uff2f\uff2e", "-1", "'-1", "Draft",
]  # fmt: skip
WIDE_DESCRIPTIONS = ["w" * 1900, "v" * 1900, ""]
BLANKS = ["", "", " ", "\t", "\xa0", "\ufeff"]
OTHERS = ["", "x", " ", "a,b", "a\nb", 'a"b', "#N/A", "[clear]", "\0", "\udce9", "\\."]

USUAL: dict[Field | None, list[str]] = {
    "sku": SKUS, "name": NAMES, "description": DESCRIPTIONS, "price": PRICES, "is_active": FLAGS, None: OTHERS[:2],
}  # fmt: skip
ODD: dict[Field | None, list[str]] = {
    "sku": ODD_SKUS, "name": ODD_NAMES, "description": ODD_DESCRIPTIONS, "price": ODD_PRICES, "is_active": ODD_FLAGS,
    None: OTHERS,
}  # fmt: skip
# What cells are spoiled with: a few of these, in any order, is what nobody thought of.
SPECIAL = st.text(st.sampled_from("a1.,-\"'; \t\n\r\\\0\x0b\x1c\x85\xa0\u2028\u200bé\udce9[#+eE"), max_size=3)

T = TypeVar("T")
FIELDS: tuple[Field, ...] = ("sku", "name", "description", "price", "is_active")
FULL = tuple(Column(name, name) for name in FIELDS)
# By their own names and by others; tests.imports.test_header has more of both.
HEADINGS: dict[Field, list[str]] = {
    "sku": ["sku", "SKU", " Sku ", "Artikelnr.", "item-code"],
    "name": ["name", "NAME", "Product Title", "Bezeichnung"],
    "description": ["description", "Description", "Beschreibung"],
    "price": ["price", "Price", "Preis (EUR)", "unit price"],
    "is_active": ["is_active", "Is-Active", "is active", "Aktiv"],
}
OTHER_HEADINGS = ["Colour", "_note", "", "x" * 70, "a,b", 'a"b', "a\nb"]
# What a header is called that only the option mapping can tell.
MAPPED = "Feld"
# Whatever the delimiter.
BROKEN = ['"A1"x,Mug', '"A1" x,Mug,Blue', '"A\n1"x', '"5\\" long"', '"5\\""', '"A1" "B2"']
UNCLOSED = ['"A1,Mug', '"A1,Mug\nB2,Cup,Red,1,true\n', '"A1"",Mug\n']


@dataclass(frozen=True)
class Style:
    """How a file is written down; the tuples are gone through again and again."""

    delimiter: str = ","
    ends: tuple[str, ...] = ("\n",)
    quoted: tuple[bool, ...] = (False,)
    # Before the header: nothing, a byte order mark, a line that tells the delimiter, a blank line.
    start: Literal["", "\ufeff", "sep", "\n"] = ""
    # Whether the last line has an end.
    ended: bool = True
    encoding: Literal["utf-8", "utf-16", "cp1252"] = "utf-8"
    packing: Literal["", "gzip", "zip"] = ""
    # Whether the options name the delimiter and the encoding.
    told: bool = False


@dataclass(frozen=True)
class Written:
    """A file's bytes, the options it needs to be understood, and its rows with the lines where they start."""

    content: bytes
    options: dict[str, Any]
    # Without blank ones.
    rows: tuple[Row, ...]
    lines: tuple[int, ...]

    def line(self, row: int) -> int:
        return self.lines[row - 1]


def catalogs() -> st.SearchStrategy[list[Product]]:
    return st.lists(products(), max_size=8, unique_by=lambda product: product.key)


def products() -> st.SearchStrategy[Product]:
    return st.builds(
        Product,
        sku=st.sampled_from([*SKUS, "12345", "x" * 64, SMALL_SIGMA]),
        name=st.sampled_from(["Mug", "Mug", "Cup"]),
        description=st.sampled_from(DESCRIPTIONS),
        price=st.sampled_from([Decimal("1.00"), Decimal("1.00"), Decimal("2.50"), Decimal("0.00")]),
        is_active=st.sampled_from([True, True, True, False]),
    )


# What somebody does to a product: give it these values, whether it is there or not; or, by its SKU alone, remove it.
Move = Product | str


def moves() -> st.SearchStrategy[list[Move]]:
    return st.lists(
        st.sampled_from(SKUS) | products(), max_size=4, unique_by=lambda move: key_of(sku_of(move))
    )


def sku_of(move: Move) -> str:
    return move if isinstance(move, str) else move.sku


def mostly(usual: st.SearchStrategy[T], *others: st.SearchStrategy[T], of: int = 10) -> st.SearchStrategy[T]:
    """Each of the others once in so many times."""
    kinds = [*[usual] * (of - len(others)), *others]
    return st.integers(0, of - 1).flatmap(lambda kind: kinds[kind])


@st.composite
def files(draw: st.DrawFn) -> File:
    columns = draw(mostly(st.just(FULL), column_lists(), column_lists(), column_lists()))
    usual = {
        **USUAL,
        "price": draw(st.sampled_from([PRICES, PRICES, PRICES, COMMA_PRICES, DOUBTFUL_PRICES])),
        # Wide rows, so that the plan of a few of them has several pages.
        "description": draw(st.sampled_from([DESCRIPTIONS, DESCRIPTIONS, DESCRIPTIONS, WIDE_DESCRIPTIONS])),
    }
    fields = [column.field for column in columns]
    rows = st.tuples(*(st.sampled_from(usual[field]) for field in fields))
    kinds: st.SearchStrategy[Row] = mostly(
        rows,
        spoiled(rows, fields),
        spoiled(rows, fields),
        spoiled(rows, fields),
        spoiled(rows, fields),
        st.lists(st.sampled_from(BLANKS), max_size=7).map(tuple),
        st.lists(st.sampled_from(OTHERS), max_size=7).map(tuple),
        st.tuples(rows, st.integers(1, len(columns))).map(lambda cut: cut[0][: cut[1]]),
        st.tuples(rows, st.lists(st.sampled_from(BLANKS), max_size=2)).map(lambda both: (*both[0], *both[1])),
        st.sampled_from(BROKEN).map(lambda text: Broken("csv.text_after_quote", text)),
        of=20,
    )
    found: list[Row] = draw(st.lists(kinds, max_size=15))
    if draw(st.integers(0, 19)) == 19:
        found.append(Broken("csv.unclosed_quote", draw(st.sampled_from(UNCLOSED))))
    return File(columns, tuple(found))


def spoiled(rows: st.SearchStrategy[Cells], fields: Sequence[Field | None]) -> st.SearchStrategy[Cells]:
    """Such rows with a cell of which nobody thought."""

    @st.composite
    def spoil(draw: st.DrawFn) -> Cells:
        cells = list(draw(rows))
        place = draw(st.integers(0, len(cells) - 1))
        if draw(st.booleans()):
            # A quote after a backslash is in doubt; see tests.imports.test_quotes.
            cells[place] = (draw(SPECIAL) + cells[place] + draw(SPECIAL)).replace('\\"', '"')
        else:
            cells[place] = draw(st.sampled_from(ODD[fields[place]]))
        return tuple(cells)

    return spoil()


@st.composite
def column_lists(draw: st.DrawFn) -> tuple[Column, ...]:
    """Any of ours, always with the SKU, and others among them, in any order and by many names."""
    ours: list[Field] = draw(st.lists(st.sampled_from(FIELDS[1:]), unique=True, max_size=4))
    columns = [Column(draw(st.sampled_from(HEADINGS[field])), field) for field in ("sku", *ours)]
    others = draw(st.lists(st.sampled_from(OTHER_HEADINGS), unique=True, max_size=2))
    if draw(st.integers(0, 4)) == 4:
        place = draw(st.integers(0, len(columns) - 1))
        columns[place] = Column(MAPPED, columns[place].field)
    return tuple(draw(st.permutations([*columns, *map(Column, others)])))


def styles() -> st.SearchStrategy[Style]:
    ends = st.sampled_from(["\n", "\r\n", "\r"])
    return st.builds(
        Style,
        delimiter=st.sampled_from(",;\t|"),
        ends=st.lists(ends, min_size=1, max_size=3).map(tuple),
        quoted=st.lists(st.booleans(), min_size=1, max_size=7).map(tuple),
        start=st.sampled_from(["", "", "\ufeff", "sep", "\n"]),
        ended=st.booleans().map(lambda cut: not cut),
        encoding=st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8", "utf-16", "cp1252"]),
        packing=st.sampled_from(["", "", "", "", "gzip", "zip"]),
        told=st.booleans(),
    )


def options() -> st.SearchStrategy[Options]:
    return st.builds(
        Options,
        mode=st.sampled_from(["upsert", "upsert", "upsert", "create_only", "update_only", "sync"]),
        on_error=st.sampled_from(["skip", "skip", "skip", "skip", "reject"]),
        max_errors=st.sampled_from([*[100_000] * 5, 0, 1, 3, "0%", "25%", "33.3%", "100%"]),
        max_missing=st.sampled_from([100, 40, 10]),
        blank=st.sampled_from(["keep", "keep", "clear"]),
        decimal=st.sampled_from(["auto", "auto", "auto", ".", ","]),
        html=st.sampled_from(["keep", "strip"]),
        dry_run=st.booleans(),
    )


def write(file: File, style: Style) -> Written:
    # A file of one column does not tell its delimiter.
    delimiter = style.delimiter if style.told or len(file.columns) > 1 else ","
    ends, quoted = cycle(style.ends), cycle(style.quoted)
    text = f"sep={delimiter}\n" if style.start == "sep" else style.start
    text += write_row([column.heading for column in file.columns], delimiter, quoted) + next(ends)
    rows, lines = [], []
    for row in file.rows:
        if not is_blank_row(row):
            rows.append(row if isinstance(row, Broken) else without_mark(row))
            lines.append(1 + count_ends(text))
        text += row.text if isinstance(row, Broken) else write_row(row, delimiter, quoted)
        text += next(ends)
    if not style.ended:
        text = text.rstrip("\r\n")
    content, encoding = encode(text, style)
    options = {
        "delimiter": {"\t": "tab"}.get(delimiter, delimiter) if style.told else "auto",
        "encoding": encoding,
        "mapping": {column.heading: column.field for column in file.columns if column.heading == MAPPED},
    }
    return Written(pack(content, style), options, tuple(rows), tuple(lines))


def write_row(row: Iterable[str], delimiter: str, quoted: Iterator[bool]) -> str:
    return delimiter.join(write_cell(cell, delimiter, quotes=next(quoted)) for cell in row)


def write_cell(cell: str, delimiter: str, *, quotes: bool) -> str:
    if (
        quotes
        or cell.lstrip(" \t\xa0\ufeff").startswith('"')
        or any(special in cell for special in (delimiter, "\n", "\r"))
    ):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def count_ends(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))


def encode(text: str, style: Style) -> tuple[bytes, str]:
    """The text in bytes, and the option that names the encoding where it has to be named."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        return text.encode("utf-8", "surrogateescape"), "utf-8"
    if style.encoding == "cp1252":
        with suppress(UnicodeEncodeError):
            return text.encode("cp1252"), "cp1252"
    if style.encoding == "utf-16":
        return text.removeprefix("\ufeff").encode("utf-16"), "auto"
    return text.encode(), "utf-8" if style.told else "auto"


def pack(content: bytes, style: Style) -> bytes:
    if style.packing == "gzip":
        return gzip.compress(content)
    if style.packing == "zip":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("products.csv", content)
        return file.getvalue()
    return content
