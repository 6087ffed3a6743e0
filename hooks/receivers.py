"""Which receivers a webhook may have: how many webhooks there may be, and what may go along to another receiver.

hooks.webhooks asks before it writes; the admin asks as it judges its form."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from hooks.http.headers import HeaderError
from hooks.http.url_validation import PORTS
from hooks.models import Webhook
from hooks.secrets.redaction import REDACTED, redact_headers


class TooManyWebhooks(Exception):
    code = "webhooks.too_many"

    def __init__(self) -> None:
        self.detail = (
            f"There are {settings.WEBHOOKS_MAX:,} webhooks already, as many as may be. Delete one first."
        )
        super().__init__(self.detail)


def make_room() -> None:
    """Raises TooManyWebhooks. Within a transaction: until its end nobody else makes a webhook."""
    with connection.cursor() as cursor:
        # At odds with itself alone, not with those who read or change webhooks.
        cursor.execute("LOCK TABLE hooks_webhook IN SHARE UPDATE EXCLUSIVE MODE")
    if Webhook.objects.count() >= settings.WEBHOOKS_MAX:
        raise TooManyWebhooks


def is_another(url: str, new_url: str) -> bool:
    return origin(url) != origin(new_url)


def origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme]


def restore_redacted(wanted: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    """The headers with the values that *** stands for. Raises HeaderError where there is none: it would be sent."""
    for name, value in wanted.items():
        if value == REDACTED and name not in stored:
            detail = f"There is no value of {name} that *** could stand for; send the value itself."
            raise HeaderError("headers.redacted", detail, name)
    return {name: stored[name] if value == REDACTED else value for name, value in wanted.items()}


def check_secret_headers(stored: Mapping[str, str], wanted: Mapping[str, str] | None) -> None:
    """Raises HeaderError where another receiver would get a value that answers show as ***: whoever may change the
    URL could read it there. `wanted`: the headers as they were sent; None: they are to stay as they are."""
    for name, shown in redact_headers(stored).items():
        if shown == REDACTED and (wanted is None or wanted.get(name) == REDACTED):
            detail = f"The URL leads to another receiver now. Send the headers again, with the value of {name} or without it."
            raise HeaderError("headers.redacted", detail, name)
