"""Error responses: problem details after RFC 9457, `application/problem+json`.

    {"type": "urn:problem:sku.taken", "title": "Conflict", "status": 409,
     "detail": "SKU A-1 is already in use.",
     "errors": [{"pointer": "/sku", "code": "sku.taken", "detail": "SKU A-1 is already in use."}]}

`type` ends in a code for programs; `detail` is a message for people. A `pointer` is a JSON Pointer into the body, or
names another part of the request first: `/query/page`, `/path/id`, `/header/If-Match`."""

import json
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5

TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length required",
    412: "Precondition failed",
    413: "Content too large",
    414: "URL too long",
    415: "Unsupported media type",
    417: "Expectation failed",
    422: "Invalid input",
    428: "Precondition required",
    429: "Too many requests",
    431: "Request header fields too large",
    500: "Internal server error",
    501: "Not implemented",
    503: "Service unavailable",
    507: "Insufficient storage",
}


class FieldError(TypedDict):
    pointer: str
    code: str
    detail: str


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[FieldError]]


class ProblemError(Exception):
    """An error of the HTTP layer, with all that its response contains."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(status, code, detail)
        self.status, self.code, self.detail, self.errors = status, code, detail, errors
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> HttpResponse:
    """`members` are further ones of this type of problem (RFC 9457, section 3.2)."""
    content = json.dumps({**problem_details(status, code, detail, errors), **(members or {})})
    response = HttpResponse(content, status=status, content_type=CONTENT_TYPE, headers=headers)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Product Importer"'
    if status in (429, 503):
        response.headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return response


def render(status: int, code: str, detail: str, errors: Sequence[FieldError] = ()) -> str:
    return json.dumps(problem_details(status, code, detail, errors))


def problem_details(status: int, code: str, detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    title = TITLES.get(status, "Error")
    details = Problem(type=f"urn:problem:{code}", title=title, status=status, detail=detail)
    if errors:
        details["errors"] = list(errors)
    return details


def invalid_input(errors: Sequence[FieldError]) -> HttpResponse:
    detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} values are invalid. See `errors`."
    return problem(422, "request.invalid", detail, errors)
