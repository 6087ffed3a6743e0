"""The files of the corpus: headers as real files have them, with made-up values below."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from imports.matching.columns import Matching
from imports.matching.header_row import find_table
from imports.matching.matching import match_columns
from tests.imports.corpus.values import values_of

# For each field the header of its column, or those of the candidates of a question. Without any, a question without
# candidates refuses the file.
Outcome = dict[str, str | list[str]]


@dataclass(frozen=True)
class CorpusFile:
    title: str
    # Header, kind of values, and the field: with ? as a candidate of its question, "" if it is ignored.
    columns: tuple[tuple[str, str, str], ...]

    @cached_property
    def header(self) -> list[str]:
        return [header for header, _, _ in self.columns]

    @cached_property
    def rows(self) -> list[list[str]]:
        return [list(row) for row in zip(*(values_of(kind) for _, kind, _ in self.columns), strict=True)]

    @property
    def right(self) -> Outcome:
        right: Outcome = {field: header for header, _, field in self.columns if field and field[-1] != "?"}
        for asked in dict.fromkeys(field for _, _, field in self.columns if field.endswith("?")):
            right[asked[:-1]] = sorted(header for header, _, field in self.columns if field == asked)
        return {"sku": [], **right}

    def matching(self, count: int | None = None) -> Matching:
        """How the file is read if it has so many rows."""
        table = find_table(list(enumerate([self.header, *self.rows[:count]], 1)))
        return match_columns(table.header, table.rows)


def outcome(matching: Matching) -> Outcome:
    found: Outcome = {column.field: column.header for column in matching.columns if column.field}
    for question in matching.questions:
        found[question.field] = sorted(candidate.header for candidate in question.candidates)
    return found


def read(name: str) -> list[CorpusFile]:
    content = Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
    return [CorpusFile(title, columns_of(text)) for title, text in tomllib.loads(content).items()]


def columns_of(text: str) -> tuple[tuple[str, str, str], ...]:
    lines = (line.split(" | ") for line in text.splitlines() if line)
    return tuple((line[0].replace("\\n", "\n"), line[1], line[2] if line[2:] else "") for line in lines)
