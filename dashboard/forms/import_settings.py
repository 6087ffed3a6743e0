"""The settings that an import can run again with, as fields of a form."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dashboard.forms.import_options import SCHEMAS, WORDS, OptionField, option_field, option_fields
from imports.encoding_names import canonical_name
from imports.models import ImportJob
from lib import limits

# The options of the file that can be changed, for each format.
OF_THE_FORMAT = {
    "csv": ("decimal", "delimiter", "encoding", "header_row", "recipe"),
    "xlsx": ("sheet", "decimal", "header_row", "recipe"),
}

# Those that may make a text readable.
OF_A_TEXT = ("encoding", "delimiter", "header_row")


def prefilled(
    job: ImportJob, typed: Mapping[str, object], sheets: Sequence[str], errors: Mapping[str, str]
) -> list[OptionField]:
    """The options that a person may change to run the job again: as typed, or else as they were."""
    values = {**job.parsed_options.model_dump(mode="json"), **typed}
    fields = [*option_fields(), *file_fields(job, sheets)]
    return [filled(field, values[field.name], errors.get(field.name, "")) for field in fields]


def file_fields(job: ImportJob, sheets: Sequence[str]) -> list[OptionField]:
    fields = [file_field(name, sheets) for name in OF_THE_FORMAT[job.file_format]]
    if has_other_sheets(job):
        fields.insert(1, option_field("other_sheets", SCHEMAS["other_sheets"]))
    return fields


def has_other_sheets(job: ImportJob) -> bool:
    """Whether the workbook has other sheets with the same columns, imported or not."""
    return bool(job.file_other_sheets) or any(warning["code"] == "sheet.ignored" for warning in job.warnings)


def of_refused_file(typed: Mapping[str, str]) -> list[OptionField]:
    """How a text that was refused may be read after all, as typed."""
    return [filled(file_field(name), typed.get(name, "auto"), "") for name in OF_A_TEXT]


def filled(field: OptionField, value: object, error: str) -> OptionField:
    text = "" if field.control == "number" and value == "auto" else str(value)
    choices = list(field.choices)
    # A value that the form does not offer, such as a rare encoding, stays the value.
    if field.control == "choice" and text not in dict(choices):
        choices.append((text, text))
    return replace(field, default=text, choices=choices, is_checked=bool(value), error=error)


def file_field(name: str, sheets: Sequence[str] = ()) -> OptionField:
    label = WORDS[name].label
    if name == "header_row":
        return OptionField(
            name, "number", label, "", "", minimum=1, maximum=limits.HEADER_ROW_MAX, placeholder="Automatic"
        )
    if name == "sheet":
        return OptionField(
            name, "choice", label, "", "", [("", "Automatic"), *((sheet, sheet) for sheet in sheets)]
        )
    return OptionField(name, "choice", label, "", "auto", [("auto", "Automatic"), *choices_of(name)])


def choices_of(name: str) -> Sequence[tuple[str, str]]:
    """The values of an option with their words, the values as a job keeps them."""
    if name != "encoding":
        return list(WORDS[name].choices.items())
    return [(canonical_name(value), label) for value, label in WORDS[name].choices.items()]


def encoding_label(encoding: str) -> str:
    return dict(choices_of("encoding")).get(encoding, encoding)
