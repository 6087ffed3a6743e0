"""The calls in the documentation: every operation of the API is in one, and every response has the fields of its schema."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from django.urls import resolve

from project.api.api import api
from tests.docs import pages
from tests.docs.pages import Call

TEXTS = [path.read_text() for path in pages.paths()]
CALLS = sorted({call for text in TEXTS for call in pages.calls(text)})


class Operation(NamedTuple):
    """A route of the OpenAPI schema."""

    method: str
    path: str


def responses() -> Iterator[tuple[Call, Any]]:
    for text in TEXTS:
        for commands, response in pages.steps(text):
            if response and response.language == "json":
                yield pages.calls(commands.text)[-1], json.loads(response.text)


@cache
def schema() -> dict[str, Any]:
    return json.loads(json.dumps(api.get_openapi_schema()))  # type: ignore[no-any-return] # whatever the schema is


@cache
def operations() -> list[Operation]:
    return [
        Operation(method.upper(), path) for path, methods in schema()["paths"].items() for method in methods
    ]


@cache
def operation_of(call: Call) -> Operation | None:
    """The operation that takes the call; of two, the one whose path has fewer parameters."""
    taking = [operation for operation in operations() if takes(operation, call)]
    return min(taking, key=lambda operation: operation.path.count("{"), default=None)


def takes(operation: Operation, call: Call) -> bool:
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(operation.path))
    return call.method == operation.method and re.fullmatch(pattern, call.path) is not None


@pytest.mark.parametrize("operation", operations(), ids=" ".join)
def test_operation_is_shown_in_a_call(operation: Operation) -> None:
    assert operation in map(operation_of, CALLS)


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_call_is_of_an_operation(call: Call) -> None:
    assert operation_of(call)
    assert resolve(call.path)


@pytest.mark.parametrize(("call", "response"), list(responses()), ids=lambda value: " ".join(value)[:60])
def test_response_shown_has_the_fields_of_the_schema(call: Call, response: dict[str, Any]) -> None:
    operation = operation_of(call)
    assert operation
    documented = schema()
    declared = documented["paths"][operation.path][operation.method.lower()]["responses"]
    fields = [
        set(documented["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]["properties"])
        for one in declared.values()
        for content in one.get("content", {}).values()
        if "$ref" in content["schema"]
    ]
    assert set(response) in fields
