"""The options of an import as fields of the upload form, and as the settings on an import's page.

Types, defaults and limits come from imports.options.Options; the words for people are in `WORDS`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.forms.product_form import LABELS
from imports.models import ImportJob
from imports.options import Options
from imports.recipes.recipe import titles

# Shown at once; the others are under "Advanced settings".
BASIC = ("dry_run", "mode")
# Chosen once a file is there: dashboard.forms.file_readings.
OF_THE_FILE = ("recipe", "sheet", "other_sheets", "header_row", "delimiter", "decimal", "encoding", "mapping")

SCHEMAS: Mapping[str, dict[str, Any]] = Options.model_json_schema()["properties"]

# The fields that a column of a file can have.
FIELD_LABELS: Mapping[str, str] = {**LABELS, "is_active": "Active"}


@dataclass(frozen=True)
class Words:
    label: str
    # Empty for options that have no place in the form of all files.
    help: str = ""
    # The words for each value, in the order of the form.
    choices: Mapping[str, str] = field(default_factory=dict)


WORDS: Mapping[str, Words] = {
    "dry_run": Words(
        "Review changes before importing",
        "Shows every change first. Nothing is imported until you confirm.",
    ),
    "mode": Words(
        "What should this import do?",
        "“Replace the catalog” deactivates products that aren't in the file. It is always previewed, and stops if a row "
        "has an error.",
        {
            "upsert": "Add and update products",
            "create_only": "Only add new products",
            "update_only": "Only update existing products",
            "sync": "Replace the catalog",
        },
    ),
    "on_error": Words(
        "Rows with errors",
        "Skipped rows can be downloaded, fixed and imported again.",
        {"skip": "Skip them", "reject": "Cancel the whole import"},
    ),
    "max_errors": Words(
        "Error limit",
        "If more rows than this have errors, nothing is imported. A number such as 100, or a percentage such as 5%.",
    ),
    "max_missing": Words(
        "Safety limit for deactivations (%)",
        "Only when replacing the catalog: if more than this share of the active products would be deactivated, nothing is "
        "imported.",
    ),
    "blank": Words(
        "Empty cells",
        "Clearing empties the description, sets the price to 0.00 and the status to active. Names are never cleared. To "
        "clear a single value, write `[clear]` in its cell.",
        {"keep": "Keep the current value", "clear": "Clear the value"},
    ),
    "unknown_columns": Words(
        "Columns that match no field",
        "Refuse the file if a new column of your supplier should not go unnoticed.",
        {"ignore": "Ignore them", "error": "Refuse the file"},
    ),
    "recipe": Words("Export of", choices={"none": "None", **titles()}),
    "sheet": Words("Sheet"),
    "other_sheets": Words(
        "Other sheets",
        "Sheets with the same columns can be imported as one.",
        {"ignore": "Not imported", "import": "Imported too"},
    ),
    "header_row": Words("Header row"),
    "delimiter": Words("Separator", choices={",": "Comma", ";": "Semicolon", "tab": "Tab", "|": "Pipe"}),
    "decimal": Words("Decimal mark", choices={".": "Point: 1,234.56", ",": "Comma: 1.234,56"}),
    "encoding": Words(
        "Encoding",
        choices={
            "utf-8": "UTF-8",
            "utf-16": "UTF-16",
            "cp1252": "Windows-1252, Western European",
            "cp1250": "Windows-1250, Central European",
            "cp1251": "Windows-1251, Cyrillic",
            "cp1253": "Windows-1253, Greek",
            "cp1254": "Windows-1254, Turkish",
            "iso8859_15": "ISO 8859-15, Western European",
            "iso8859_2": "ISO 8859-2, Central European",
            "cp437": "DOS, code page 437",
            "cp850": "DOS, code page 850",
            "mac_roman": "Mac Roman",
            "gb18030": "GB 18030, Chinese",
            "big5": "Big5, Chinese",
            "cp932": "Shift JIS, Japanese",
            "cp949": "Korean",
        },
    ),
    "html": Words(
        "HTML in descriptions",
        "Removing it keeps the text, with a line for each paragraph and list item.",
        {"keep": "Keep it", "strip": "Remove it"},
    ),
    "events": Words(
        "Notify webhooks",
        "The summary is a single event with the totals of the import.",
        {"each": "For every product", "summary": "Once, with a summary", "none": "Don't notify"},
    ),
}


@dataclass(frozen=True)
class OptionField:
    """`control` is the kind of input: check, choice, number or number_or_share."""

    name: str
    control: str
    label: str
    help: str
    default: str
    # Values with their labels.
    choices: Sequence[tuple[str, str]] = ()
    minimum: int = 0
    maximum: int = 0
    # A new import is a preview, whatever the default of the API.
    is_checked: bool = True
    placeholder: str = "No limit"
    error: str = ""


def basic() -> list[OptionField]:
    return [option for option in option_fields() if option.name in BASIC]


def advanced() -> list[OptionField]:
    return [option for option in option_fields() if option.name not in BASIC]


def option_fields() -> list[OptionField]:
    """The options that do not depend on a file."""
    return [option_field(name, schema) for name, schema in SCHEMAS.items() if name not in OF_THE_FILE]


def option_field(name: str, schema: dict[str, Any]) -> OptionField:
    # An optional field is anyOf its own type and null; a number or a share is a number or a text.
    kind, *others = schema.get("anyOf", [schema])
    words, default = WORDS[name], schema.get("default")
    is_number_or_share = any("pattern" in other for other in others)
    control = "number_or_share" if is_number_or_share else control_of(kind)
    return OptionField(
        name=name,
        control=control,
        label=words.label,
        help=words.help,
        default="" if default is None else str(default),
        choices=list(words.choices.items()),
        minimum=kind.get("minimum", 0),
        maximum=kind.get("maximum", 0),
    )


def control_of(kind: dict[str, Any]) -> str:
    if "enum" in kind:
        return "choice"
    return {"boolean": "check", "integer": "number"}[kind["type"]]


# --- Settings of an import ---


@dataclass(frozen=True)
class Setting:
    label: str
    value: str


def settings(job: ImportJob) -> list[Setting]:
    """The settings in effect, without those that were detected or don't apply."""
    options = job.parsed_options
    values: dict[str, object] = {
        **options.model_dump(exclude={"mapping"}),
        # A replacement of the catalog is always previewed and never skips a row, whatever was sent.
        "dry_run": job.waits_for_confirmation,
        "on_error": "reject" if options.is_all_or_nothing else "skip",
    }
    if options.mode != "sync":
        del values["max_missing"]
    if not job.file_other_sheets:
        del values["other_sheets"]
    shown = [
        Setting(WORDS[name].label, written(name, value))
        for name, value in values.items()
        if value not in ("auto", "")
    ]
    # A profile names every column, which the page shows as they were read.
    mapping = {} if job.profile_version_id else options.mapping
    return [*shown, *(Setting(f"Column “{header}”", target(name)) for header, name in mapping.items())]


def written(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int):
        return f"{value:,}"
    return WORDS[name].choices.get(str(value), str(value))


def target(name: str) -> str:
    """The field that a column is mapped to."""
    return FIELD_LABELS.get(name, name) or "Not imported"
