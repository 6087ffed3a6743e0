"""What an import must come to, worked out the slow way: one row after the other, over a dict of products.

Shares nothing with imports but the words of its options: tests.imports.test_proof compares the two. A file is given as
what it means, columns and cells; that its bytes are read right is for the engine to show."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any, Literal, Union

Field = Literal["sku", "name", "description", "price", "is_active"]
Value = Union[str, bool, Decimal, "Doubt"]
# What one row says of a product: only the fields that it gives a value.
Values = dict[str, Value]
Key = str
# The numbers of the good rows of each SKU.
Accepted = dict[str, list[int]]

# Of the words and signs that are understood, those that tests.imports.generated knows.
YES = ("true", "t", "yes", "y", "1", "1.0", "on", "active", "ja", "oui")
NO = ("false", "f", "no", "n", "0", "0.0", "-1", "off", "inactive", "nein", "non", "draft")
FORMULA_ERRORS = ("#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#nv")
CURRENCIES = ("$", "US$", "€", "£", "EUR", "CHF", "kr", "kr.")
MINUSES = ("-", "\N{MINUS SIGN}")
DASHES = ("-", "--", "\N{EN DASH}", "\N{EM DASH}")
SPACES = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
AS_NEW: Values = {"description": "", "price": Decimal("0.00"), "is_active": True}


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    description: str = ""
    price: Decimal = Decimal("0.00")
    is_active: bool = True

    @property
    def key(self) -> Key:
        return key_of(self.sku)

    @property
    def values(self) -> dict[str, Any]:
        """All but the SKU."""
        return {name: value for name, value in vars(self).items() if name != "sku"}

    def with_values(self, values: Values) -> "Product":
        """The SKU keeps the spelling it has."""
        changed: dict[str, Any] = {**values, "sku": self.sku}
        return replace(self, **changed)


@dataclass(frozen=True)
class Column:
    heading: str
    field: Field | None = None


@dataclass(frozen=True)
class Broken:
    """A row whose quotes are such that it has no cells, as it stands in the file."""

    code: str
    text: str


Cells = tuple[str, ...]
Row = Cells | Broken


@dataclass(frozen=True)
class File:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Options:
    """Those of imports.options that say what a file does to the catalog."""

    mode: str = "upsert"
    on_error: str = "skip"
    max_errors: int | str = 100_000
    max_missing: int = 10
    blank: str = "keep"
    decimal: str = "auto"
    html: str = "keep"
    dry_run: bool = False


# The column, if it is about one, and the code; and the row before them.
Complaint = tuple[str | None, str]
Error = tuple[int, str | None, str]


# A field with its value before and after.
Difference = tuple[str, Value | None, Value]


@dataclass(frozen=True)
class Change:
    """`row` is the one that says so, None if none does; `superseded_by` the next one of the same SKU."""

    kind: str
    row: int | None
    key: Key
    superseded_by: int | None = None
    differences: frozenset[Difference] = frozenset()


@dataclass
class Outcome:
    status: str
    failure: str
    catalog: dict[Key, Product]
    errors: set[Error]
    counts: dict[str, int]
    changes: set[Change]


class Wrong(Exception):
    """A cell that has no value."""

    def __init__(self, code: str) -> None:
        self.code = code


def key_of(sku: str) -> Key:
    """PostgreSQL's lower() goes letter by letter, and knows no final sigma."""
    return "".join(map(str.lower, sku))


def run(catalog: Iterable[Product], file: File, options: Options) -> Outcome:
    """The import of the file into the catalog, up to its final state or up to its confirmation."""
    outcome = complete(catalog, file, options)
    if outcome.status == "completed" and (options.dry_run or options.mode == "sync"):
        outcome.status, outcome.catalog = "ready", keyed(catalog)
    return outcome


def confirm(dry: Outcome, catalog: Iterable[Product], file: File, options: Options) -> Outcome:
    """The same over the catalog as it is by now. What the dry run refused stays rejected."""
    return complete(catalog, file, options, dry.errors)


def keyed(catalog: Iterable[Product]) -> dict[Key, Product]:
    return {product.key: product for product in catalog}


