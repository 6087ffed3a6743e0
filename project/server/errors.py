"""What gunicorn itself refuses, as a problem like every other (project.api.problems): no request has come to Django then."""

from http import HTTPStatus

from gunicorn.http import errors

from lib.limits import REQUEST_LINE_MAX_CHARACTERS
from project.api.problems import CONTENT_TYPE, render

STATUS = {
    errors.LimitRequestLine: 414,
    errors.LimitRequestHeaders: 431,
    errors.UnsupportedTransferCoding: 501,
    errors.ExpectationFailed: 417,
}
REASONS = {
    400: ("request.malformed", "The request is no valid HTTP."),
    408: (
        "request.too_slow",
        "The request came too slowly, so the server stopped waiting for it; send it again.",
    ),
    414: (
        "url.too_long",
        f"The path with its query is too long; {REQUEST_LINE_MAX_CHARACTERS:,} characters are taken.",
    ),
    417: ("expectation.unknown", "The only expectation that is known is 100-continue."),
    431: (
        "headers.too_large",
        "The headers are too many or too large: a cookie or a key is longer than it should be.",
    ),
    500: ("server.error", "Something went wrong on the server. It has been logged; trying again may help."),
    501: ("coding.unsupported", "Of the transfer codings only chunked is known."),
}


def status_of(exc: Exception) -> int:
    if isinstance(
        exc, errors.InvalidResponseHeader | errors.InvalidResponseHeaderName | errors.ConfigurationProblem
    ):
        return 500
    return STATUS.get(type(exc), 400) if isinstance(exc, errors.ParseException) else 500


def response_for(status: int) -> bytes:
    """All of the answer, after which the connection is closed."""
    body = render(status, *REASONS[status]).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
