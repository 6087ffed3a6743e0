"""Signatures after Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and the exact bytes of the body.

While a rotated secret overlaps, both sign, so that an endpoint can switch at any time."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from lib.errors import Explanation, Invalid

PREFIX = "whsec_"
KEY_BYTES = 32
KEY_BYTES_MIN, KEY_BYTES_MAX = 24, 64


class SecretError(Invalid, ValueError):
    code = "secret.invalid"
    codes = {
        code: Explanation(
            f"The secret is not `{PREFIX}` followed by {KEY_BYTES_MIN} to {KEY_BYTES_MAX} random bytes in base64.",
            "Omit it to have one generated.",
        )
    }
    pointer = "/secret"
    detail = (
        f"The secret must be {PREFIX} followed by {KEY_BYTES_MIN} to {KEY_BYTES_MAX} random bytes in base64."
    )


class Signer:
    """Signs for one webhook. Its keys are in no attribute that a log or traceback would show."""

    __slots__ = ("_keys",)

    def __init__(self, secrets: Sequence[str]) -> None:
        """Take the secrets that are valid now, newest first. Raises SecretError."""
        self._keys = [read_secret(secret) for secret in secrets]

    def __repr__(self) -> str:
        return f"<Signer with {len(self._keys)} keys>"

    def headers(self, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
        """Return the three headers of one attempt. The id stays the same over all attempts; the timestamp does not."""
        timestamp = str(int(now.timestamp()))
        signed = f"{message_id}.{timestamp}.".encode() + body
        return {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(signature(key, signed) for key in self._keys),
        }


def signature(key: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def read_secret(secret: str) -> bytes:
    """Return the key of the secret. Raises SecretError, which does not quote it."""
    if not secret.startswith(PREFIX):
        raise SecretError
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SecretError from None
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise SecretError
    return key
