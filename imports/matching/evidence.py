"""What speaks for a column being a field: its name and its values together. Pure functions."""

from dataclasses import dataclass

from imports.matching.column_values import ColumnValues, opinion
from imports.matching.header_names import CERTAIN, HINT, LIKELY, Name


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
    """Codes that are no IDs of a shop's database: not counted up, and no long numbers."""
    return (
        has_skus(one)
        and not one.values.are_barcodes
        and not (one.values.are_integers and len(one.values.filled[0]) > 10)
    )


def is_like_names(values: ColumnValues) -> bool:
    return values.are_short_texts and values.are_unique and values.have_spaces


def is_contradicted(one: Evidence, field: str) -> bool:
    """Whether the values say that a name which can mean several things means another one here."""
    return one.name_rank(field) < CERTAIN and one.opinion(field) < 0


def confidence_of(one: Evidence, field: str) -> float:
    sure = one.name_rank(field)
    agree = one.opinion(field) > 0
    return {CERTAIN: 0.95 if agree else 0.9, LIKELY: 0.75, HINT: 0.7}[sure]
