"""Ask which column, or which sheet, has what where a file leaves it open."""

from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from rich.table import Table

from imports.cli.console import console_on, printable
from imports.cli.report import cut, table
from imports.matching.columns import Question
from imports.options import Options

# The import needs these, so there is no answer "none of them".
REQUIRED = ("sku", "sheet")


def answered(
    questions: Sequence[Question], options: Options, out: TextIO, read_line: Callable[[], str]
) -> Options:
    """The options with the answers. Asks again after an answer that is none; "" for the end of the input gives up."""
    for question in questions:
        show(question, out)
        number = choice(question, out, read_line)
        options = with_answer(question, number, options)
    return options


def show(question: Question, out: TextIO) -> None:
    console = console_on(out)
    console.print(f"\n{printable(question.message)}")
    console.print(choices(question))


def choices(question: Question) -> Table:
    return table(["", "COLUMN" if question.field != "sheet" else "SHEET", "SAMPLES", ""], rows(question))


def rows(question: Question) -> Iterator[tuple[str, ...]]:
    for number, candidate in enumerate(question.candidates, 1):
        samples = " | ".join(candidate.samples)
        yield (
            str(number),
            printable(candidate.header or candidate.key),
            cut(printable(samples)),
            candidate.reason,
        )
    if question.field not in REQUIRED:
        yield "0", "none of them", "", ""


def choice(question: Question, out: TextIO, read_line: Callable[[], str]) -> int:
    least, most = int(question.field in REQUIRED), len(question.candidates)
    while True:
        out.write(f"Answer with a number from {least} to {most}: ")
        out.flush()
        line = read_line()
        if not line:
            raise EOFError
        if line.strip().isdecimal() and least <= int(line) <= most:
            return int(line)


def with_answer(question: Question, number: int, options: Options) -> Options:
    """`number` counts the candidates from 1; 0 for none of them."""
    keys = [candidate.key for candidate in question.candidates]
    if question.field == "sheet":
        return options.model_copy(update={"sheet": keys[number - 1]})
    answers = {key: question.field if place == number else "" for place, key in enumerate(keys, 1)}
    # A column that is not the one asked for may still be another field.
    answers = {key: field for key, field in answers.items() if field} if number else answers
    return options.model_copy(update={"mapping": options.mapping | answers})
