"""The step Match columns of the upload form: what was detected, what is unclear, and one line for each column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboard.forms import profile_use
from dashboard.forms.file_questions import Asked, named
from dashboard.forms.file_readings import CERTAIN_FROM, Reading, format_of, listed, readings
from dashboard.forms.import_options import FIELD_LABELS, OF_THE_FILE
from dashboard.forms.profile_use import ProfileUse
from imports.formats.file_info import FileInfo
from imports.matching.columns import Column, Reason
from imports.matching.mapping import keys_of
from imports.models import ImportJob
from imports.options import FIELDS, Options, UploadOptions
from imports.schemas import JobColumn
from imports.upload.profile_choice import FileRead

HOW: Mapping[Reason, str] = {
    "mapping": "Your choice",
    "profile": "By profile",
    "recipe": "By recipe",
    "name": "By name",
    "name_and_values": "By name and values",
    "ignored": "Your choice",
    "note": "A note",
    "other": "Not a product field",
    "unknown": "Not recognized",
}
IGNORED_SHOWN = 100
NO_NAME = "No column is imported as Name. New products need one, so rows with a new SKU will be skipped."
OTHER_SHEETS = (
    "Sheets with the same columns are not imported: {names}. Choose at “Other sheets” to import them too."
)
# The encoding, the columns, a missing price and sheets that can be chosen have their own place.
SAID_ELSEWHERE = ("header.unknown", "file.encoding_guessed", "price.no_column", "sheet.ignored")
NO_PRICE = "No column is imported as Price. New products get the price 0.00."


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
    profile: ProfileUse | None = None
    failure: str = ""
    # Whether the file may be read after all without what was chosen.
    can_detect_again: bool = False

    @property
    def ignored_first(self) -> Sequence[Line]:
        return self.ignored[:IGNORED_SHOWN]

    @property
    def ignored_more(self) -> Sequence[Line]:
        """Columns that the browser lays out only on request: thousands of drop-downs take it seconds."""
        return self.ignored[IGNORED_SHOWN:]


def of_file(read: FileRead, given: UploadOptions, filename: str) -> ColumnMatching:
    """`given` are the options that a person has chosen, without those of the profile."""
    info = read.info
    found = lines(info)
    imported = [line for line in found if line.field]
    ignored = [line for line in found if not line.field]
    questions = tuple(map(Asked.of, info.questions))
    return ColumnMatching(
        format=format_of(info),
        readings=(*profile_use.choice(read.profile, read.offers), *readings(info, with_sheet(given, read))),
        questions=questions,
        imported=imported,
        ignored=ignored,
        summary=summary(imported, ignored, has_questions=bool(questions)),
        notes=(*filter(None, [read.refusal]), *notes(info, read.options)),
        profile=profile_use.of(read, filename),
    )


def with_sheet(given: UploadOptions, read: FileRead) -> UploadOptions:
    """The sheet that is read in place of that of the profile has to be sent along."""
    if read.profile is None or read.options.sheet == read.profile.parsed_options.sheet:
        return given
    return given.model_copy(update={"sheet": read.options.sheet})


def of_failure(message: str, given: UploadOptions | None) -> ColumnMatching:
    """A file that cannot be read, perhaps because of what was chosen. The options are None if they are invalid."""
    unread = FileInfo([], (), encoding="", delimiter="", header_line=0)
    profile = given.profile if given else ""
    return ColumnMatching(
        "",
        (*profile_use.only(profile), *readings(unread, given or Options())),
        (),
        (),
        (),
        "",
        (),
        failure=message,
        can_detect_again=given is None or has_choices(given),
    )


def has_choices(given: UploadOptions) -> bool:
    names = {*OF_THE_FILE, "profile"}
    chosen, default = (one.model_dump(include=names) for one in (given, UploadOptions()))
    return chosen != default


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


def how_sure(column: Column | JobColumn) -> str:
    """Nothing about a column that is not imported, or that a person has chosen."""
    if column.field is None or column.reason in ("mapping", "profile"):
        return ""
    return "Certain" if column.confidence >= CERTAIN_FROM else "Likely"


def summary(imported: Sequence[Line], ignored: Sequence[Line], *, has_questions: bool) -> str:
    labels = [FIELD_LABELS[name] for name in FIELDS if name in {line.field for line in imported}]
    by_profile = all(line.how == HOW["profile"] for line in imported)
    everything = "All columns matched by profile" if by_profile else "All columns matched"
    matched = f"{'Matched so far' if has_questions else everything}: {', '.join(labels)}."
    columns = "1 column is" if len(ignored) == 1 else f"{len(ignored):,} columns are"
    rest = f"{columns} not imported." if ignored and not has_questions else ""
    return " ".join(filter(None, [matched if labels else "", rest]))


def notes(info: FileInfo, options: Options) -> Iterator[str]:
    """What new products would lack, and other warnings than those about single columns."""
    known = {column.field for column in info.columns} | {question.field for question in info.questions}
    if options.mode != "update_only" and "name" not in known:
        yield NO_NAME
    if any(warning["code"] == "price.no_column" for warning in info.warnings):
        yield NO_PRICE
    if names := [sheet.name for sheet in info.sheets if sheet.has_same_columns and not sheet.is_imported]:
        yield OTHER_SHEETS.format(names=listed(names))
    for warning in info.warnings:
        if warning["code"] not in SAID_ELSEWHERE:
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
