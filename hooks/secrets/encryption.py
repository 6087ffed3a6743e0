"""Text that must not lie open in the database: the secrets of webhooks, and the headers they are sent with.

Sealed with the first key of WEBHOOK_SECRET_KEYS, opened with any of them. To replace a key, put the new one in front,
seal everything anew (hooks.key_rotation), and take the old one away. The last key of all is derived from SECRET_KEY: it
seals where no other is set, and still opens what it sealed once another is."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class KeyInvalid(ValueError):
    """A key that is none. It is not quoted: it could be one with a slip in it."""

    def __init__(self, place: int) -> None:
        super().__init__(f"Key {place} is not 32 random bytes in URL-safe base64.")


class Unopenable(Exception):
    """Sealed with a key that is not there any more, or changed since."""

    code = "secret.unreadable"
    detail = (
        "No key of WEBHOOK_SECRET_KEYS, nor SECRET_KEY, opens what is stored for this webhook. Put back the key "
        "that it was sealed with, or give the webhook a new secret and its headers again."
    )

    def __init__(self) -> None:
        super().__init__(self.detail)


class Sealer:
    __slots__ = ("_any", "_first")

    def __init__(self, keys: Sequence[str]) -> None:
        """The first seals, all open. Raises KeyInvalid."""
        boxes = [read_key(place, key) for place, key in enumerate(keys, start=1)]
        self._first, self._any = boxes[0], MultiFernet(boxes)

    def seal(self, text: str) -> str:
        return self._any.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises Unopenable."""
        try:
            return self._any.decrypt(sealed).decode()
        except InvalidToken:
            raise Unopenable from None

    def reseal(self, sealed: str) -> str:
        """The same text, sealed with the first key. Raises Unopenable."""
        try:
            return self._any.rotate(sealed).decode()
        except InvalidToken:
            raise Unopenable from None

    def is_current(self, sealed: str) -> bool:
        """True if the first key alone opens it, so that the others could go."""
        try:
            self._first.decrypt(sealed)
        except InvalidToken:
            return False
        return True


def read_key(place: int, key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise KeyInvalid(place) from None


@lru_cache(maxsize=1)
def default_sealer() -> Sealer:
    """With the keys of this process."""
    return Sealer([*settings.WEBHOOK_SECRET_KEYS, derived_key(settings.SECRET_KEY)])


def derived_key(secret_key: str) -> str:
    digest = hmac.digest(secret_key.encode(), b"secrets of webhooks", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode()
