"""How an attempt ended: the closed vocabulary of failures, each with its sentence.

hooks.http.client makes outcomes, hooks.policy.retry says what follows from them, and attempts keep them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

# What nobody answered to, and what was no answer. {detail} is filled in by whoever met it.
FAILURES = {
    "address.refused": "The URL leads to an address that webhooks may not be sent to.",
    "request.invalid": "The URL or a header cannot be sent as it is.",
    "dns.failed": "The name in the URL has no address that webhooks may be sent to.",
    "dns.timeout": "The name in the URL was not found within {detail} seconds.",
    "connect.refused": "The receiver refused the connection.",
    "connect.failed": "The receiver could not be reached.",
    "connect.timeout": "The receiver took no connection within {detail} seconds.",
    "tls.certificate": "The certificate of the receiver is not valid: {detail}.",
    "tls.failed": "The receiver could not agree on TLS.",
    "connection.lost": "The receiver closed the connection without an answer.",
    "answer.timeout": "The receiver gave no answer within {detail} seconds.",
    "answer.too_large": "The headers of the answer are too large.",
    "answer.invalid": "The answer is not HTTP as it should be.",
    "status.3xx": "The receiver answered {detail}; redirects are not followed.",
    "status.4xx": "The receiver answered {detail}.",
    "status.5xx": "The receiver answered {detail}.",
    "status.other": "The receiver answered {detail}, which means nothing here.",
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
