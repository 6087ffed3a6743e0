"""Turns pydantic's errors into field errors with codes and messages of the API.

A code is the field and one of a few words, the same as in imports: `price.negative`, `sku.required`. A validator with a
code of its own raises `PydanticCustomError("price.odd", ...)`: a type with a dot is used as it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from lib.json_pointer import escaped
from project.problems import FieldError

WORDS = {
    "missing": "required",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_large",
    "less_than_equal": "too_large",
    "decimal_max_digits": "too_large",
    "decimal_whole_digits": "too_large",
    "decimal_max_places": "too_precise",
}
# How pydantic's messages begin.
SUBJECTS = ("Value error, ", "Decimal input ", "Input ", "String ", "List ", "Value ")
# Members of a union, which appear in an error's location but not in the body.
UNION_MEMBERS = {"int", "float", "decimal", "str", "bool", "date", "datetime"}
NOT_AN_OBJECT = {"model_type", "model_attributes_type", "dict_type"}
NAME_SHOWN = 100


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Return one error for each place; pydantic reports one for each member of a union."""
    found: dict[str, FieldError] = {}
    for error in errors:
        path = path_of(error["loc"])
        pointer = "".join(f"/{shown(step)}" for step in path)
        name = str(path[-1])[:NAME_SHOWN] if path else "body"
        found.setdefault(
            pointer, FieldError(pointer=pointer, code=code_of(name, error), detail=sentence(name, error))
        )
    return list(found.values())


def path_of(location: Sequence[str | int]) -> list[str | int]:
    """Return the place in the request. Ninja's location starts with the source and, for a body, the argument's name."""
    source, *path = location
    if source == "body":
        path = path[1:]
    while len(path) > 1 and path[-1] in UNION_MEMBERS:
        path.pop()
    return path if source in ("body", "form", "file") else [source, *path]


def shown(step: str | int) -> str:
    """A step of a JSON Pointer; the start of a long name."""
    return escaped(str(step)[:NAME_SHOWN])


def code_of(name: str, error: Mapping[str, Any]) -> str:
    kind: str = error["type"]
    if "." in kind:
        return kind
    if kind == "extra_forbidden":
        return "field.unknown"
    return f"{name}.{word_of(kind, error.get('ctx', {}))}"


def word_of(kind: str, limits: Mapping[str, object]) -> str:
    if kind == "greater_than_equal" and limits.get("ge") == 0:
        return "negative"
    if kind in ("string_too_short", "too_short") and limits.get("min_length") == 1:
        return "required"
    return WORDS.get(kind, "invalid")


def sentence(name: str, error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return f"{name} is required."
    if error["type"] == "extra_forbidden":
        return f"Unknown field {name!r}."
    if error["type"] in NOT_AN_OBJECT:
        return f"{name} must be an object."
    # The rest describes pydantic's parsing, not the error.
    message: str = error["msg"].partition(", unable to")[0]
    for subject in SUBJECTS:
        if message.startswith(subject):
            message = f"{name} {message.removeprefix(subject)}"
            break
    message = message.replace(" should ", " must ", 1)
    return message if message.endswith(".") else f"{message}."
