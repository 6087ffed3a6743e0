"""Checks of a webhook before it is stored: how many there may be, and which secrets may go to another endpoint."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from hooks.http.headers import HeaderError
from hooks.http.url_validation import PORTS
from hooks.models import Webhook
from hooks.secrets.redaction import REDACTED, redact_headers
from lib.errors import Conflict, Explanation


class TooManyWebhooks(Conflict):
    code = "webhooks.too_many"
    codes = {
        code: Explanation("There are already `WEBHOOKS_MAX` webhooks.", "Delete one, or raise the limit.")
    }

    def __init__(self) -> None:
        limit = settings.WEBHOOKS_MAX
        super().__init__(
            f"The limit of {limit:,} webhook{'' if limit == 1 else 's'} is reached. Delete one first."
        )


def check_webhook_count() -> None:
    """Raises TooManyWebhooks. Until the end of the transaction no other session can create a webhook."""
    with connection.cursor() as cursor:
        # This mode conflicts with itself, not with reads and changes of webhooks.
        cursor.execute("LOCK TABLE hooks_webhook IN SHARE UPDATE EXCLUSIVE MODE")
    if Webhook.objects.count() >= settings.WEBHOOKS_MAX:
        raise TooManyWebhooks


def is_other_endpoint(url: str, new_url: str) -> bool:
    return origin(url) != origin(new_url)


def origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme]


def restore_redacted(sent: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with each *** replaced by its stored value. Raises HeaderError where there is none."""
    for name, value in sent.items():
        if value == REDACTED and name not in stored:
            detail = f"There is no stored value of {name} to keep for ***. Send the value itself."
            raise HeaderError("headers.redacted", detail, name)
    return {name: stored[name] if value == REDACTED else value for name, value in sent.items()}


def check_secret_headers(stored: Mapping[str, str], sent: Mapping[str, str] | None) -> None:
    """Raises HeaderError if another endpoint would get a value that responses show as ***: whoever can change the URL
    could read it there. `sent`: the headers of the request; None to keep the stored ones."""
    for name, value in redact_headers(stored).items():
        if value == REDACTED and (sent is None or sent.get(name) == REDACTED):
            detail = f"The URL now points to another endpoint. Send the headers again, with the value of {name} or without it."
            raise HeaderError("headers.redacted", detail, name)
