"""Additions to the OpenAPI schema: introduction, tags, error responses with examples, and webhooks.

The common errors of an operation follow from its parameters: a body can be too large, an id unknown, a key read-only. Its
other errors are declared at the route (lib.openapi)."""

from typing import Any

from django.conf import settings
from ninja.openapi.schema import OpenAPISchema

from hooks.openapi import webhooks
from project.api.error_examples import example
from project.auth.permissions import SAFE_METHODS
from project.problems import CONTENT_TYPE, TITLES, Problem

DESCRIPTION = """\
Import product files (CSV, Excel) into a catalog, review every change before it is applied, and notify other systems by \
webhook. The [console](/) does the same for people.

**Authentication.** Send an API key as `Authorization: Bearer <key>`. Create keys with \
`python manage.py apikey create NAME --scope read|write` or in the admin at `/admin/`; a key with the scope `read` is \
read-only. The session of a signed-in staff account works too; write requests then need the header `X-CSRFToken`.

**Errors** are `application/problem+json` (RFC 9457). The code at the end of `type` is stable, `detail` is a message for \
people. Each of `errors` has a `pointer`: a JSON Pointer into the body, or `/query/...`, `/path/...`, `/header/...`.

**Paths** work with and without a trailing slash."""

OPEN_NOTICE = """\
**This server is open**: `DEBUG` is on, so requests from this machine need no key, and every response has the header \
`X-Access`. With `DEBUG=False` every request needs authentication.

"""

# In the order of the documentation page.
TAGS = [
    {
        "name": "Imports",
        "description": "Upload a file, follow its import, review and confirm its changes, undo it.",
    },
    {"name": "Profiles", "description": "Keep the options and columns of a supplier's files, in versions."},
    {"name": "Products", "description": "Read, change and export the catalog."},
    {"name": "Webhooks", "description": "Notify other systems of changes; deliveries, retries and recovery."},
    {"name": "Dashboard", "description": "Statistics and time series."},
]

TEXT = {"type": "string"}
FIELD_ERROR = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": TEXT | {"examples": ["/price", "/query/page"]},
        "code": TEXT | {"examples": ["price.negative"]},
        "detail": TEXT | {"examples": ["price must be greater than or equal to 0."]},
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
        "detail": TEXT | {"examples": ["price must be greater than or equal to 0."]},
        "errors": {"type": "array", "items": FIELD_ERROR},
    },
}
OTHER_ERRORS = "Any other error, such as 405, 429, 500 or 503."
RETRY_AFTER: dict[str, object] = {
    "Retry-After": {
        "description": "The number of seconds to wait before retrying.",
        "schema": {"type": "integer"},
    }
}
HEADERS: dict[int | str, dict[str, object]] = {
    401: {"WWW-Authenticate": {"description": "`Bearer`: send an API key.", "schema": TEXT}},
    429: RETRY_AFTER,
    503: RETRY_AFTER,
    "default": RETRY_AFTER | {"Allow": {"description": "With 405: the supported methods.", "schema": TEXT}},
}


def complete(schema: OpenAPISchema) -> OpenAPISchema:
    if settings.DEBUG:
        schema["info"]["description"] = OPEN_NOTICE + DESCRIPTION
    schema["components"]["schemas"]["Problem"] = PROBLEM
    schema["tags"] = TAGS
    schema["webhooks"] = webhooks()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            document_problems(method.upper(), path, operation)
            document_optional_body(operation)
    return schema


def document_problems(method: str, path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    declared_by_route = {status for status, response in responses.items() if not response}
    for status in sorted(declared_by_route | set(statuses(method, operation))):
        found = example(path, operation, status)
        responses[status] = problem_response(status, TITLES[status], found)
    responses["default"] = problem_response("default", OTHER_ERRORS, example(path, operation, 500))


def document_optional_body(operation: dict[str, Any]) -> None:
    """Remove null from the schema of an optional body; generated clients would send it."""
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


def problem_response(status: int | str, description: str, example: Problem) -> dict[str, Any]:
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    response: dict[str, Any] = {"description": description, "content": content}
    return response | ({"headers": HEADERS[status]} if status in HEADERS else {})
