"""Redaction: URLs, headers and texts without their secrets, so that logs, tables and pages may show them."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

REDACTED = "***"
# Shorter values, such as `1` or `json`, occur in responses by chance.
SECRET_MIN_LENGTH = 8
SECRET_HEADER = re.compile(
    r"(?<!www-)auth|cookie|credential|key|pass|secret|session|signature|token", re.IGNORECASE
).search


def redact_url(url: str) -> str:
    """Return the URL without its user, password and query, which often contain tokens."""
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return f"{address}?{REDACTED}" if parts.query else address


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with *** for each value whose name suggests a secret."""
    return {name: REDACTED if SECRET_HEADER(name) else value for name, value in headers.items()}


def redact_text(text: str, secrets: Iterable[str]) -> str:
    """Return the text with *** for each secret in it: some endpoints echo the whole request."""
    for value in secrets:
        if len(value) >= SECRET_MIN_LENGTH:
            text = text.replace(value, REDACTED)
    return text
