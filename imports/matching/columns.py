"""How the columns of a file are read, and the questions about them that its sender has to answer."""

from dataclasses import dataclass
from typing import Literal

from imports.matching.header_names import fold
from imports.options import FIELDS

# How a column came to its field, or why it has none.
Reason = Literal[
    "mapping", "profile", "recipe", "name", "name_and_values", "ignored", "note", "other", "unknown"
]

# Read-only columns of our own exports, ignored without a warning.
EXPORTED = ("id", "created_at", "updated_at")


@dataclass(frozen=True)
class Column:
    """A column of the file as it is read. Its number counts from 1."""

    number: int
    header: str
    field: str | None
    reason: Reason
    # From 0 to 1; 1 is certain.
    confidence: float
    samples: tuple[str, ...]
    # What a column of another kind is about, such as "stock".
    subject: str = ""

    @property
    def is_unknown(self) -> bool:
        """Whether it is ignored though nobody said so."""
        is_ignored = self.reason in ("other", "unknown") and bool(self.header)
        return is_ignored and fold(self.header) not in EXPORTED


@dataclass(frozen=True)
class Candidate:
    """A column that may be the one asked for. Its number counts from 1; `key` names it in the option mapping."""

    number: int
    key: str
    header: str
    reason: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A field of which it is unclear which column has it. Without candidates, no column looks like it."""

    field: str
    message: str
    candidates: tuple[Candidate, ...]

    @property
    def may_be_none(self) -> bool:
        """Whether "none of them" is an answer: an import needs a SKU and a sheet."""
        return self.field not in ("sku", "sheet")

    def mapping_of(self, answer: Candidate | None) -> dict[str, str]:
        """What the answer adds to the option mapping; None for none of the candidates. Of one that is chosen, the others may
        still be other fields."""
        if answer is None:
            return {candidate.key: "" for candidate in self.candidates}
        return {answer.key: self.field}


@dataclass(frozen=True)
class Matching:
    columns: tuple[Column, ...]
    questions: tuple[Question, ...]
    # The name of the recipe that was followed, or "".
    recipe: str = ""

    @property
    def positions(self) -> tuple[int, ...]:
        """The position of each field, or -1."""
        places = {column.field: place for place, column in enumerate(self.columns)}
        return tuple(places.get(field, -1) for field in FIELDS)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of the columns that are ignored though nobody said so, without those that are asked about."""
        asked = {candidate.number for question in self.questions for candidate in question.candidates}
        return tuple(
            column.header for column in self.columns if column.is_unknown and column.number not in asked
        )
