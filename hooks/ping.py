"""The test event: sent at once, in the same way as every other event, to see how the endpoint responds.

It is not recorded, and does not affect the webhook's health."""

import asyncio
import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection

from hooks.http.client import Deadlines, Sender
from hooks.http.outcomes import Outcome
from hooks.http.signing import Signer
from hooks.models import Webhook
from hooks.outbox import TEST, body
from hooks.secrets.encryption import default_encryptor
from hooks.webhooks import headers_of
from lib.errors import Explanation
from lib.limits import WEBHOOK_TESTS_AT_ONCE
from lib.places import Places

# A person waits for the result.
DEADLINES = Deadlines(connect=3, head=8, body=2, total=10)
# Below that of every event, for endpoints that keep the highest.
SEQUENCE = "0"
TESTS = Places(
    "webhook tests",
    WEBHOOK_TESTS_AT_ONCE,
    "webhook_tests.too_many",
    Explanation("Two of your test events are still in progress.", "Try again when one of them has finished."),
)
SAMPLE: dict[str, object] = {
    "id": 0,
    "sku": "SKU001",
    "name": "Product Name",
    "description": "Product description",
    "price": 29.99,
    "is_active": True,
}


def send_test(webhook: Webhook, event_type: str = TEST, holder: str | None = None) -> Outcome:
    with TESTS.held(holder):
        return send_event(webhook, event_type)


def send_event(webhook: Webhook, event_type: str) -> Outcome:
    signer = signer_of(webhook)
    headers = headers_of(webhook)
    content = body(event_type, SAMPLE).encode()
    own = signer.headers(f"evt_{uuid.uuid4().hex}", datetime.now(UTC), content)
    own |= {"x-event-type": event_type, "x-event-sequence": SEQUENCE, "x-delivery-attempt": "1"}
    if not connection.in_atomic_block:
        # Other requests can use it while the endpoint responds.
        connection.close()
    return asyncio.run(send(webhook.url, content, {**headers, **own}, list(headers.values())))


def signer_of(webhook: Webhook) -> Signer:
    """Sign with each valid secret, as deliveries do."""
    encryptor, until = default_encryptor(), webhook.previous_secret_until
    overlaps = until is not None and until > datetime.now(UTC)
    encrypted = [webhook.secret, webhook.previous_secret] if overlaps else [webhook.secret]
    return Signer([encryptor.decrypt(secret) for secret in encrypted])


async def send(url: str, content: bytes, headers: dict[str, str], secrets: list[str]) -> Outcome:
    async with Sender(settings.WEBHOOK_ALLOWED_NETWORKS, deadlines=DEADLINES) as sender:
        return await sender.send(url, content, headers, secrets)
