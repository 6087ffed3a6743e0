"""The request of an attempt as it went out, to be looked at: made by what makes it, with *** for what is secret.

Only the body is kept, so the webhook's own headers and its address are those it has now."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from hooks.delivery.queue import Due
from hooks.http.client import STANDARD_HEADERS
from hooks.http.signing import Signer
from hooks.models import Event
from hooks.secrets.redaction import redact_headers, redact_url


def shown_head(url: str, event: Event, number: int, sent_at: datetime, own: Mapping[str, str]) -> str:
    """The lines before the body."""
    address = urlsplit(redact_url(url))
    target = f"{address.path or '/'}{f'?{address.query}' if address.query else ''}"
    headers = {
        "host": address.netloc,
        **shown_headers(event, number, sent_at, own),
        "content-length": str(len(event.body.encode())),
    }
    return "\n".join([f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())])


def shown_headers(event: Event, number: int, sent_at: datetime, own: Mapping[str, str]) -> dict[str, str]:
    """As hooks.delivery.worker and hooks.http.client put them together."""
    due = Due(event.pk, event.pk, number - 1, 0, sent_at, event.uid, event.event_type, event.body)
    # Signed with no key at all: nobody is shown the signature.
    signed = Signer([]).headers(due.message_id, sent_at, event.body.encode())
    return redact_headers({**own, **due.headers(), **signed, **STANDARD_HEADERS})
