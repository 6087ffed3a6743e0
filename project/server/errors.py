"""Problem responses for requests that gunicorn rejects before they reach Django."""

from http import HTTPStatus

from gunicorn.http import errors

from lib.limits import REQUEST_LINE_MAX_CHARACTERS
from project.problems import CONTENT_TYPE, render

STATUS = {
    errors.LimitRequestLine: 414,
    errors.LimitRequestHeaders: 431,
    errors.UnsupportedTransferCoding: 501,
    errors.ExpectationFailed: 417,
}
REASONS = {
    400: ("request.malformed", "The request is not valid HTTP."),
    408: ("request.too_slow", "The request timed out because it arrived too slowly. Retry."),
    414: (
        "url.too_long",
        f"The URL is too long. The maximum is {REQUEST_LINE_MAX_CHARACTERS:,} characters.",
    ),
    417: ("expectation.unknown", "Unknown expectation. Only 100-continue is supported."),
    431: ("headers.too_large", "The request headers are too many or too large. Check cookies and keys."),
    500: ("server.error", "Internal server error. The error has been logged. Retrying may help."),
    501: ("coding.unsupported", "Unknown transfer coding. Only chunked is supported."),
}


def status_of(exc: Exception) -> int:
    if isinstance(
        exc, errors.InvalidResponseHeader | errors.InvalidResponseHeaderName | errors.ConfigurationProblem
    ):
        return 500
    return STATUS.get(type(exc), 400) if isinstance(exc, errors.ParseException) else 500


def response_for(status: int) -> bytes:
    """Return the complete response, after which the connection is closed."""
    body = render(status, *REASONS[status]).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
