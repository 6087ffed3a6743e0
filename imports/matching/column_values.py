"""What the values of a column say about the field it holds. Pure functions.

A column is judged by a sample of its values. Each judgement is an opinion: for, against, or none for want of values."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from catalog import prices
from catalog.formulas import unguarded
from catalog.validation import FieldError
from imports.rows import yes_no_words
from lib.limits import SKU_MAX_LENGTH

# Of the values that are not blank: nearly all, and most.
NEARLY_ALL, MOST = 0.9, 0.5
# Of the numbers that are no prices, a third ends in 0, 5 or 9.
MOSTLY_ROUND = 0.7
# Two values may be yes and no by chance; ten are not.
ENOUGH_FLAGS = 10
MAX_FLAG_VALUES = 4
# So few numbers may be groups.
FEW_GROUPS = 2
SHORT_TEXT = 80
VALUE_LOOKED_AT = 300
# With spaces, units and currencies.
LONGEST_PRICE, LONGEST_FLAG = 100, 40

CODE = re.compile(r"[^\W_][\w./+#-]*").fullmatch
INTEGER = re.compile("[0-9]{1,18}").fullmatch
HAS_DIGIT = re.compile("[0-9]").search
# A code rather than a price, though its letters are also those of a currency: P001, R100, TOP12.
LETTERS_AND_NUMBER = re.compile("[A-Za-z]{1,3}[0-9]+").fullmatch
ROUND = re.compile("[1-9][0-9]{1,6}[059]").fullmatch
DECIMALS = re.compile(r"[.,][0-9]{1,2}(?![0-9])")
DATE = re.compile(r"\d{4}-\d\d?-\d\d?\b.*|\d\d?[./]\d\d?[./]\d{2,4}\b.*").fullmatch
ADDRESS = re.compile(r"(?:https?://|www\.)\S*", re.IGNORECASE).fullmatch
BARCODE = re.compile("[0-9]{8}|[0-9]{12,14}").fullmatch
RANDOM = re.compile("[0-9a-f]{12,64}|[0-9a-f]{8}-[0-9a-f-]{27}", re.IGNORECASE).fullmatch
FLAGS = ("0", "1", "-1")


@dataclass(frozen=True)
class ColumnValues:
    """The values of a column in the first rows, with blank ones."""

    sample: tuple[str, ...]

    @cached_property
    def filled(self) -> list[str]:
        shown = (unguarded(value.strip())[:VALUE_LOOKED_AT] for value in self.sample)
        return [value for value in shown if value]

    @cached_property
    def distinct(self) -> list[str]:
        return list(dict.fromkeys(self.filled))

    def share(self, holds: Callable[[str], object]) -> float:
        """The share of the values that are not blank for which this holds."""
        return sum(map(bool, map(holds, self.filled))) / len(self.filled) if self.filled else 0.0

    # --- What they look like ---

    @cached_property
    def are_prices(self) -> bool:
        return self.share(is_price) >= NEARLY_ALL and not self.are_flags

    @cached_property
    def show_money(self) -> bool:
        """Prices that show it by cents or by a currency."""
        return (
            self.are_prices
            and self.share(lambda value: DECIMALS.search(value) or shows_currency(value)) >= MOST
        )

    @cached_property
    def are_whole_amounts(self) -> bool:
        """Integers as prices without cents are: mostly round, of three digits or more, and neither IDs nor a few groups."""
        is_id = self.count_up or self.are_barcodes
        is_varied = len(self.distinct) > min(FEW_GROUPS, len(self.filled) / 2)
        return self.are_integers and is_varied and not is_id and self.share(ROUND) >= MOSTLY_ROUND

    @cached_property
    def are_flags(self) -> bool:
        return self.share(is_flag) >= NEARLY_ALL and len(self.distinct) <= MAX_FLAG_VALUES

    @cached_property
    def are_flags_in_words(self) -> bool:
        return self.are_flags and not any(value in FLAGS for value in self.distinct)

    @cached_property
    def are_surely_flags(self) -> bool:
        """Words for yes and no, or so many zeros and ones that they are no counts."""
        return self.are_flags and (self.are_flags_in_words or len(self.filled) >= ENOUGH_FLAGS)

    @cached_property
    def meanings(self) -> tuple[bool, ...]:
        """Yes or no, of each flag."""
        return tuple(yes_no_words.meaning(value) is True for value in self.filled)

    @cached_property
    def are_integers(self) -> bool:
        return self.share(INTEGER) == 1

    @cached_property
    def are_barcodes(self) -> bool:
        return self.share(is_barcode) >= NEARLY_ALL

    @cached_property
    def are_random(self) -> bool:
        """IDs that no person has made, such as UUIDs."""
        return not self.are_integers and self.share(RANDOM) >= NEARLY_ALL

    @cached_property
    def are_unique(self) -> bool:
        return len(self.distinct) >= NEARLY_ALL * len(self.filled)

    @cached_property
    def are_codes(self) -> bool:
        """In the form of SKUs."""
        return (
            self.share(lambda value: len(value) <= SKU_MAX_LENGTH and CODE(value)) >= NEARLY_ALL
            and not self.show_money
            and self.share(DATE) < MOST
        )

    @cached_property
    def count_up(self) -> bool:
        """IDs or row numbers: integers that grow by little. One alone may be either."""
        if not self.are_integers:
            return False
        numbers = list(map(int, self.filled))
        grow = all(one < other for one, other in pairwise(numbers))
        return grow and numbers[-1] - numbers[0] <= 3 * len(numbers)

    @cached_property
    def are_texts(self) -> bool:
        is_text = self.share(has_letters) >= NEARLY_ALL
        return is_text and not self.are_flags and self.share(ADDRESS) < MOST and self.share(DATE) < MOST

    @cached_property
    def are_words(self) -> bool:
        """Single words with a capital, as names are written and codes are not."""
        return self.share(lambda value: value.isalpha() and value.istitle()) >= MOST

    @cached_property
    def have_spaces(self) -> bool:
        return self.share(lambda value: " " in value) >= MOST

    @cached_property
    def are_short_texts(self) -> bool:
        """Single lines without markup, such as names."""
        return (
            self.are_texts
            and self.share(lambda value: len(value) > SHORT_TEXT or "<" in value or "\n" in value) < 0.1
        )


# --- Opinions: 1 for, -1 against, 0 none ---


def opinion(values: ColumnValues, field: str) -> int:
    """Whether the values may be those of the field."""
    return OPINIONS[field](values) if values.filled else 0


def on_sku(values: ColumnValues) -> int:
    if values.are_codes and values.are_unique:
        return 1
    few = len(values.filled) > 3 and len(values.distinct) <= len(values.filled) / 2
    sentences = values.have_spaces and values.share(lambda value: value.count(" ") > 3) >= MOST
    return -1 if few or sentences or values.show_money or values.share(ADDRESS) >= MOST else 0


def on_name(values: ColumnValues) -> int:
    if not values.are_texts:
        return -1
    return 1 if values.are_short_texts else 0


def on_description(values: ColumnValues) -> int:
    return 1 if values.are_texts else 0 if values.share(has_letters) > 0 else -1


def on_price(values: ColumnValues) -> int:
    if values.are_prices:
        return 1
    return -1 if values.share(is_price) < MOST else 0


def on_is_active(values: ColumnValues) -> int:
    if values.are_flags:
        return 1
    return -1 if values.share(is_flag) < MOST or values.are_integers else 0


OPINIONS: dict[str, Callable[[ColumnValues], int]] = {
    "sku": on_sku,
    "name": on_name,
    "description": on_description,
    "price": on_price,
    "is_active": on_is_active,
}


# --- One value ---


def is_price(value: str) -> bool:
    if len(value) > LONGEST_PRICE or not HAS_DIGIT(value) or DATE(value):
        return False
    try:
        prices.read(value, "auto")
    except FieldError:
        return False
    return True


def shows_currency(value: str) -> bool:
    is_bare = value[:1].isdecimal() and value[-1:].isdecimal()
    return not is_bare and not LETTERS_AND_NUMBER(value)


def is_flag(value: str) -> bool:
    return value in FLAGS or (len(value) <= LONGEST_FLAG and yes_no_words.meaning(value) is not None)


def is_barcode(value: str) -> bool:
    """A GTIN with a right check digit."""
    if not BARCODE(value):
        return False
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(value)))
    return total % 10 == 0


def has_letters(value: str) -> bool:
    return any(map(str.isalpha, value))


def columns_of(rows: Sequence[Sequence[str]], width: int) -> list[ColumnValues]:
    """The values of each column in these rows, which may be shorter or longer than the header."""
    return [
        ColumnValues(tuple(row[place] if place < len(row) else "" for row in rows)) for place in range(width)
    ]
