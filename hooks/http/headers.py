"""The headers that a webhook may have its deliveries carry: an Authorization, a tenant, a routing key.

Not those that say how the request is framed, where it goes or what it is; those are ours."""

import re
from collections.abc import Mapping

COUNT_MAX = 20
NAME_MAX_LENGTH = 100
SIZE_MAX = 4096
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# Visible ASCII, with spaces inside: what every server reads alike.
VALUE = re.compile(r"[!-~](?:[ -~\t]*[!-~])?")
FORBIDDEN = frozenset(
    (
        *("accept", "accept-encoding", "connection", "date", "expect", "forwarded", "host", "keep-alive"),
        *("te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via"),
    )
)
FORBIDDEN_PREFIXES = ("content-", "proxy-", "sec-", "webhook-", "x-delivery-", "x-event-", "x-forwarded-")


class HeaderError(ValueError):
    """A header that a webhook cannot have, and the sentence that says why. Values are never quoted."""

    def __init__(self, code: str, detail: str, name: str | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail
        # As JSON Pointer spells a name.
        escaped = "" if name is None else "/" + name.replace("~", "~0").replace("/", "~1")
        self.pointer = f"/headers{escaped}"


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers as they will be sent. Raises HeaderError."""
    if len(headers) > COUNT_MAX:
        raise HeaderError("headers.too_many", f"There are {len(headers)} headers; {COUNT_MAX} fit.")
    size = sum(len(name) + len(value) for name, value in headers.items())
    if size > SIZE_MAX:
        raise HeaderError("headers.too_large", f"The headers have {size:,} characters; {SIZE_MAX:,} fit.")
    seen: set[str] = set()
    for name, value in headers.items():
        check_name(name, seen)
        if value and not VALUE.fullmatch(value):
            detail = "The value has a character that a header cannot hold, or a space at an end."
            raise HeaderError("header.value", detail, name)
    return dict(headers)


def check_name(name: str, seen: set[str]) -> None:
    lower = name.lower()
    if len(name) > NAME_MAX_LENGTH or not NAME.fullmatch(name):
        raise HeaderError("header.name", "This is no name of a header, such as X-Tenant.", name)
    if lower in FORBIDDEN or lower.startswith(FORBIDDEN_PREFIXES):
        raise HeaderError("header.forbidden", f"The header {name} is not a webhook's to set.", name)
    if lower in seen:
        raise HeaderError(
            "header.repeated", f"The header {name} is there twice; case makes no difference.", name
        )
    seen.add(lower)