def complete(
    catalog: Iterable[Product], file: File, options: Options, refused: Set[Error] = frozenset()
) -> Outcome:
    before = keyed(catalog)
    after, errors, accepted = apply_rows(before, file, options, refused)
    if options.mode == "sync":
        deactivate_all_but(accepted, after)
    changes = set(changes_between(before, after, accepted))
    counts = count(changes, accepted, errors)
    rows = sum(not is_blank_row(row) for row in file.rows)
    failure = why_failed(before, counts, options, rows)
    if failure:
        return Outcome("failed", failure, before, errors, counts, changes)
    return Outcome("completed", "", after, errors, counts, changes)


def apply_rows(
    before: Mapping[Key, Product], file: File, options: Options, refused: Set[Error]
) -> tuple[dict[Key, Product], set[Error], Accepted]:
    """One by one: the catalog then, everything wrong, and the numbers of the good rows by their SKU."""
    after, errors = dict(before), set(refused)
    accepted: Accepted = defaultdict(list)
    rows = [fit(row, file, options) for row in file.rows if not is_blank_row(row)]
    mark = decimal_mark(rows, file, options)
    for number, row in enumerate(rows, 1):
        if any(error[0] == number for error in refused):
            continue
        values, complaints = read_row(row, file, options)
        complaints = complaints or settle_price(values, mark)
        complaints = complaints or refusal(values, before, after, options)
        if complaints:
            errors |= {(number, *complaint) for complaint in complaints}
            continue
        sku = str(values["sku"])
        key = key_of(sku)
        after[key] = after.get(key, Product(sku, "")).with_values(values)
        accepted[key].append(number)
    return after, errors, accepted


def deactivate_all_but(accepted: Accepted, catalog: dict[Key, Product]) -> None:
    for key, product in catalog.items():
        if key not in accepted:
            catalog[key] = replace(product, is_active=False)


def changes_between(
    before: Mapping[Key, Product], after: Mapping[Key, Product], accepted: Accepted
) -> Iterator[Change]:
    for key, rows in accepted.items():
        for row, following in pairwise(rows):
            yield Change("superseded", row, key, superseded_by=following)
    for key, product in after.items():
        last = accepted[key][-1] if key in accepted else None
        if key not in before:
            yield Change("created", last, key, differences=differences(None, product))
        elif product != before[key]:
            kind = "updated" if last else "deactivated"
            yield Change(kind, last, key, differences=differences(before[key], product))


def differences(before: Product | None, after: Product) -> frozenset[Difference]:
    """All values of a new product, of another those that are not the same."""
    was = before.values if before else {}
    return frozenset(
        (name, was.get(name), value)
        for name, value in after.values.items()
        if before is None or was[name] != value
    )


def count(changes: Set[Change], accepted: Accepted, errors: Set[Error]) -> dict[str, int]:
    kinds = [change.kind for change in changes]
    counts = {kind: kinds.count(kind) for kind in ("created", "updated", "deactivated", "superseded")}
    unchanged = len(accepted) - counts["created"] - counts["updated"]
    invalid = len({row for row, _, _ in errors})
    return {**counts, "unchanged": unchanged, "errors": invalid, **count_flags(changes)}


def count_flags(changes: Set[Change]) -> dict[str, int]:
    new = values_of(changes, "created", "price")
    moved = values_of(changes, "updated", "price")
    states = values_of(changes, "updated", "is_active")
    return {
        "new_at_zero": sum(after == 0 for _, after in new),
        "large_price_change": sum(not before / 2 <= after <= before * 3 / 2 for before, after in moved),
        "goes_inactive": sum(before > after for before, after in states),
    }


def values_of(changes: Set[Change], kind: str, name: str) -> list[tuple[Fraction, Fraction]]:
    """A number, or a state as 0 or 1, before and after the changes of that kind."""
    return [
        (Fraction(0 if before is None else before), Fraction(after))
        for change in changes
        for field, before, after in change.differences
        if change.kind == kind and field == name and isinstance(after, Decimal | bool)
        if before is None or isinstance(before, Decimal | bool)
    ]


def is_blank_row(row: Row) -> bool:
    if isinstance(row, Broken):
        return False
    return all(cell.strip() == "" for cell in without_mark(row))


def without_mark(row: Cells) -> Cells:
    """Joined files have a byte order mark where one of them begins."""
    return (row[0].lstrip("\ufeff"), *row[1:]) if row else row


