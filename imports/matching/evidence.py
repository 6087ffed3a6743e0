"""What speaks for a column being a field: its name and its values together. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from imports.matching.column_values import HAS_DIGIT, NEARLY_ALL, ColumnValues, opinion
from imports.matching.header_names import HINT, Name
from imports.matching.header_words import CERTAIN, LIKELY

# What products have, and categories, users and other things with a code do not.
OTHER_PRICES = ("cost", "other_price")
PRODUCT_SUBJECTS = (*OTHER_PRICES, "stock", "barcode", "brand", "size", "tax")


@dataclass(frozen=True)
class Evidence:
    """What is known about a column nobody has assigned."""

    place: int
    header: str
    name: Name
    values: ColumnValues

    def name_rank(self, field: str) -> float:
        return self.name.fields.get(field, 0.0)

    def opinion(self, field: str) -> int:
        return opinion(self.values, field)


def has_skus(one: Evidence) -> bool:
    return one.opinion("sku") > 0 and not one.values.are_flags and not one.values.count_up


def supports_sku(one: Evidence) -> bool:
    """Codes that are no IDs of a shop's database: not counted up, no long numbers, not random. Words are names, and so
    may be what has no digit where the column may have names."""
    lack_digits = one.values.share(HAS_DIGIT) < NEARLY_ALL
    may_be_names = one.values.are_words or (lack_digits and bool(one.name_rank("name")))
    return (
        has_skus(one)
        and not may_be_names
        and not one.values.are_barcodes
        and not one.values.are_random
        and not (one.values.are_integers and len(one.values.filled[0]) > 10)
    )


def is_like_names(one: Evidence) -> bool:
    return one.values.are_short_texts and one.values.are_unique and one.values.have_spaces


def is_unknown(one: Evidence) -> bool:
    """Whether its name says nothing."""
    return not one.name.fields and not one.name.subject


def is_about_products(one: Evidence) -> bool:
    return bool(one.name_rank("price")) or one.name.subject in PRODUCT_SUBJECTS or may_be_price(one)


def may_be_price(one: Evidence) -> bool:
    """Whether the column may have the prices of a file that names none: its values show money, or its name says that they are
    prices of another kind, or its name says nothing and they look like prices without cents."""
    if one.name.subject in OTHER_PRICES:
        return one.values.are_prices
    return not one.name.subject and (
        one.values.show_money or (one.values.are_whole_amounts and is_unknown(one))
    )


def is_named_price(one: Evidence) -> bool:
    """Whether the column has prices of any kind, by its name and its values."""
    return one.values.show_money and (bool(one.name_rank("price")) or one.name.subject in OTHER_PRICES)


def is_rival_price(one: Evidence) -> bool:
    """Whether its name may be that of the price, with or without cents."""
    return bool(one.name_rank("price")) and (one.values.show_money or one.values.are_whole_amounts)


def is_blank(one: Evidence) -> bool:
    """Whether there are rows, but none of them has a value here."""
    return bool(one.values.sample) and not one.values.filled


def is_contradicted(one: Evidence, field: str) -> bool:
    """Whether the values say that a name which can mean several things means another one here."""
    return one.name_rank(field) < CERTAIN and one.opinion(field) < 0


def confidence_of(one: Evidence, field: str) -> float:
    sure = one.name_rank(field)
    agree = one.opinion(field) > 0
    return {CERTAIN: 0.95 if agree else 0.9, LIKELY: 0.75, HINT: 0.7}[sure]


def surest(found: Sequence[Evidence]) -> list[Evidence]:
    """The columns whose names are surest of being descriptions, of those with values if there are any."""
    named = [one for one in found if one.name_rank("description") and one.opinion("description") >= 0]
    best = max((one.name_rank("description") for one in named if one.values.filled), default=0.0)
    return [one for one in named if one.name_rank("description") == best] or named
