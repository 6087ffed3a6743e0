"""Creates, changes and deletes webhooks, and rotates their secrets.

Dispatchers are notified of a change when it commits."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from hooks.http.headers import check_headers
from hooks.http.signing import new_secret, read_secret
from hooks.http.url_validation import check_url, default_rules
from hooks.models import Health, Webhook
from hooks.outbox import notify
from hooks.outbox_sql import WEBHOOK_CHANGED, WEBHOOK_RESET
from hooks.policy.circuit_breaker import reset_values
from hooks.secrets.encryption import DecryptionError, default_encryptor
from hooks.secrets.redaction import REDACTED, redact_headers
from hooks.webhook_checks import (
    check_secret_headers,
    check_webhook_count,
    is_other_endpoint,
    restore_redacted,
)
from lib.errors import Conflict, Explanation, NotFound
from lib.security_log import log


class Values(TypedDict, total=False):
    url: str
    event_types: Sequence[str]
    is_enabled: bool
    description: str
    headers: Mapping[str, str]
    max_in_flight: int
    rate_per_second: int | None


class WebhookNotFound(NotFound):
    code = "webhook.not_found"
    codes = {code: Explanation("No webhook has this ID.", "List the webhooks with `GET /api/webhooks/`.")}

    def __init__(self, webhook_id: int) -> None:
        super().__init__(f"Webhook {webhook_id} was not found.")


class WebhookDisabled(Conflict):
    code = "webhook.disabled"
    codes = {code: Explanation("The webhook is disabled, so nothing is sent.", "Set `is_enabled` to `true`.")}

    def __init__(self, webhook: Webhook) -> None:
        reason = f" {webhook.disabled_reason}" if webhook.disabled_reason else ""
        super().__init__(f"The webhook is disabled.{reason} Set is_enabled to true to enable it.")


def create(secret: str = "", **values: Unpack[Values]) -> tuple[Webhook, str]:
    """Create a webhook and return it with its secret: the one given, or a new one."""
    secret = secret or new_secret()
    read_secret(secret)
    stored = columns(values, {})
    with transaction.atomic():
        check_webhook_count()
        webhook = Webhook.objects.create(secret=default_encryptor().encrypt(secret), **stored)
    webhook.refresh_from_db()
    return webhook, secret


def get(webhook_id: int) -> Webhook:
    try:
        return Webhook.objects.get(pk=webhook_id)
    except Webhook.DoesNotExist:
        raise WebhookNotFound(webhook_id) from None


def get_enabled(webhook_id: int) -> Webhook:
    webhook = get(webhook_id)
    if not webhook.is_enabled:
        raise WebhookDisabled(webhook)
    return webhook


def change(webhook_id: int, **values: Unpack[Values]) -> Webhook:
    """Change the given fields; values that are the same write nothing."""
    with transaction.atomic():
        webhook = lock(webhook_id)
        wanted = columns(
            values, headers_of(webhook) if REDACTED in values.get("headers", {}).values() else {}
        )
        if "headers" in wanted and has_headers(webhook, decrypted(wanted["headers"])):
            del wanted["headers"]
        if "url" in wanted:
            check_change(webhook, str(wanted["url"]), values.get("headers"))
        different = {name: value for name, value in wanted.items() if getattr(webhook, name) != value}
        if different.get("is_enabled"):
            different |= {
                "enabled_at": Now(),
                "disabled_at": None,
                "disabled_reason": "",
                "recorded_until": None,
            }
        if "url" in different or different.get("is_enabled"):
            # Its failures belong to the time before, or to another endpoint.
            reset_health(webhook)
        write(webhook, different)
    return webhook


def check_change(webhook: Webhook, url: str, headers: Mapping[str, str] | None) -> None:
    """Raises HeaderError if a secret header would be sent to another endpoint."""
    keeps_some = headers is None or REDACTED in headers.values()
    if webhook.headers and keeps_some and is_other_endpoint(webhook.url, url):
        check_secret_headers(headers_of(webhook), headers)


def remove(webhook_id: int) -> None:
    """Delete the webhook. Its deliveries can no longer be read, and are pruned later."""
    with transaction.atomic():
        lock(webhook_id).delete()
        notify(f"{WEBHOOK_CHANGED} {webhook_id}")


def rotate_secret(webhook_id: int, overlap: timedelta, secret: str = "") -> tuple[Webhook, str]:
    """Replace the secret and return the new one. The old secret also signs during the overlap."""
    secret = secret or new_secret()
    read_secret(secret)
    with transaction.atomic():
        webhook = lock(webhook_id)
        replaced: dict[str, object] = {
            "secret": default_encryptor().encrypt(secret),
            "previous_secret": "",
            "previous_secret_until": None,
        }
        if overlap:
            replaced |= {"previous_secret": webhook.secret, "previous_secret_until": now() + overlap}
        write(webhook, replaced)
    log("webhook.secret_rotated", webhook=webhook_id)
    return webhook, secret


# --- Columns ---


def columns(values: Values, kept_headers: Mapping[str, str]) -> dict[str, object]:
    """Return the values as they are stored. A redacted header keeps its stored value."""
    stored: dict[str, object] = dict(values)
    if "url" in values:
        stored["url"] = check_url(values["url"], default_rules())
    if "event_types" in values:
        stored["event_types"] = [str(name) for name in dict.fromkeys(values["event_types"])]
    if "headers" in values:
        stored["headers"] = encrypt_headers(check_headers(restore_redacted(values["headers"], kept_headers)))
    return stored


def encrypt_headers(headers: Mapping[str, str]) -> str:
    return default_encryptor().encrypt(json.dumps(headers)) if headers else ""


def headers_of(webhook: Webhook) -> dict[str, str]:
    return decrypt_headers(webhook.headers)


def decrypt_headers(encrypted: str) -> dict[str, str]:
    headers: dict[str, str] = json.loads(decrypted(encrypted))
    return headers


def has_headers(webhook: Webhook, headers: str) -> bool:
    """Compare decrypted: the same text is encrypted differently each time."""
    try:
        return bool(headers_of(webhook) == json.loads(headers))
    except DecryptionError:
        return False


def decrypted(headers: object) -> str:
    return default_encryptor().decrypt(str(headers)) if headers else "{}"


def redacted_headers(encrypted: str) -> dict[str, str]:
    """Return the stored headers with *** for secrets; sent back like this, a secret stays as it is. Empty if they cannot be decrypted."""
    try:
        return redact_headers(decrypt_headers(encrypted))
    except DecryptionError:
        return {}


# --- Rows ---


def lock(webhook_id: int) -> Webhook:
    """Lock the webhook, and its health first, in the same order as record_results.sql."""
    list(Health.objects.select_for_update().filter(webhook_id=webhook_id))
    try:
        return Webhook.objects.select_for_update().get(pk=webhook_id)
    except Webhook.DoesNotExist:
        raise WebhookNotFound(webhook_id) from None


def write(webhook: Webhook, values: Mapping[str, object]) -> None:
    if values:
        Webhook.objects.filter(pk=webhook.pk).update(**values, updated_at=Now())
        notify(f"{WEBHOOK_CHANGED} {webhook.pk}")
        webhook.refresh_from_db()


def reset_health(webhook: Webhook) -> None:
    """Clear its failures. Results of requests in flight no longer count: the lease is released."""
    Health.objects.filter(webhook=webhook).update(owner=None, **reset_values())
    notify(f"{WEBHOOK_RESET} {webhook.pk}")
