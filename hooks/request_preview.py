"""The request of an attempt for display, built by the code that sends it, with secrets redacted.

Only the body is stored, so URL and custom headers are the current ones of the webhook."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from hooks.delivery.queue import Due
from hooks.http.client import STANDARD_HEADERS
from hooks.http.signing import Signer
from hooks.models import Event
from hooks.secrets.redaction import redact_headers, redact_url


def request_head(url: str, event: Event, number: int, sent_at: datetime, own: Mapping[str, str]) -> str:
    """Return the request line and headers."""
    address = urlsplit(redact_url(url))
    target = f"{address.path or '/'}{f'?{address.query}' if address.query else ''}"
    headers = {
        "host": address.netloc,
        **request_headers(event, number, sent_at, own),
        "content-length": str(len(event.body.encode())),
    }
    return "\n".join([f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())])


def request_headers(event: Event, number: int, sent_at: datetime, own: Mapping[str, str]) -> dict[str, str]:
    """Return the headers as the worker and the HTTP client combine them."""
    due = Due(event.pk, event.pk, number - 1, 0, sent_at, event.uid, event.event_type, event.body)
    # Signed without a key: the signature is not shown.
    signed = Signer([]).headers(due.message_id, sent_at, event.body.encode())
    return redact_headers({**own, **due.headers(), **signed, **STANDARD_HEADERS})
