"""Questions about the columns of a profile that a file lacks, because its supplier has renamed or removed them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from imports.formats.file_info import FileInfo
from imports.matching.columns import Candidate, Column, Question
from imports.matching.header_names import fold
from imports.matching.mapping import keys_of
from imports.matching.questions import CANDIDATES_SHOWN, MESSAGES
from imports.matching.saved_columns import missing_columns
from imports.options import FIELDS, ProfileOptions, SavedColumns

# How columns came to their fields that are not asked about.
SETTLED = ("profile", "mapping", "ignored", "note")
NEW = "The profile does not know this column."
LIKELY = "Its name or its values fit."


@dataclass(frozen=True)
class ColumnMissing(Question):
    """Which column has the field that another one had, whose `key` is that of the profile. The first `likely` candidates
    would be taken for it if they were not asked about."""

    key: str = ""
    likely: int = 0

    def mapping_of(self, answer: Candidate | None) -> dict[str, str]:
        if answer is not None:
            return {answer.key: self.field}
        return {self.key: "", **{candidate.key: "" for candidate in self.candidates[: self.likely]}}


def with_missing(info: FileInfo, options: ProfileOptions) -> FileInfo:
    """The file with a question about each column of the profile that it lacks, before its other questions."""
    saved, missing = options.saved, missing_columns(info.header, options)
    if saved is None or not missing:
        return info
    keys = {fold(field): key for key, field in missing.items()}
    asked = [question(field, keys[field], info, saved) for field in sorted(keys, key=FIELDS.index)]
    others = [other for other in info.questions if other.field not in keys]
    columns = tuple(
        replace(column, field=None, reason="unknown") if column.field in keys else column
        for column in info.columns
    )
    return replace(info, columns=columns, questions=(*asked, *others))


def question(field: str, key: str, info: FileInfo, saved: SavedColumns) -> ColumnMissing:
    likely = list(likely_columns(field, info))
    candidates = [*likely, *new_columns({one.number for one in likely}, info, saved)]
    first, _, _ = MESSAGES[field].partition("?")
    message = f"{first}? In the profile “{saved.profile}” it was “{key}”, which is not in this file."
    return ColumnMissing(field, message, tuple(candidates[:CANDIDATES_SHOWN]), key, len(likely))


def likely_columns(field: str, info: FileInfo) -> Iterator[Candidate]:
    """The columns that look like the field by themselves."""
    keys = keys_of(info.header)
    yield from (candidate(one, keys, LIKELY) for one in info.columns if one.field == field)
    for other in info.questions:
        if other.field == field:
            yield from other.candidates


def new_columns(without: set[int], info: FileInfo, saved: SavedColumns) -> Iterator[Candidate]:
    """The columns that the profile does not know and nobody has chosen."""
    keys, known = keys_of(info.header), set(map(fold, [*saved.header, *saved.mapping]))
    for column in info.columns:
        is_free = column.reason not in SETTLED
        if is_free and column.number not in without and fold(column.header) not in known:
            yield candidate(column, keys, NEW)


def candidate(column: Column, keys: Sequence[str], reason: str) -> Candidate:
    return Candidate(column.number, keys[column.number - 1], column.header, reason, column.samples)
