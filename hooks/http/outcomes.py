"""The outcome of an attempt: the closed list of failures, each with its message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

# {detail} is filled in where the failure is met.
FAILURES = {
    "address.not_allowed": "The URL points to an address that is not allowed.",
    "request.invalid": "The URL or a header is not valid in an HTTP request.",
    "dns.failed": "DNS lookup failed: the host has no allowed address.",
    "dns.timeout": "DNS lookup timed out after {detail} seconds.",
    "connect.refused": "The endpoint refused the connection.",
    "connect.failed": "Could not connect to the endpoint.",
    "connect.timeout": "Connection timed out after {detail} seconds.",
    "tls.certificate": "The endpoint's TLS certificate is invalid: {detail}.",
    "tls.failed": "The TLS handshake failed.",
    "connection.lost": "The endpoint closed the connection without a response.",
    "response.timeout": "No response within {detail} seconds.",
    "response.too_large": "The response headers are too large.",
    "response.invalid": "The response is not valid HTTP.",
    "status.3xx": "The endpoint returned {detail}. Redirects are not followed.",
    "status.4xx": "The endpoint returned {detail}.",
    "status.5xx": "The endpoint returned {detail}.",
    "status.other": "The endpoint returned {detail}, an unexpected status.",
}


@dataclass(frozen=True)
class Outcome:
    """The result of one attempt. A 2xx is a success even if the body fails: the status decides."""

    duration_ms: int
    status_code: int | None = None
    # A key of FAILURES; empty for a success.
    error_code: str = ""
    # Its message.
    error: str = ""
    # As text that can be stored and shown, cut to a length for people.
    response_body: str = ""
    response_headers: Mapping[str, str] = field(default_factory=dict)
    # True if the body was longer than what was read or kept, or incomplete.
    truncated: bool = False

    @property
    def succeeded(self) -> bool:
        return not self.error_code


def sentence(code: str, detail: object = "") -> str:
    return FAILURES[code].format(detail=detail)


def status_failure(status: int) -> tuple[str, str]:
    """Return the code and message of a status; empty for a success."""
    if 200 <= status <= 299:
        return "", ""
    code = f"status.{status // 100}xx" if 300 <= status <= 599 else "status.other"
    return code, sentence(code, status_text(status))


def status_text(status: int) -> str:
    """Return the number with its standard phrase, never the endpoint's own."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
