"""What was detected about a file that is to be uploaded, as fields that correct it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.forms.import_options import WORDS
from imports.formats.file_info import FileInfo
from imports.options import Options

CERTAIN_FROM = 0.9
NAMES_SHOWN = 3


@dataclass(frozen=True)
class Reading:
    """Something about the file that was detected and can be corrected. Without choices, it is a number. A blank value is
    what was detected; the form does not send it, so that an option of the profile is not overridden."""

    name: str
    label: str
    value: str
    detected: str
    choices: Sequence[tuple[str, str]] = ()


def format_of(info: FileInfo) -> str:
    kind = "Excel" if info.format == "xlsx" else "CSV"
    packing = {"gzip": " in gzip", "zip": " in ZIP"}.get(info.packing, "")
    return kind if info.format == "xlsx" else kind + packing


def readings(info: FileInfo, options: Options) -> Iterator[Reading]:
    if info.recipe or options.recipe != "auto":
        yield reading("recipe", options.recipe, info.recipe)
    if len(info.sheets) > 1 or (info.sheets and options.sheet):
        others = [(sheet.name, sheet.name) for sheet in info.sheets]
        yield Reading(
            "sheet",
            WORDS["sheet"].label,
            options.sheet,
            info.sheet,
            [("", detected(info.sheet, options.sheet)), *others],
        )
    if sum(sheet.has_same_columns for sheet in info.sheets) > 1:
        yield other_sheets(info, options)
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


def other_sheets(info: FileInfo, options: Options) -> Reading:
    """Whether the sheets are imported that have the columns of the one that is."""
    others = [sheet.name for sheet in info.sheets if sheet.has_same_columns and sheet.name != info.sheet]
    words = WORDS["other_sheets"]
    choices = [(value, f"{label}: {listed(others)}") for value, label in words.choices.items()]
    return Reading("other_sheets", words.label, options.other_sheets, "", choices)


def listed(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    shown = ", ".join(names[:NAMES_SHOWN])
    return f"{shown} and {more:,} more" if more > 0 else shown


def reading(name: str, chosen: str, found: str, *, is_guess: bool = False) -> Reading:
    words = dict(WORDS[name].choices)
    if chosen not in ("auto", *words):
        words[chosen] = chosen
    value = "" if chosen == "auto" else chosen
    automatic = detected(words.get(found, found), value, is_guess=is_guess)
    return Reading(name, WORDS[name].label, value, found, [("", automatic), *words.items()])


def detected(found: str, chosen: str, *, is_guess: bool = False) -> str:
    """The words for what is used as long as nothing was chosen."""
    if chosen or not found:
        return "Automatic"
    return f"{found} (a guess)" if is_guess else found