def refusal(
    values: Values, before: Mapping[Key, Product], now: Mapping[Key, Product], options: Options
) -> list[Complaint]:
    """Why a row that is right in itself is not for this product."""
    key = key_of(str(values["sku"]))
    if options.mode == "create_only" and key in before:
        return [("sku", "product.exists")]
    if options.mode == "update_only" and key not in before:
        return [("sku", "product.not_found")]
    if key not in now and "name" not in values:
        return [("name", "name.required")]
    return []


def why_failed(before: Mapping[Key, Product], counts: Mapping[str, int], options: Options, rows: int) -> str:
    if counts["errors"] > most_errors(options, rows):
        return "job.too_many_errors"
    if counts["errors"] and (options.on_error == "reject" or options.mode == "sync"):
        return "job.rejected"
    active = sum(product.is_active for product in before.values())
    if 100 * counts["deactivated"] > options.max_missing * active:
        return "sync.too_many_missing"
    return ""


def most_errors(options: Options, rows: int) -> Fraction:
    if isinstance(options.max_errors, int):
        return Fraction(options.max_errors)
    return Fraction(options.max_errors.rstrip("%")) * rows / 100


# What a row says


def fit(row: Row, file: File, options: Options) -> Row:
    """The row with a cell for each column, if all it lacks or has too much is blank."""
    width = len(file.columns)
    if isinstance(row, Broken):
        return row
    cells = without_mark(row)
    if any(cell.strip() for cell in cells[width:]):
        return Broken("row.too_many_cells", "")
    if len(cells) < width and not may_end_early(cells, file, options):
        return Broken("row.too_few_cells", "")
    return (*cells, *[""] * width)[:width]


def may_end_early(cells: Cells, file: File, options: Options) -> bool:
    """Whether the cells that are missing are as good as blank, and the row is no line of a text."""
    for column in file.columns[len(cells) :]:
        if column.field in ("sku", "name", "price") or (column.field and options.blank == "clear"):
            return False
    sku = next(cell for column, cell in zip(file.columns, cells, strict=False) if column.field == "sku")
    indented = [cell for cell in cells[1:] if cell.lstrip() not in ("", cell)]
    return len(cells) > 1 and not indented and not any(map(str.isspace, sku.strip()))


def read_row(row: Row, file: File, options: Options) -> tuple[Values, list[Complaint]]:
    """The row's values, or everything wrong with it."""
    if isinstance(row, Broken):
        return {}, [(None, row.code)]
    values: Values = {}
    complaints: list[Complaint] = []
    for column, cell in zip(file.columns, row, strict=True):
        try:
            check_storable(cell)
        except Wrong as wrong:
            complaints.append((column.heading, wrong.code))
            continue
        if column.field is None:
            continue
        try:
            value = read_cell(column.field, cell, options)
        except Wrong as wrong:
            complaints.append((column.field, wrong.code))
        else:
            if value is not None:
                values[column.field] = value
    return values, complaints


def settle_price(values: Values, mark: str) -> list[Complaint]:
    """Asked of rows that are right otherwise."""
    price = values.get("price")
    if isinstance(price, Doubt):
        try:
            values["price"] = price.settled(mark)
        except Wrong as wrong:
            return [("price", wrong.code)]
    return []


def check_storable(cell: str) -> None:
    if "\0" in cell:
        raise Wrong("cell.nul")
    if any("\ud800" <= character <= "\udfff" for character in cell):
        raise Wrong("cell.encoding")


def read_cell(column: Field, cell: str, options: Options) -> Value | None:
    """None: the row does not say."""
    if column == "description" and options.html == "strip":
        cell = text_of(cell)
    text = cell.strip()
    clears = text.casefold() == "[clear]" and options.blank == "keep"
    if column == "sku" and (not text or clears):
        raise Wrong("sku.required")
    if column == "name" and clears:
        raise Wrong("name.required")
    if not text and (column == "name" or options.blank == "keep"):
        return None
    if not text or clears:
        return AS_NEW[column]
    if text.casefold() in FORMULA_ERRORS:
        raise Wrong("cell.excel_error")
    if column == "price":
        return read_price(unguarded(text), options.decimal)
    return READERS[column](cell if column == "description" else text)


def text_of(html: str) -> str:
    """By the parser of the standard library, which has its own mind only of HTML that is not well formed."""
    if "<" not in html:
        return unescape(html)
    shown = ShownText()
    shown.feed(html)
    shown.close()
    if not shown.has_tags:
        return "".join(shown.pieces)
    return "\n".join(line.strip() for line in "".join(shown.pieces).splitlines() if line.strip())


