"""How a file is to be imported: the options of an upload, and what each of them means.

imports.api and the command importproducts read them, the job keeps them, and imports.rows.row_parser, imports.pipeline.staging and
imports.pipeline.plan go by them. README lists them all."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from imports.formats.encoding import canonical_name
from lib import limits

FIELDS = ("sku", "name", "description", "price", "is_active")
NAME_SHOWN = 100
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass
class OptionError:
    """What is wrong with one option, and where in the request it stands."""

    code: str
    detail: str
    pointer: str


class OptionsInvalid(Exception):
    def __init__(self, errors: list[OptionError]) -> None:
        super().__init__(errors)
        self.errors = errors
        self.code = errors[0].code
        self.detail = (
            errors[0].detail if len(errors) == 1 else f"{len(errors)} options are wrong; errors lists them."
        )


def read_mapping(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        mapping = json.loads(value, object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError):
        mapping = None
    if not isinstance(mapping, dict) or not all(isinstance(field, str) for field in mapping.values()):
        raise ValueError('should be a JSON object from headers to fields: {"Artikelnr": "sku"}')
    return mapping


def without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def check_length(mapping: dict[str, str]) -> dict[str, str]:
    if sum(len(header) + len(field) for header, field in mapping.items()) > limits.MAPPING_MAX_CHARACTERS:
        raise ValueError("should have no more than 64 kB, as no header has")
    return mapping


def check_storable(mapping: dict[str, str]) -> dict[str, str]:
    if any(UNSTORABLE.search(text) for pair in mapping.items() for text in pair):
        raise ValueError("has NUL or a lone surrogate in it, which is no text that can be kept")
    return mapping


def read_encoding(name: str) -> str:
    return name if name == "auto" else canonical_name(name)


HeaderMapping = Annotated[
    dict[str, str],
    BeforeValidator(read_mapping),
    AfterValidator(check_length),
    AfterValidator(check_storable),
    # As a form has it. For a contentMediaType Swagger UI wants a file, and without a default it sends "string".
    WithJsonSchema({"type": "string", "format": "json", "default": "{}"}),
]
Delimiter = Annotated[
    Literal["auto", ",", ";", "tab", "|"], BeforeValidator(lambda value: "tab" if value == "\t" else value)
]


class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool = Field(
        False,
        description="Stop before anything is written, in the state `ready`, and show what would change. "
        "`POST /jobs/{job_id}/confirm` then writes that.",
    )
    mode: Literal["upsert", "create_only", "update_only", "sync"] = Field(
        "upsert",
        description="`upsert` updates products that are there and creates the others. `create_only` refuses rows of "
        "products that are there, `update_only` rows of those that are not. `sync` is upsert and deactivates the "
        "products the file lacks; it is a dry run first, whatever `dry_run` says, and refuses bad rows.",
    )
    on_error: Literal["skip", "reject"] = Field(
        "skip",
        description="`skip` leaves bad rows out and imports the others. `reject` imports nothing if one row is bad.",
    )
    max_errors: int = Field(
        limits.MAX_ERRORS_DEFAULT,
        ge=0,
        le=10**9,
        description="With more bad rows than that, the import stops before it has written anything.",
    )
    max_missing: int = Field(
        10,
        ge=0,
        le=100,
        description="`sync` is refused when the file lacks more than this percentage of the active products.",
    )
    blank: Literal["keep", "clear"] = Field(
        "keep",
        description="A blank cell leaves the product's value as it is (`keep`), or sets it back to what a new product "
        "has (`clear`): no description, price 0.00, active. With `keep`, a cell that reads `[clear]` does so. A blank "
        "name is always left as it is.",
    )
    mapping: HeaderMapping = Field(
        default_factory=dict,
        max_length=limits.MAPPING_MAX_HEADERS,
        description="A JSON object from headers of the file to fields: "
        '`{"Artikelnr": "sku", "Preis": "price"}`. A header mapped to `""` is left out. Headers that are not named '
        "here are matched by their usual names.",
    )
    delimiter: Delimiter = Field(
        "auto",
        description="What stands between cells; `auto` finds it in the header or in a line `sep=;` before it.",
    )
    decimal: Literal["auto", ".", ","] = Field(
        "auto",
        description="The decimal mark of prices. `auto` understands `1,234.56` and `1.234,56`; for `1,234` it goes by the "
        "other prices of the column, and refuses it when they do not tell. A number in a workbook needs no mark.",
    )
    encoding: Annotated[str, AfterValidator(read_encoding)] = Field(
        "auto",
        max_length=32,
        description="The encoding of the text. `auto` takes what a byte order mark says, UTF-8 where the text is that in "
        "the main, else what fits best, with a warning. A name such as `cp1252` settles it.",
    )

    events: Literal["each", "summary", "none"] = Field(
        "each",
        description="What webhooks are told: `each` sends an event for every product that changed, `summary` one "
        "`import.completed` with the counts, `none` nothing.",
    )

    @property
    def waits_for_confirmation(self) -> bool:
        return self.dry_run or self.mode == "sync"

    @property
    def is_all_or_nothing(self) -> bool:
        return self.on_error == "reject" or self.mode == "sync"


class Given(NamedTuple):
    """One option as a request has it, and where in the request that is."""

    pointer: str
    name: str
    value: str


def read(given: Iterable[Given]) -> Options:
    """The options of a request. Raises OptionsInvalid.

    A blank value is none: a form sends its empty inputs, too. One that is given twice must say the same: clients made
    from the schema send what they know in the query and in the form."""
    values: dict[str, str] = {}
    pointers: dict[str, str] = {}
    errors: list[OptionError] = []
    for pointer, name, value in given:
        if name not in Options.model_fields:
            errors.append(
                OptionError("option.unknown", f"There is no option {name[:NAME_SHOWN]!r}.", pointer)
            )
        elif value.strip(" "):
            if not is_same(name, values.get(name, value), value):
                twice = f"{values[name][:NAME_SHOWN]!r} and {value[:NAME_SHOWN]!r}"
                errors.append(OptionError("option.conflict", f"{name} is given twice: as {twice}.", pointer))
            values[name], pointers[name] = value, pointer
    if errors:
        raise OptionsInvalid(errors)
    return validated(values, pointers)


def is_same(name: str, one: str, other: str) -> bool:
    """Whether the two mean the same, as `true` and `True` do."""
    if one == other:
        return True
    try:
        first, second = (Options.model_validate({name: value}) for value in (one, other))
    except ValidationError:
        return False
    return first == second


def validated(values: Mapping[str, str], pointers: Mapping[str, str]) -> Options:
    try:
        return Options.model_validate(values)
    except ValidationError as error:
        details = {
            str(found["loc"][0]): sentence(str(found["loc"][0]), found["msg"]) for found in error.errors()
        }
        raise OptionsInvalid(
            [OptionError("option.invalid", detail, pointers[name]) for name, detail in details.items()]
        ) from None


def sentence(name: str, message: str) -> str:
    """What pydantic found, as a sentence that names the option."""
    for subject in ("Value error, ", "Input ", "String ", "Dictionary "):
        if message.startswith(subject):
            message = f"{name} {message.removeprefix(subject)}"
            break
    return f"{message.partition(', unable to')[0]}."
