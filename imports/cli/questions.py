"""Ask which column, or which sheet, has what where a file leaves it open."""

from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from rich.table import Table

from imports.cli.console import console_on, printable
from imports.cli.report import cut, table
from imports.matching.columns import Question
from imports.options import Options


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
        samples = cut(printable(" | ".join(candidate.samples)))
        yield str(number), candidate.header or candidate.key, samples, candidate.reason
    if question.may_be_none:
        yield "0", "none of them", "", ""


def choice(question: Question, out: TextIO, read_line: Callable[[], str]) -> int:
    least, most = 0 if question.may_be_none else 1, len(question.candidates)
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
    answer = question.candidates[number - 1] if number else None
    if answer and question.field == "sheet":
        return options.model_copy(update={"sheet": answer.key})
    return options.model_copy(update={"mapping": options.mapping | question.mapping_of(answer)})