class ShownText(HTMLParser):
    LINES = ("p", "br", "li", "ul", "div")

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.hidden = self.has_tags = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden, self.has_tags = tag in ("script", "style"), True
        self.handle_data("\n" if tag in self.LINES else "")

    def handle_endtag(self, tag: str) -> None:
        self.hidden, self.has_tags = False, True
        self.handle_data("\n" if tag in self.LINES else "")

    def handle_comment(self, data: str) -> None:
        self.has_tags = True

    def handle_data(self, data: str) -> None:
        self.pieces += [] if self.hidden else [data]


def unguarded(text: str) -> str:
    """Without the apostrophe that keeps a spreadsheet or an import from taking a text for something else."""
    behind = text.lstrip("'")
    special = behind[:1] in tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20") or has_meaning(behind)
    return text[1:] if behind != text and special else text


def has_meaning(text: str) -> bool:
    """Blank, or of the form of #N/A, [clear] or 1.23E+12."""
    word = text.strip()
    if not word or word[0] == "#":
        return len(word) > 1 and len(word.split()) == 1 if word else text != ""
    if word[0] + word[-1] == "[]":
        return word[1:-1].replace("_", "a").isalnum()
    mantissa, _, exponent = word.upper().partition("E")
    whole, _, decimals = mantissa.replace(",", ".").partition(".")
    parts = [whole, exponent[1:], *([decimals] if whole != mantissa else [])]
    return exponent[:1] in ("+", "-") and all(map(is_number, parts))


def read_sku(text: str) -> str:
    sku = unicodedata.normalize("NFC", unguarded(text).strip())
    if is_scientific(sku) and not text.startswith("'"):
        raise Wrong("sku.scientific")
    if is_list(sku):
        raise Wrong("sku.list")
    if len(unguarded(text).strip()) > 256:
        raise Wrong("sku.too_long")
    if any(unicodedata.category(character) in ("Cc", "Cf") for character in sku):
        raise Wrong("sku.invalid")
    if len(sku) > 64:
        raise Wrong("sku.too_long")
    return sku


def is_list(sku: str) -> bool:
    """ET-1,ET-2: two codes or more, each with a digit and without a space inside."""
    for separator in ";|\r\n":
        sku = sku.replace(separator, ",")
    codes = [code.strip() for code in sku.split(",") if code.strip()]
    return len(codes) > 1 and all(is_code(code) for code in codes)


def is_code(text: str) -> bool:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-"
    return len(text) > 1 and set(text) <= set(letters) and any(is_number(character) for character in text)


def is_scientific(sku: str) -> bool:
    """1.23E+12 and 1E+12 and 1.23E-05, as spreadsheets write numbers that are too long for them."""
    mantissa, _, exponent = sku.upper().partition("E")
    sign, power, decimals = exponent[:1], exponent[1:], mantissa[2:]
    if not is_number(mantissa[:1]) or not is_number(power) or len(power) not in (2, 3):
        return False
    if len(mantissa) == 1:
        return sign == "+"
    return sign in ("+", "-") and mantissa[1] in (".", ",") and is_number(decimals)


def is_number(text: str) -> bool:
    return text != "" and all(character in "0123456789" for character in text)


def read_name(text: str) -> str:
    name = unguarded(text).strip()
    if len(name) > 255:
        raise Wrong("name.too_long")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise Wrong("name.invalid")
    return name


def read_description(cell: str) -> str:
    description = unguarded(cell)
    if len(description) > 20_000:
        raise Wrong("description.too_long")
    return description


def read_is_active(text: str) -> bool:
    word = unguarded(text).casefold()
    if word not in YES + NO:
        raise Wrong("is_active.invalid")
    return word in YES


READERS: dict[Field, Callable[[str], Value]] = {
    "sku": read_sku,
    "name": read_name,
    "description": read_description,
    "is_active": read_is_active,
}


# Prices


@dataclass(frozen=True)
class Doubt:
    """A price that is another one by each of the two decimal marks."""

    point: Decimal
    comma: Decimal

    def settled(self, mark: str) -> Decimal:
        if mark not in (".", ","):
            raise Wrong("price.ambiguous")
        return storable_price(self.point if mark == "." else self.comma)


