"""The query of a request, as strict as its body: a parameter that nobody knows would be passed over without a word, and
`?pricemin=5` would answer with the whole list.

project.api.api applies it to every operation."""

from collections.abc import Callable, Collection, Iterator, Sequence
from difflib import get_close_matches
from functools import wraps
from itertools import islice
from types import MethodType
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from ninja.operation import Operation

from lib.limits import QUERY_FAULTS_LISTED, QUERY_LENGTH_MAX
from project.api.problems import FieldError, ProblemError
from project.api.validation_errors import NAME_SHOWN, escaped

View = Callable[..., Any]
# What scripts in a browser add so that no cache answers.
CACHE_BUSTER = "_"


def strict_query(run: View) -> View:
    """A decorator of Ninja's mode `view`, which is given the run of an operation. The check comes after that of the access, which runs before the view."""
    operation = cast(Operation, cast(MethodType, run).__self__)
    # One that documents parameters by hand reads them by hand, and knows which there are.
    if "parameters" not in (operation.openapi_extra or {}):
        operation.view_func = checked(operation.view_func, names_of(operation))
    return run


def names_of(operation: Operation) -> list[str]:
    queries = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    return [name for model in queries for name in model.__ninja_flatten_map__]


def checked(view: View, known: Collection[str]) -> View:
    @wraps(view)
    def strict(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET:
            check_length(request.GET)
            refuse(list(islice(faults(request.GET, known), QUERY_FAULTS_LISTED + 1)))
        return view(request, *args, **kwargs)

    return strict


def check_length(query: QueryDict) -> None:
    kept = [(name, value) for name, values in query.lists() for value in values if name != "cursor"]
    length = len(urlencode(kept))
    if length > QUERY_LENGTH_MAX:
        detail = f"The query has {length:,} characters as it is escaped; {QUERY_LENGTH_MAX:,} fit."
        refuse([FieldError(pointer="/query", code="query.too_long", detail=detail)])


def faults(query: QueryDict, known: Collection[str]) -> Iterator[FieldError]:
    for name, values in query.lists():
        pointer = f"/query/{escaped(name)}"
        if name not in known and name != CACHE_BUSTER:
            yield FieldError(pointer=pointer, code="query.unknown", detail=unknown(name[:NAME_SHOWN], known))
        elif len(set(values)) > 1:
            detail = f"{name} is given twice, with different values."
            yield FieldError(pointer=pointer, code="query.repeated", detail=detail)


def unknown(name: str, known: Collection[str]) -> str:
    if not known:
        return f"There is no parameter {name!r} here, nor any other."
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There is only {', '.join(known)}."
    return f"There is no parameter {name!r} here. {hint}"


def refuse(found: list[FieldError]) -> None:
    if found:
        listed = found[:QUERY_FAULTS_LISTED]
        raise ProblemError(422, "request.invalid", summary(found, listed), listed)


def summary(found: Sequence[FieldError], listed: Sequence[FieldError]) -> str:
    if len(found) == 1:
        return found[0]["detail"]
    if len(found) > len(listed):
        return f"More than {len(listed)} parameters are wrong; errors lists the first."
    return f"{len(found)} parameters are wrong; errors lists them."
