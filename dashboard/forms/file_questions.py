"""The questions about a file that is to be uploaded, with their answers as radio buttons."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

from imports.formats.file_info import FileInfo
from imports.matching.columns import Question
from imports.matching.mapping import keys_of
from imports.matching.questions import MESSAGES
from imports.upload.missing_columns import ColumnMissing

# The names of the radio buttons of a question begin with it.
ANSWER = "answer-"
# Of a file in which no column looks like the one that is asked for.
COLUMNS_SHOWN = 100


@dataclass(frozen=True)
class Answer:
    label: str
    # The name of a sheet, or what it adds to the option mapping, as JSON.
    value: str
    samples: Sequence[str] = ()
    reason: str = ""


@dataclass(frozen=True)
class Asked:
    field: str
    # The name of its radio buttons.
    name: str
    message: str
    answers: Sequence[Answer]

    @classmethod
    def of(cls, question: Question) -> Self:
        name = "sheet" if question.field == "sheet" else f"{ANSWER}{question.field}"
        # A question without candidates has the header in its message, which the lines show.
        has_own_message = question.candidates or isinstance(question, ColumnMissing)
        message = question.message if has_own_message else MESSAGES[question.field]
        return cls(question.field, name, message, tuple(answers(question)))

    @classmethod
    def of_any_column(cls, field: str, info: FileInfo) -> Self:
        """Which of all columns has the field, where none looks like it."""
        columns = zip(keys_of(info.header), info.columns, strict=True)
        choices = (
            Answer(named(column.header, column.number), json.dumps({key: field}), column.samples)
            for key, column in islice(columns, COLUMNS_SHOWN)
        )
        return cls(field, f"{ANSWER}{field}", MESSAGES[field], tuple(choices))


def answers(question: Question) -> Iterator[Answer]:
    for candidate in question.candidates:
        is_sheet = question.field == "sheet"
        value = candidate.key if is_sheet else json.dumps(question.mapping_of(candidate))
        yield Answer(named(candidate.header, candidate.number), value, candidate.samples, candidate.reason)
    if question.may_be_none and question.candidates:
        yield Answer("None of them", json.dumps(question.mapping_of(None)))
    elif question.may_be_none and isinstance(question, ColumnMissing):
        yield Answer("No column has it now", json.dumps(question.mapping_of(None)))


def named(header: str, number: int) -> str:
    return header or f"Column {number}"
