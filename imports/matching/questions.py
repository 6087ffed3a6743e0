"""The questions that remain: which fields are unclear, with the columns that may have them."""

from collections.abc import Sequence
from dataclasses import replace

from imports.errors import truncate
from imports.matching.column_values import ColumnValues
from imports.matching.columns import Candidate, Question
from imports.matching.evidence import Evidence
from imports.matching.header_words import CERTAIN
from imports.matching.mapping import header_text, keys_of, quoted

SAMPLES_SHOWN = 5
CANDIDATES_SHOWN = 10
MESSAGES = {
    "sku": "Which column has the SKU?",
    "name": "Which column has the product name? New products need one.",
    "description": "Which column has the description?",
    "price": "Which column has the price? Without one, new products get the price 0.00.",
    "is_active": "Which column says whether a product is active?",
}


def question_of(field: str, found: Sequence[Evidence], cells: Sequence[str]) -> Question:
    keys = keys_of(cells)
    candidates = (
        Candidate(
            one.place + 1,
            keys[one.place],
            truncate(one.header.strip()),
            why(one, field),
            samples(one.values),
        )
        for one in found[:CANDIDATES_SHOWN]
    )
    return Question(field, MESSAGES[field], tuple(candidates))


def looks_like_orders(question: Question, header: str) -> Question:
    """The question, with the reason why all columns are asked about."""
    doubt = f"The file looks like orders, invoices or customers: it has the column {quoted(header)}."
    return replace(question, message=f"{doubt} {question.message}")


def why(one: Evidence, field: str) -> str:
    """Why it may be this column, in a few words."""
    if field == "sku" and one.values.count_up:
        return "The values count up like row numbers or internal IDs."
    if one.name_rank(field) >= CERTAIN and one.opinion(field) < 0:
        return f"Its name fits, but its values do not look like {LOOK_LIKE[field]}."
    if one.name_rank(field) >= CERTAIN:
        return "Its name fits, and so does the name of another column."
    if one.name_rank(field):
        return "Its name fits, but it can also mean something else."
    return f"Its values look like {LOOK_LIKE[field]}."


LOOK_LIKE = {
    "sku": "SKUs",
    "name": "product names",
    "description": "descriptions",
    "price": "prices",
    "is_active": "yes and no",
}


def samples(values: ColumnValues) -> tuple[str, ...]:
    return tuple(truncate(value) for value in values.distinct[:SAMPLES_SHOWN])


def sku_missing(cells: Sequence[str]) -> Question:
    return Question(
        "sku", f"No column is named sku or one of its aliases. The header reads: {header_text(cells)}", ()
    )
