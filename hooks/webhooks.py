"""What happens to webhooks: create, change, remove, give a new secret, try out.

hooks.api and hooks.admin call these. Dispatchers hear of a change once it is committed, and go by it from then on."""

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
from lib.security_log import log


class Values(TypedDict, total=False):
    url: str
    event_types: Sequence[str]
    is_enabled: bool
    description: str
    headers: Mapping[str, str]
    max_in_flight: int
    rate_per_second: int | None


class WebhookNotFound(Exception):
    code = "webhook.not_found"

    def __init__(self, webhook_id: int) -> None:
        self.detail = f"There is no webhook with the id {webhook_id}."
        super().__init__(self.detail)


class WebhookDisabled(Exception):
    code = "webhook.disabled"

    def __init__(self, webhook: Webhook) -> None:
        why = webhook.disabled_reason or "Somebody switched it off."
        self.detail = f"The webhook is switched off. {why} Set is_enabled to true first."
        super().__init__(self.detail)


def create(secret: str = "", **values: Unpack[Values]) -> tuple[Webhook, str]:
    """The webhook and its secret, which is shown this once: the one given, or a new one."""
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
    """Give the fields sent new values; the same values again write nothing."""
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
            # What is known of it, it did before, or another receiver.
            reset_health(webhook)
        write(webhook, different)
    return webhook


def check_change(webhook: Webhook, url: str, headers: Mapping[str, str] | None) -> None:
    """Raises HeaderError where a secret header would go along to another receiver."""
    keeps_some = headers is None or REDACTED in headers.values()
    if webhook.headers and keeps_some and is_other_endpoint(webhook.url, url):
        check_secret_headers(headers_of(webhook), headers)


def remove(webhook_id: int) -> None:
    """Its deliveries are gone for whoever asks, and pruned in time."""
    with transaction.atomic():
        lock(webhook_id).delete()
        notify(f"{WEBHOOK_CHANGED} {webhook_id}")


def rotate_secret(webhook_id: int, overlap: timedelta, secret: str = "") -> tuple[Webhook, str]:
    """The new secret, which is shown this once. The old one signs as well for as long as they overlap."""
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
    """The values as they are stored. A header whose value is masked keeps the one it has."""
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
    headers: dict[str, str] = json.loads(decrypted(webhook.headers))
    return headers


def has_headers(webhook: Webhook, headers: str) -> bool:
    """Sealed twice, the same text looks different."""
    try:
        return bool(headers_of(webhook) == json.loads(headers))
    except DecryptionError:
        return False


def decrypted(headers: object) -> str:
    return default_encryptor().decrypt(str(headers)) if headers else "{}"


def redacted_headers(webhook: Webhook) -> dict[str, str]:
    """With *** for what is secret; sent back like this, it stays as it is. None, if no key opens them any more."""
    try:
        return redact_headers(headers_of(webhook))
    except DecryptionError:
        return {}


# --- Rows ---


def lock(webhook_id: int) -> Webhook:
    """Its health first, as whoever writes results does."""
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
