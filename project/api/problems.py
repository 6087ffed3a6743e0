"""What a failure looks like to a client: RFC 9457, `application/problem+json`.

    {"type": "urn:problem:product.sku_taken", "title": "Conflict", "status": 409,
     "detail": "Another product has the SKU 'A-1'.",
     "errors": [{"pointer": "/sku", "code": "product.sku_taken", "detail": "Another product has the SKU 'A-1'."}]}

`type` ends in the code a program can switch on; `detail` is a sentence a person can act on. A `pointer` is a
JSON Pointer into the body; a fault elsewhere says where first: `/query/page`, `/path/id`, `/header/If-Match`.

project.api.exception_handlers makes these of exceptions, project.api.validation_errors of invalid input, and project.api.api says which
status the refusal of a domain module has."""

import json
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5

TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length required",
    412: "Precondition failed",
    413: "Too large",
    414: "URL too long",
    415: "Unsupported media type",
    417: "Expectation unknown",
    422: "Invalid input",
    428: "Precondition required",
    429: "Too many requests",
    431: "Headers too large",
    500: "Server error",
    501: "Not supported",
    503: "Not available",
    507: "Out of space",
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
    """Raised by the modules of this package; what it carries is the problem it becomes."""

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
) -> HttpResponse:
    response = HttpResponse(
        render(status, code, detail, errors), status=status, content_type=CONTENT_TYPE, headers=headers
    )
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Product Importer"'
    if status in (429, 503):
        response.headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return response


def render(status: int, code: str, detail: str, errors: Sequence[FieldError] = ()) -> str:
    title = TITLES.get(status, "Refused")
    body = Problem(type=f"urn:problem:{code}", title=title, status=status, detail=detail)
    if errors:
        body["errors"] = list(errors)
    return json.dumps(body)


def invalid_input(faults: Sequence[FieldError]) -> HttpResponse:
    detail = (
        faults[0]["detail"] if len(faults) == 1 else f"{len(faults)} values are invalid; errors lists them."
    )
    return problem(422, "request.invalid", detail, faults)
