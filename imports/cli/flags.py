"""The options of an import as flags of a command line: made from imports.options, so that they cannot drift.

The command importproducts takes them; what they may be, imports.options says to it as to a request."""

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from imports import options
from imports.options import OptionError, Options, OptionsInvalid


def add(parser: argparse.ArgumentParser) -> None:
    """A flag for every option. One that is not given is not there afterwards."""
    group = parser.add_argument_group("options of the import")
    for name, option in Options.model_fields.items():
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
        text += " HEADER=FIELD, as often as needed, says the same."
    if option.annotation is not bool:
        text += f" Default: {default_of(option)}."
    # argparse fills in what follows a percent sign; backticks are for README.
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
    return "N" if int in (option.annotation, *get_args(option.annotation)) else "NAME"


def read(given: Mapping[str, object]) -> Options:
    """The options among what was given. Raises OptionsInvalid; each error points at its flag."""
    values = {name: text_of(given[name]) for name in Options.model_fields if name in given}
    return options.validated(values, {name: flag(name) for name in values})


def text_of(value: object) -> str:
    return mapping_of(value) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


def mapping_of(texts: Sequence[str]) -> str:
    """JSON stays as it is; any number of HEADER=FIELD become such JSON."""
    if len(texts) == 1 and texts[0].lstrip().startswith("{"):
        return texts[0]
    pairs = [split(text) for text in texts]
    headers = [header for header, _ in pairs]
    if twice := next((header for header in headers if headers.count(header) > 1), None):
        raise mapping_error(f"The header {twice!r} is mapped twice.")
    return json.dumps(dict(pairs))


def split(text: str) -> tuple[str, str]:
    """At the last sign, because no field has one in its name."""
    header, sign, field = text.rpartition("=")
    if not sign:
        raise mapping_error(f"{text[: options.NAME_SHOWN]!r} should be HEADER=FIELD, or a JSON object.")
    return header, field


def mapping_error(detail: str) -> OptionsInvalid:
    return OptionsInvalid([OptionError("option.invalid", detail, flag("mapping"))])
