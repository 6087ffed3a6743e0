"""The options of an upload as fields of a form, made from imports.options.Options so that the two cannot drift.

views_imports shows them; upload.js sends them to /api/upload under the same names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from imports.options import FIELDS, Options

# These are looked at before every upload, the others only when a file needs them.
FOREMOST = ("dry_run", "mode")
# A sentence that begins with a call of the API is for programs.
OF_ROUTES = re.compile(r" `(?:GET|POST) /[^`]*`[^.]*\.")
# What is only how a program writes it; here there are fields for it, and words for states.
OF_PROGRAMS = re.compile(
    r"A JSON object from headers of the file to fields: `[^`]*`\. |A header mapped to `\"\"` is ignored\. "
    r"|: stop in the status `ready`, before anything is written,"
)


@dataclass(frozen=True)
class OptionField:
    """`control` says what it is filled in with: check, choice, number, mapping or text."""

    name: str
    control: str
    description: str
    default: str
    choices: Sequence[str] = ()
    minimum: int = 0
    maximum: int = 0


def foremost() -> list[OptionField]:
    return [field for field in option_fields() if field.name in FOREMOST]


def others() -> list[OptionField]:
    return [field for field in option_fields() if field.name not in FOREMOST]


def option_fields() -> list[OptionField]:
    return [option_field(name, part) for name, part in Options.model_json_schema()["properties"].items()]


def option_field(name: str, part: dict[str, Any]) -> OptionField:
    # A field that may be left out is anyOf its own kind and null.
    kind = part.get("anyOf", [part])[0]
    default = part.get("default")
    return OptionField(
        name=name,
        control=control_of(kind),
        description=OF_PROGRAMS.sub("", OF_ROUTES.sub("", part["description"])),
        default="" if default is None else str(default),
        choices=choices_of(kind),
        minimum=kind.get("minimum", 0),
        maximum=kind.get("maximum", 0),
    )


def control_of(kind: dict[str, Any]) -> str:
    if "enum" in kind:
        return "choice"
    if kind.get("format") == "json":
        return "mapping"
    return {"boolean": "check", "integer": "number", "string": "text"}[kind["type"]]


def choices_of(kind: dict[str, Any]) -> Sequence[str]:
    """The fields of products are what a header can be mapped to."""
    return FIELDS if kind.get("format") == "json" else kind.get("enum", ())
