"""What the OpenAPI schema says beyond what Ninja knows: the problems a route may answer with, and the access.

project.api.api applies it. Which problems an operation has follows from what it takes: a body can be too large, an
id unknown, a key may only read. What its domain refuses besides, the route says (lib.openapi)."""

from typing import Any

from django.conf import settings
from ninja.openapi.schema import OpenAPISchema

from hooks.openapi import webhooks
from project.api.problems import CONTENT_TYPE, TITLES
from project.middleware.head_and_options import SAFE_METHODS

DESCRIPTION = """\
A catalog of products, and the import of CSV files into it.

**Access.** Every request needs either `Authorization: Bearer <key>` or the session of a signed-in staff member, \
which needs the header `X-CSRFToken` too for whatever is not a read. A key with the scope `read` may only read; \
keys are made with `python manage.py apikey create NAME --scope read|write` or in the admin at `/admin/`.

**Failures** are `application/problem+json` (RFC 9457). The code at the end of `type` is stable, `detail` is for \
people. Each of `errors` has a `pointer`: a JSON Pointer into the body, or `/query/...`, `/path/...`, `/header/...`.

**Paths** answer with and without the slash at their end."""

OPEN_NOTICE = """\
**This server is open** to the machine it runs on, because `DEBUG` is on: from there no key is needed, and every \
answer says so in the header `X-Access`. With `DEBUG=False` it is closed.

"""

TEXT = {"type": "string"}
FAULT = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": TEXT | {"examples": ["/price", "/query/page"]},
        "code": TEXT | {"examples": ["price.negative"]},
        "detail": TEXT | {"examples": ["price should be greater than or equal to 0."]},
    },
}
PROBLEM = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": TEXT | {"format": "uri", "examples": ["urn:problem:request.invalid"]},
        "title": TEXT | {"examples": ["Invalid input"]},
        "status": {"type": "integer", "examples": [422]},
        "detail": TEXT | {"examples": ["price should be greater than or equal to 0."]},
        "errors": {"type": "array", "items": FAULT},
    },
}
OTHER_FAILURES = "Any other failure, such as 405, 429, 500 or 503."
RETRY_AFTER: dict[str, object] = {
    "Retry-After": {"description": "In so many seconds it may be tried again.", "schema": {"type": "integer"}}
}
HEADERS: dict[int | str, dict[str, object]] = {
    401: {"WWW-Authenticate": {"description": "`Bearer`: send an API key.", "schema": TEXT}},
    429: RETRY_AFTER,
    503: RETRY_AFTER,
    "default": RETRY_AFTER
    | {"Allow": {"description": "With 405: the methods that the path takes.", "schema": TEXT}},
}


def completed(schema: OpenAPISchema) -> OpenAPISchema:
    if settings.DEBUG:
        schema["info"]["description"] = OPEN_NOTICE + DESCRIPTION
    schema["components"]["schemas"]["Problem"] = PROBLEM
    schema["webhooks"] = webhooks()
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            document_problems(method.upper(), operation)
            document_optional_body(operation)
    return schema


def document_problems(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    said_by_route = {status for status, said in responses.items() if not said}
    for status in sorted(said_by_route | set(statuses(method, operation))):
        responses[status] = answer(status, TITLES[status])
    responses["default"] = answer("default", OTHER_FAILURES)


def document_optional_body(operation: dict[str, Any]) -> None:
    """A body that may be left out is no null: clients would send one."""
    body = operation.get("requestBody", {"required": True})
    if not body["required"]:
        media = body["content"]["application/json"]
        media["schema"] = next(
            (kind for kind in media["schema"].get("anyOf", []) if kind != {"type": "null"}), media["schema"]
        )


def statuses(method: str, operation: dict[str, Any]) -> list[int]:
    has_body, parameters = "requestBody" in operation, operation["parameters"]
    possible = {
        400: True,
        401: "security" in operation,
        403: "security" in operation,
        404: any(parameter["in"] == "path" for parameter in parameters),
        413: has_body,
        415: has_body,
        422: has_body or bool(parameters),
        507: method not in SAFE_METHODS,
    }
    return [status for status, can_happen in possible.items() if can_happen]


def answer(status: int | str, description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    told: dict[str, Any] = {"description": description, "content": {CONTENT_TYPE: {"schema": schema}}}
    return told | ({"headers": HEADERS[status]} if status in HEADERS else {})
