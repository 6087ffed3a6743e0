"""Custom headers of a webhook's deliveries: an Authorization, a tenant, a routing key.

Headers that frame, route or describe the request are reserved."""

import re
from collections.abc import Mapping

from lib.errors import Explanation, Invalid
from lib.json_pointer import escaped

COUNT_MAX = 20
NAME_MAX_LENGTH = 100
SIZE_MAX = 4096
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# Visible ASCII with inner spaces: what every server reads in the same way.
VALUE = re.compile(r"[!-~](?:[ -~\t]*[!-~])?")
FORBIDDEN = frozenset(
    (
        *("accept", "accept-encoding", "connection", "date", "expect", "forwarded", "host", "keep-alive"),
        *("te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via"),
    )
)
FORBIDDEN_PREFIXES = ("content-", "proxy-", "sec-", "webhook-", "x-delivery-", "x-event-", "x-forwarded-")


class HeaderError(Invalid, ValueError):
    """An invalid custom header. The message never quotes a value."""

    codes = {
        "headers.too_many": Explanation(
            f"The webhook has more than {COUNT_MAX} custom headers.", "Remove some."
        ),
        "headers.too_large": Explanation(
            f"The custom headers have more than {SIZE_MAX:,} characters in total.", "Shorten or remove some."
        ),
        "headers.redacted": Explanation(
            "A value is `***`, but there is no stored value to keep, or the URL now points to another endpoint.",
            "Send the value itself, or omit the header.",
        ),
        "header.name": Explanation(
            "The name of a custom header is invalid.", "Use letters, digits and hyphens, as in `X-Tenant`."
        ),
        "header.value": Explanation(
            "The value of a custom header has a character that headers do not allow, or starts or ends with a space.",
            "Remove it.",
        ),
        "header.forbidden": Explanation("The custom header is reserved.", "Use another name."),
        "header.repeated": Explanation(
            "A custom header is given twice. Names ignore case.", "Keep one of them."
        ),
    }
    pointer: str

    def __init__(self, code: str, detail: str, name: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.pointer = "/headers" if name is None else f"/headers/{escaped(name)}"


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers to send. Raises HeaderError."""
    if len(headers) > COUNT_MAX:
        raise HeaderError(
            "headers.too_many", f"There are {len(headers)} headers; the maximum is {COUNT_MAX}."
        )
    size = sum(len(name) + len(value) for name, value in headers.items())
    if size > SIZE_MAX:
        detail = f"The headers have {size:,} characters in total; the maximum is {SIZE_MAX:,}."
        raise HeaderError("headers.too_large", detail)
    seen: set[str] = set()
    for name, value in headers.items():
        check_name(name, seen)
        if value and not VALUE.fullmatch(value):
            detail = "The value contains a character that is not allowed in a header, or starts or ends with a space."
            raise HeaderError("header.value", detail, name)
    return dict(headers)


def check_name(name: str, seen: set[str]) -> None:
    lower = name.lower()
    if len(name) > NAME_MAX_LENGTH or not NAME.fullmatch(name):
        raise HeaderError("header.name", "Not a valid header name (example: X-Tenant).", name)
    if lower in FORBIDDEN or lower.startswith(FORBIDDEN_PREFIXES):
        raise HeaderError("header.forbidden", f"The header {name} is reserved and cannot be set.", name)
    if lower in seen:
        raise HeaderError("header.repeated", f"The header {name} is given twice (case is ignored).", name)
    seen.add(lower)
