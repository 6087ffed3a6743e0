"""Command-line flags for the options of an import, generated from imports.options."""

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from imports.option_values import validated
from imports.options import NAME_SHOWN, OptionsInvalid, UploadOptions
from lib.errors import InvalidValue


def add(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every option. Options that are not given are absent from the result."""
    group = parser.add_argument_group("import options")
    for name, option in UploadOptions.model_fields.items():
        if option.annotation is bool:
            group.add_argument(
                flag(name), action="store_true", default=argparse.SUPPRESS, help=description(option)
            )
        else:
            group.add_argument(
                flag(name),
                action="append" if is_mapping(option) else "store",
                default=argparse.SUPPRESS,
                metavar=metavar(option),
                help=description(option),
            )


def flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def description(option: FieldInfo) -> str:
    text = str(option.description)
    if is_mapping(option):
        text += " Or HEADER=FIELD, repeated as needed."
    if option.annotation is not bool:
        text += f" Default: {default_of(option)}."
    # argparse expands percent signs; backticks are for Markdown.
    return text.replace("%", "%%").replace("`", "")


def default_of(option: FieldInfo) -> str:
    default = option.get_default(call_default_factory=True)
    if default is None or default == {}:
        return "none"
    return default if isinstance(default, str) else json.dumps(default)


def is_mapping(option: FieldInfo) -> bool:
    return get_origin(option.annotation) is dict


def metavar(option: FieldInfo) -> str:
    if is_mapping(option):
        return "JSON|HEADER=FIELD"
    if get_origin(option.annotation) is Literal:
        return f"{{{' '.join(get_args(option.annotation))}}}"
    kinds = (option.annotation, *get_args(option.annotation))
    if int in kinds:
        return "N|N%" if str in kinds else "N"
    return "NAME"


def read(given: Mapping[str, object]) -> UploadOptions:
    """Parse the given options. Raises OptionsInvalid; each error names its flag."""
    values = {name: text_of(given[name]) for name in UploadOptions.model_fields if name in given}
    return validated(values, {name: flag(name) for name in values})


def text_of(value: object) -> str:
    return mapping_of(value) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


def mapping_of(texts: Sequence[str]) -> str:
    """Convert HEADER=FIELD pairs to JSON; a JSON object stays as it is."""
    if len(texts) == 1 and texts[0].lstrip().startswith("{"):
        return texts[0]
    pairs = [split(text) for text in texts]
    headers = [header for header, _ in pairs]
    if twice := next((header for header in headers if headers.count(header) > 1), None):
        raise mapping_error(f"The header {twice!r} is mapped twice.")
    return json.dumps(dict(pairs))


def split(text: str) -> tuple[str, str]:
    """Split at the last equals sign, because no field name contains one."""
    header, sign, field = text.rpartition("=")
    if not sign:
        raise mapping_error(f"{text[:NAME_SHOWN]!r} must be HEADER=FIELD or a JSON object.")
    return header, field


def mapping_error(detail: str) -> OptionsInvalid:
    return OptionsInvalid([InvalidValue("option.invalid", detail, flag("mapping"))])
