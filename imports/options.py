"""The options of an import: their names, types, defaults and descriptions, and how a request's values are parsed."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from imports.encoding_names import canonical_name
from lib import limits
from lib.errors import Explanation, Invalid, InvalidValue
from lib.strict_json import UNSTORABLE, without_duplicates

FIELDS = ("sku", "name", "description", "price", "is_active")
NAME_SHOWN = 100
MAX_ERRORS_MAX = 10**9
MAX_ERRORS_DIGITS = len(str(MAX_ERRORS_MAX))


class OptionsInvalid(Invalid):
    codes = {
        "option.invalid": Explanation(
            "An option has a value that it does not allow.",
            "Use one of the values in [Import options](import-options.md).",
        ),
        "option.unknown": Explanation(
            "There is no option with this name.", "Use a name from [Import options](import-options.md)."
        ),
        "option.conflict": Explanation("An option is given twice, with different values.", "Send it once."),
    }

    def __init__(self, errors: Sequence[InvalidValue]) -> None:
        [first, *others] = self.invalid = errors
        detail = f"{len(errors)} options are invalid. See errors." if others else first.detail
        super().__init__(detail, code=first.code)

    def invalid_values(self) -> Sequence[InvalidValue]:
        return self.invalid


def read_mapping(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        mapping = json.loads(value, object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError):
        mapping = None
    if not isinstance(mapping, dict) or not all(isinstance(field, str) for field in mapping.values()):
        raise ValueError('must be a JSON object from headers to fields, such as {"Artikelnr": "sku"}')
    return mapping


def check_length(mapping: dict[str, str]) -> dict[str, str]:
    if sum(len(header) + len(field) for header, field in mapping.items()) > limits.MAPPING_MAX_CHARACTERS:
        raise ValueError("must not be longer than 64 kB")
    return mapping


def check_storable(mapping: dict[str, str]) -> dict[str, str]:
    if any(UNSTORABLE.search(text) for pair in mapping.items() for text in pair):
        raise ValueError("must not contain NUL characters or unpaired surrogates")
    return mapping


def read_encoding(name: str) -> str:
    return name if name == "auto" else canonical_name(name)


HeaderMapping = Annotated[
    dict[str, str],
    BeforeValidator(read_mapping),
    AfterValidator(check_length),
    AfterValidator(check_storable),
    # As a form sends it. Swagger UI shows a file chooser for a contentMediaType, and without a default it sends "string".
    WithJsonSchema({"type": "string", "format": "json", "default": "{}"}),
]
Delimiter = Annotated[
    Literal["auto", ",", ";", "tab", "|"], BeforeValidator(lambda value: "tab" if value == "\t" else value)
]


PERCENTAGE = re.compile("(?:100|[0-9]{1,2}(?:[.][0-9]{1,2})?)%")


def read_max_errors(value: object) -> object:
    """A whole number or a percentage, as JSON or as the text of a form."""
    if isinstance(value, str):
        text = value.strip()
        if PERCENTAGE.fullmatch(text):
            return text
        value = int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_ERRORS_DIGITS else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_ERRORS_MAX:
        raise ValueError(f"must be a number from 0 to {MAX_ERRORS_MAX:,}, or a percentage such as 5%")
    return value


MaxErrors = Annotated[
    int | str,
    BeforeValidator(read_max_errors),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_ERRORS_MAX},
                {"type": "string", "pattern": f"^{PERCENTAGE.pattern}$"},
            ]
        }
    ),
]


class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool = Field(
        False,
        description="Preview the import: stop in the status `ready`, before anything is written, and show what would change. "
        "`POST /jobs/{job_id}/confirm` then imports it.",
    )
    mode: Literal["upsert", "create_only", "update_only", "sync"] = Field(
        "upsert",
        description="`upsert` updates existing products and creates new ones. `create_only` rejects rows of existing "
        "products, `update_only` rows of new ones. `sync` is `upsert`, and also deactivates products missing from the "
        "file; it always starts as a preview and requires every row to be valid.",
    )
    on_error: Literal["skip", "reject"] = Field(
        "skip",
        description="`skip` skips invalid rows and imports the others. `reject` imports nothing if any row is invalid.",
    )
    max_errors: MaxErrors = Field(
        limits.MAX_ERRORS_DEFAULT,
        description="Fail before anything is written if more rows than this are invalid: a number, or a percentage of the "
        "file's rows such as `5%`, which is known once every row is read.",
    )
    max_missing: int = Field(
        10,
        ge=0,
        le=100,
        description="Fail a `sync` if more than this percentage of the active products is missing from the file.",
    )
    blank: Literal["keep", "clear"] = Field(
        "keep",
        description="A blank cell keeps the product's value (`keep`) or resets it to the default (`clear`): no description, "
        "price 0.00, active. With `keep`, a cell with the text `[clear]` resets the value. A blank name always keeps the "
        "current name.",
    )
    mapping: HeaderMapping = Field(
        default_factory=dict,
        max_length=limits.MAPPING_MAX_HEADERS,
        description="A JSON object from headers of the file to fields: "
        '`{"Artikelnr": "sku", "Preis": "price"}`. A header mapped to `""` is ignored. Headers that are not mapped are '
        "matched by name and alias.",
    )
    delimiter: Delimiter = Field(
        "auto",
        description="The column separator. `auto` detects it from the header, or from a line `sep=;` before it.",
    )
    decimal: Literal["auto", ".", ","] = Field(
        "auto",
        description="The decimal mark of prices. `auto` reads `1,234.56` and `1.234,56`; an ambiguous price such as `1,234` "
        "is read like the other prices of the column, or rejected if they do not show the mark. Numbers in a workbook are "
        "never ambiguous.",
    )
    unknown_columns: Literal["ignore", "error"] = Field(
        "ignore",
        description="`ignore` ignores columns that match no field, with a warning. `error` refuses a file that has one which is "
        'not mapped to `""`.',
    )
    sheet: str = Field(
        "",
        max_length=limits.SHEET_NAME_MAX_CHARACTERS,
        description="The name of the worksheet to import. By default, the sheet that has the products is found; if several may "
        "have them, the upload is refused with their names.",
    )
    other_sheets: Literal["ignore", "import"] = Field(
        "ignore",
        description="Worksheets whose headers have the same columns, in the same order. `ignore` imports one sheet and names the "
        "others in warnings. `import` imports them all as one, in the order of the workbook.",
    )
    header_row: Literal["auto"] | Annotated[int, Field(ge=1, le=limits.HEADER_ROW_MAX)] = Field(
        "auto",
        description="The line of the file, or the row of the sheet, that names the columns. `auto` finds it, also below titles "
        "and labels.",
    )
    recipe: str = Field(
        "auto",
        max_length=limits.RECIPE_NAME_MAX_CHARACTERS,
        description="How the file of a shop system is read, such as `shopify`: its columns, its words, and which rows belong "
        "together. `auto` recognises it by the header; `none` reads the file like any other.",
    )
    encoding: Annotated[str, AfterValidator(read_encoding)] = Field(
        "auto",
        max_length=32,
        description="The encoding of the text. `auto` uses the byte order mark, or UTF-8 if the text is mostly UTF-8, or else "
        "guesses, with a warning. Set a name such as `cp1252` to avoid guessing.",
    )
    html: Literal["keep", "strip"] = Field(
        "keep",
        description="The HTML of descriptions. `keep` stores it as it is. `strip` stores its text: without tags, scripts and "
        "styles, with entities decoded, and with a line for each paragraph, list item and `<br>`.",
    )
    events: Literal["each", "summary", "none"] = Field(
        "each",
        description="The webhook events: `each` sends one for every changed product, `summary` a single `import.completed` "
        "with the counts, `none` sends none.",
    )

    @property
    def is_all_or_nothing(self) -> bool:
        return self.on_error == "reject" or self.mode == "sync"


class UploadOptions(Options):
    """The options that an upload may give."""

    profile: str = Field(
        "",
        max_length=limits.PROFILE_NAME_MAX_CHARACTERS,
        description="The name of a saved profile, such as that of a supplier. Its options are the defaults; options given "
        "beside it win, and of its mapping the columns that `mapping` does not name stay.",
    )
    # A generated form sends the default, which is none, as a blank value.
    corrects: Annotated[UUID | None, WithJsonSchema({"type": "string", "default": ""})] = Field(
        default_factory=lambda: None,
        description="The ID of a job whose corrected file this is. The options of that job are the defaults, except for "
        "`encoding`, `delimiter`, `sheet` and `header_row`, because a corrected file may be saved in another way.",
    )


class SavedColumns(BaseModel):
    """The columns of a version of a profile: the header it was made from, and how it maps them."""

    model_config = ConfigDict(frozen=True)

    version_id: int
    profile: str
    number: int
    header: list[str]
    mapping: dict[str, str]
    # Whether a file may lack columns that are mapped to a field, which are asked about then.
    may_lack_columns: bool = False


class ProfileOptions(Options):
    """The options of an upload over those of its profile, or of the job that it corrects. With a profile, `mapping` is only
    what was given beside it."""

    saved: SavedColumns | None = None
    corrects: UUID | None = None
