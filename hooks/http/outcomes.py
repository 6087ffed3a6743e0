"""How an attempt ended: the closed vocabulary of failures, each with its sentence.

hooks.http.client makes outcomes, hooks.policy.retry says what follows from them, and attempts keep them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

# What nobody answered to, and what was no answer. {detail} is filled in by whoever met it.
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
    """One attempt. A 2xx is a success whatever came after it: the status decides, and the body is for people."""

    duration_ms: int
    status_code: int | None = None
    # Of FAILURES; empty for a success.
    error_code: str = ""
    # The sentence.
    error: str = ""
    # As text that can be stored and shown, cut to what people look at.
    response_body: str = ""
    response_headers: Mapping[str, str] = field(default_factory=dict)
    # True if the body was longer than was read or kept, or broke off.
    truncated: bool = False

    @property
    def succeeded(self) -> bool:
        return not self.error_code


def sentence(code: str, detail: object = "") -> str:
    return FAILURES[code].format(detail=detail)


def status_failure(status: int) -> tuple[str, str]:
    """Code and sentence of a status; empty for a success."""
    if 200 <= status <= 299:
        return "", ""
    code = f"status.{status // 100}xx" if 300 <= status <= 599 else "status.other"
    return code, sentence(code, shown_status(status))


def shown_status(status: int) -> str:
    """With the phrase that belongs to the number; never the receiver's own."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
