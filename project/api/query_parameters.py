"""Checks the query of a request as strictly as its body: otherwise `?pricemin=5` would return the whole list."""

from collections.abc import Callable, Collection, Iterator, Sequence
from difflib import get_close_matches
from functools import wraps
from itertools import islice
from types import MethodType
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from ninja.operation import Operation

from lib.limits import QUERY_ERRORS_LISTED, QUERY_LENGTH_MAX
from project.api.validation_errors import NAME_SHOWN, shown
from project.problems import FieldError, ProblemError

View = Callable[..., Any]
# Added by scripts in browsers to bypass caches.
CACHE_BUSTER = "_"


def strict_query(run: View) -> View:
    """A decorator of Ninja's mode `view`, which gets the run method of an operation. Authentication is checked before."""
    operation = cast(Operation, cast(MethodType, run).__self__)
    # An operation that documents its parameters by hand also reads and checks them itself.
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
            reject(list(islice(errors(request.GET, known), QUERY_ERRORS_LISTED + 1)))
        return view(request, *args, **kwargs)

    return strict


def check_length(query: QueryDict) -> None:
    kept = [(name, value) for name, values in query.lists() for value in values if name != "cursor"]
    length = len(urlencode(kept))
    if length > QUERY_LENGTH_MAX:
        detail = f"The query is {length:,} characters long when escaped. The maximum is {QUERY_LENGTH_MAX:,}."
        reject([FieldError(pointer="/query", code="query.too_long", detail=detail)])


def errors(query: QueryDict, known: Collection[str]) -> Iterator[FieldError]:
    for name, values in query.lists():
        pointer = f"/query/{shown(name)}"
        if name not in known and name != CACHE_BUSTER:
            yield FieldError(pointer=pointer, code="query.unknown", detail=unknown(name[:NAME_SHOWN], known))
        elif len(set(values)) > 1:
            detail = f"{name} is given twice with different values."
            yield FieldError(pointer=pointer, code="query.repeated", detail=detail)


def unknown(name: str, known: Collection[str]) -> str:
    if not known:
        return f"Unknown parameter {name!r}. This endpoint takes no parameters."
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known parameters: {', '.join(known)}."
    return f"Unknown parameter {name!r}. {hint}"


def reject(found: list[FieldError]) -> None:
    if found:
        listed = found[:QUERY_ERRORS_LISTED]
        raise ProblemError(422, "request.invalid", summary(found, listed), listed)


def summary(found: Sequence[FieldError], listed: Sequence[FieldError]) -> str:
    if len(found) == 1:
        return found[0]["detail"]
    if len(found) > len(listed):
        return f"More than {len(listed)} parameters are invalid. `errors` lists the first {len(listed)}."
    return f"{len(found)} parameters are invalid. See `errors`."