def read_price(text: str, decimal: str) -> Decimal | Doubt:
    negative, number = spelled(text)
    found = readings(number, decimal)
    if not found:
        raise Wrong("price.invalid")
    first, *others = found.values()
    if negative and any(found.values()):
        raise Wrong("price.negative")
    if any(other != first for other in others):
        return Doubt(found["."], found[","])
    return storable_price(first)


def storable_price(price: Decimal) -> Decimal:
    price = without_noise(price)
    if price >= 10**10:
        raise Wrong("price.too_large")
    if price != round(price, 2):
        raise Wrong("price.too_precise")
    return price


def without_noise(price: Decimal) -> Decimal:
    """Beyond 15 digits a double has noise: 19.990000000000002 was 19.99."""
    _, digits, _ = price.as_tuple()
    rounded = Context(prec=15).plus(price)
    return rounded if len(digits) > 15 and rounded == round(rounded, 2) else price


def readings(number: str, decimal: str = "auto") -> dict[str, Decimal]:
    """The number by each decimal mark by which it is one."""
    marks = (".", ",") if decimal == "auto" else (decimal,)
    return {mark: price for mark in marks if (price := read_number(number, mark)) is not None}


def read_number(number: str, mark: str) -> Decimal | None:
    whole, _, decimals = number.partition(mark)
    for separator in {".", ",", *SPACES, *APOSTROPHES} - {mark}:
        if is_grouped(whole.split(separator), separator):
            whole = whole.replace(separator, "")
    if not is_number(whole + decimals):
        return None
    return Decimal(f"{whole or 0}.{decimals or 0}")


def is_grouped(groups: list[str], separator: str) -> bool:
    """1,234 and 1,234,567, in India 12,34,567; but a number in groups does not begin with a zero."""
    first, *others = groups
    if others and first.startswith("0"):
        return False
    if (
        separator == ","
        and len(others) > 1
        and [len(group) for group in others[:-1]] == [2] * (len(others) - 1)
    ):
        return is_number("".join(groups)) and 1 <= len(first) <= 2 and len(others[-1]) == 3
    return (
        is_number(first) and len(first) <= 3 and all(is_number(group) and len(group) == 3 for group in others)
    )


def spelled(text: str) -> tuple[bool, str]:
    """Whether the price has a minus or stands in brackets, and the number alone."""
    rest = in_our_digits(text)
    signs = 0
    if rest.startswith("(") and rest.endswith(")"):
        signs, rest = 1, rest[1:-1].strip()
    for signs_here in (MINUSES, CURRENCIES, MINUSES):
        taken, rest = without_front(rest, signs_here)
        signs += signs_here is MINUSES and taken
    length = 0
    while length < len(rest) and rest[length] in "0123456789.," + SPACES + APOSTROPHES:
        length += 1
    number = rest[:length].rstrip(SPACES + APOSTROPHES)
    rest = rest[len(number) :]
    if number.endswith((".", ",")):
        # 5.- and 5,-- have no cents.
        _, rest = without_front(rest, DASHES)
    rest = rest.strip()
    for signs_here in (MINUSES, CURRENCIES, MINUSES):
        taken, rest = without_front(rest, signs_here)
        signs += signs_here is MINUSES and taken
    if rest or signs > 1 or not number or number[0] in SPACES + APOSTROPHES:
        raise Wrong("price.invalid")
    return signs == 1, number


def in_our_digits(text: str) -> str:
    return "".join(str(int(char)) if unicodedata.category(char) == "Nd" else char for char in text)


def without_front(text: str, fronts: Iterable[str]) -> tuple[bool, str]:
    """Whether the text begins with one of those, the longest of them, and what follows."""
    for front in sorted(fronts, key=len, reverse=True):
        if text.lower().startswith(front.lower()):
            return True, text[len(front) :].lstrip()
    return False, text


def decimal_mark(rows: Iterable[Row], file: File, options: Options) -> str:
    """The one mark that those prices show which can be read by no other; "" if there is none, or both."""
    if options.decimal != "auto":
        return options.decimal
    shown: set[str] = set()
    for row in rows:
        _, complaints = read_row(row, file, options)
        if not complaints and not isinstance(row, Broken):
            for column, cell in zip(file.columns, row, strict=True):
                shown |= marks_shown(cell) if column.field == "price" else set()
    return shown.pop() if len(shown) == 1 else ""


def marks_shown(cell: str) -> set[str]:
    try:
        found = readings(spelled(cell.strip())[1])
    except Wrong:
        return set()
    return set(found) if len(found) == 1 else set()
