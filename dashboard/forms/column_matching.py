"""The step Match columns of the upload form: what was detected, what is unclear, and one line for each column."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from dashboard.forms.import_options import FIELD_LABELS, WORDS
from imports.formats.file_info import FileInfo
from imports.matching.columns import Column, Question, Reason
from imports.matching.mapping import keys_of
from imports.matching.questions import MESSAGES
from imports.models import ImportJob
from imports.options import FIELDS, Options
from imports.schemas import JobColumn

# The import needs these, so there is no answer "None of them".
REQUIRED = ("sku", "sheet")
HOW: Mapping[Reason, str] = {
    "mapping": "Your choice",
    "recipe": "By recipe",
    "name": "By name",
    "name_and_values": "By name and values",
    "ignored": "Your choice",
    "note": "A note",
    "other": "Not a product field",
    "unknown": "Not recognized",
}
# The names of the radio buttons of a question begin with it.
ANSWER = "answer-"
CERTAIN_FROM = 0.9
IGNORED_SHOWN = 100
NO_NAME = "No column is imported as Name. New products need one, so rows with a new SKU will be skipped."
NO_PRICE = "No column is imported as Price. New products get the price 0.00."


@dataclass(frozen=True)
class Reading:
    """Something about the file that was detected and can be corrected. Without choices, it is a number."""

    name: str
    label: str
    value: str
    detected: str
    choices: Sequence[tuple[str, str]] = ()


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
        message = question.message if question.candidates else MESSAGES[question.field]
        return cls(question.field, name, message, tuple(answers(question)))


@dataclass(frozen=True)
class Line:
    """A column, and how it came to its field."""

    number: int
    key: str
    header: str
    samples: Sequence[str]
    field: str
    how: str
    sure: str


@dataclass(frozen=True)
class ColumnMatching:
    format: str
    readings: Sequence[Reading]
    questions: Sequence[Asked]
    imported: Sequence[Line]
    ignored: Sequence[Line]
    summary: str
    notes: Sequence[str]
    failure: str = ""

    @property
    def ignored_first(self) -> Sequence[Line]:
        return self.ignored[:IGNORED_SHOWN]

    @property
    def ignored_more(self) -> Sequence[Line]:
        """Columns that the browser lays out only on request: thousands of drop-downs take it seconds."""
        return self.ignored[IGNORED_SHOWN:]


def of_file(info: FileInfo, options: Options) -> ColumnMatching:
    found = lines(info)
    imported = [line for line in found if line.field]
    ignored = [line for line in found if not line.field]
    questions = tuple(map(Asked.of, info.questions))
    return ColumnMatching(
        format=format_of(info),
        readings=tuple(readings(info, options)),
        questions=questions,
        imported=imported,
        ignored=ignored,
        summary=summary(imported, ignored, has_questions=bool(questions)),
        notes=tuple(notes(info, options)),
    )


def of_failure(message: str, options: Options) -> ColumnMatching:
    """A file that cannot be read, perhaps because something about it was not detected."""
    unread = FileInfo([], (), encoding="", delimiter="", header_line=0)
    return ColumnMatching("", tuple(readings(unread, options)), (), (), (), "", (), message)


# --- What was detected ---


def format_of(info: FileInfo) -> str:
    kind = "Excel" if info.format == "xlsx" else "CSV"
    packing = {"gzip": " in gzip", "zip": " in ZIP"}.get(info.packing, "")
    return kind if info.format == "xlsx" else kind + packing


def readings(info: FileInfo, options: Options) -> Iterator[Reading]:
    if info.recipe or options.recipe != "auto":
        yield reading("recipe", options.recipe, info.recipe)
    if len(info.sheets) > 1:
        others = [(sheet.name, sheet.name) for sheet in info.sheets]
        yield Reading(
            "sheet",
            WORDS["sheet"].label,
            options.sheet,
            info.sheet,
            [("", detected(info.sheet, options.sheet)), *others],
        )
    if info.format == "csv":
        is_guess = info.encoding_confidence < CERTAIN_FROM
        yield reading("encoding", options.encoding, info.encoding, is_guess=is_guess)
        delimiter = "tab" if info.delimiter == "\t" else info.delimiter
        yield reading("delimiter", options.delimiter, delimiter)
    yield reading("decimal", options.decimal, info.decimal)
    yield Reading(
        "header_row",
        WORDS["header_row"].label,
        "" if options.header_row == "auto" else str(options.header_row),
        str(info.header_line or ""),
    )


def reading(name: str, chosen: str, found: str, *, is_guess: bool = False) -> Reading:
    words = {value: text for value, text in WORDS[name].choices.items() if value != "auto"}
    if chosen not in ("auto", *words):
        words[chosen] = chosen
    automatic = detected(words.get(found, found), "" if chosen == "auto" else chosen, is_guess=is_guess)
    return Reading(name, WORDS[name].label, chosen, found, [("auto", automatic), *words.items()])


def detected(found: str, chosen: str, *, is_guess: bool = False) -> str:
    """The words for what is used as long as nothing was chosen."""
    if chosen or not found:
        return "Automatic"
    return f"{found} (a guess)" if is_guess else found


# --- What is unclear ---


def answers(question: Question) -> Iterator[Answer]:
    for candidate in question.candidates:
        value = candidate.key if question.field == "sheet" else json.dumps({candidate.key: question.field})
        yield Answer(named(candidate.header, candidate.number), value, candidate.samples, candidate.reason)
    if question.field not in REQUIRED and question.candidates:
        yield Answer("None of them", json.dumps({one.key: "" for one in question.candidates}))


# --- The columns ---


def lines(info: FileInfo) -> list[Line]:
    keys = keys_of(info.header)
    asked = {
        one.number for question in info.questions if question.field != "sheet" for one in question.candidates
    }
    return [line(column, keys[column.number - 1], is_asked=column.number in asked) for column in info.columns]


def line(column: Column, key: str, *, is_asked: bool) -> Line:
    return Line(
        column.number,
        key,
        named(column.header, column.number),
        column.samples,
        column.field or "",
        "See the question above" if is_asked and not column.field else HOW[column.reason],
        how_sure(column),
    )


def named(header: str, number: int) -> str:
    return header or f"Column {number}"


def how_sure(column: Column | JobColumn) -> str:
    """Nothing about a column that is not imported, or that a person has chosen."""
    if column.field is None or column.reason == "mapping":
        return ""
    return "Certain" if column.confidence >= CERTAIN_FROM else "Likely"


def summary(imported: Sequence[Line], ignored: Sequence[Line], *, has_questions: bool) -> str:
    labels = [FIELD_LABELS[name] for name in FIELDS if name in {line.field for line in imported}]
    matched = f"{'Matched so far' if has_questions else 'All columns matched'}: {', '.join(labels)}."
    columns = "1 column is" if len(ignored) == 1 else f"{len(ignored):,} columns are"
    rest = f"{columns} not imported." if ignored and not has_questions else ""
    return " ".join(filter(None, [matched if labels else "", rest]))


def notes(info: FileInfo, options: Options) -> Iterator[str]:
    """What new products would lack, and other warnings than those about single columns."""
    known = {column.field for column in info.columns} | {question.field for question in info.questions}
    if options.mode != "update_only" and "sku" in known:
        yield from [NO_NAME] if "name" not in known else []
        yield from [NO_PRICE] if "price" not in known else []
    # The encoding, the columns and a missing price have their own place.
    for warning in info.warnings:
        if warning["code"] not in ("header.unknown", "file.encoding_guessed", "price.no_column"):
            yield str(warning["message"])


# --- The columns of an import ---


@dataclass(frozen=True)
class ColumnRead:
    header: str
    field: str
    how: str
    sure: str


def of_job(job: ImportJob) -> list[ColumnRead]:
    columns = map(JobColumn.model_validate, job.file_columns)
    return [
        ColumnRead(
            named(column.header, number),
            FIELD_LABELS[column.field] if column.field else "",
            HOW[column.reason],
            how_sure(column),
        )
        for number, column in enumerate(columns, 1)
    ]
