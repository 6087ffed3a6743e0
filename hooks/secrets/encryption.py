"""Encryption of what the database must not store in plain text: webhooks' signing secrets and custom headers.

The first key of WEBHOOK_SECRET_KEYS encrypts; every key decrypts. To replace a key, put the new one in front,
re-encrypt everything (hooks.key_rotation) and remove the old one. A key derived from SECRET_KEY always comes last: it
encrypts while no other key is set, and keeps decrypting its own values once one is."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from lib.errors import Conflict, Explanation


class InvalidKeyError(ValueError):
    """A malformed key. The message does not quote it: it could be a real key with a typo."""

    def __init__(self, position: int) -> None:
        super().__init__(f"Key {position} is not 32 random bytes in URL-safe base64.")


class DecryptionError(Conflict):
    """Encrypted with a key that is no longer configured, or altered since."""

    code = "secret.unreadable"
    codes = {
        code: Explanation(
            "The stored secrets of the webhook cannot be decrypted with `WEBHOOK_SECRET_KEYS` or `SECRET_KEY`.",
            "Restore the key that encrypted them, or rotate the webhook's secret and set its headers again.",
        )
    }
    detail = (
        "The stored secrets of this webhook cannot be decrypted with WEBHOOK_SECRET_KEYS or SECRET_KEY. Restore the key "
        "that encrypted them, or rotate the webhook's secret and set its headers again."
    )


class Encryptor:
    __slots__ = ("_any", "_first")

    def __init__(self, keys: Sequence[str]) -> None:
        """The first key encrypts, all of them decrypt. Raises InvalidKeyError."""
        ciphers = [read_key(position, key) for position, key in enumerate(keys, start=1)]
        self._first, self._any = ciphers[0], MultiFernet(ciphers)

    def encrypt(self, text: str) -> str:
        return self._any.encrypt(text.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Raises DecryptionError."""
        try:
            return self._any.decrypt(encrypted).decode()
        except InvalidToken:
            raise DecryptionError from None

    def reencrypt(self, encrypted: str) -> str:
        """Return the same text encrypted with the first key. Raises DecryptionError."""
        try:
            return self._any.rotate(encrypted).decode()
        except InvalidToken:
            raise DecryptionError from None

    def uses_first_key(self, encrypted: str) -> bool:
        """Return True if the first key alone decrypts it, so that the others are not needed."""
        try:
            self._first.decrypt(encrypted)
        except InvalidToken:
            return False
        return True


def read_key(position: int, key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise InvalidKeyError(position) from None


@lru_cache(maxsize=1)
def default_encryptor() -> Encryptor:
    """Return the encryptor with the keys of this process's settings."""
    return Encryptor([*settings.WEBHOOK_SECRET_KEYS, derived_key(settings.SECRET_KEY)])


def derived_key(secret_key: str) -> str:
    digest = hmac.digest(secret_key.encode(), b"secrets of webhooks", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode()
