"""URLs, headers and answers in the form that logs and tables may keep: without what is secret in them."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

MASK = "***"
# Shorter values, such as `1` or `json`, stand in answers by chance.
SECRET_MIN_LENGTH = 8
SECRET_HEADER = re.compile(
    r"(?<!www-)auth|cookie|credential|key|pass|secret|session|signature|token", re.IGNORECASE
).search


def masked_url(url: str) -> str:
    """The URL without user and password, and without the values of its query, which often are tokens."""
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return f"{address}?{MASK}" if parts.query else address


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, with *** for the value of each whose name says that it is secret."""
    return {name: MASK if SECRET_HEADER(name) else value for name, value in headers.items()}


def masked_text(text: str, private: Iterable[str]) -> str:
    """The text, with *** where it repeats a private value: some receivers answer with all they were sent."""
    for value in private:
        if len(value) >= SECRET_MIN_LENGTH:
            text = text.replace(value, MASK)
    return text
