"""Read the options of an import from the values of a request, or of a command line."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pydantic import ValidationError

from imports.options import NAME_SHOWN, OptionsInvalid, UploadOptions
from lib.errors import InvalidValue


class Given(NamedTuple):
    """One option of a request, and where in the request it is."""

    pointer: str
    name: str
    value: str


def read(given: Iterable[Given]) -> UploadOptions:
    """The options of a request. Raises OptionsInvalid.

    Blank values are ignored, because forms send empty inputs. An option may be given twice with the same value:
    generated clients send it in the query and in the form."""
    values: dict[str, str] = {}
    pointers: dict[str, str] = {}
    errors: list[InvalidValue] = []
    for pointer, name, value in given:
        if name not in UploadOptions.model_fields:
            errors.append(InvalidValue("option.unknown", f"Unknown option {name[:NAME_SHOWN]!r}.", pointer))
        elif value.strip(" "):
            if not is_same(name, values.get(name, value), value):
                twice = f"{values[name][:NAME_SHOWN]!r} and {value[:NAME_SHOWN]!r}"
                errors.append(InvalidValue("option.conflict", f"{name} has two values: {twice}.", pointer))
            values[name], pointers[name] = value, pointer
    if errors:
        raise OptionsInvalid(errors)
    return validated(values, pointers)


def is_same(name: str, one: str, other: str) -> bool:
    """Whether the two values are equal once parsed, as `true` and `True` are."""
    if one == other:
        return True
    try:
        first, second = (UploadOptions.model_validate({name: value}) for value in (one, other))
    except ValidationError:
        return False
    return first == second


def validated(values: Mapping[str, object], pointers: Mapping[str, str]) -> UploadOptions:
    try:
        return UploadOptions.model_validate(values)
    except ValidationError as error:
        details = {
            str(found["loc"][0]): sentence(str(found["loc"][0]), found["msg"]) for found in error.errors()
        }
        raise OptionsInvalid(
            [InvalidValue("option.invalid", detail, pointers[name]) for name, detail in details.items()]
        ) from None


def sentence(name: str, message: str) -> str:
    """Pydantic's message as a sentence that names the option."""
    for subject in ("Value error, ", "Input ", "String ", "Dictionary "):
        if message.startswith(subject):
            message = f"{name} {message.removeprefix(subject)}"
            break
    return f"{message.partition(', unable to')[0].replace(' should ', ' must ', 1)}."
