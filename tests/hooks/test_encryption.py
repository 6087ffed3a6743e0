"""Encryption of stored secrets, under keys that are replaced."""

import base64
from typing import Any

import pytest

from hooks.secrets.encryption import (
    DecryptionError,
    Encryptor,
    InvalidKeyError,
    default_encryptor,
    derived_key,
)

OLD, NEW = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@pytest.fixture(autouse=True)
def fresh_encryptor() -> None:
    default_encryptor.cache_clear()


def test_text_is_decrypted_again_and_not_readable_meanwhile() -> None:
    encryptor = Encryptor([NEW])
    encrypted = encryptor.encrypt("whsec_canary é")
    assert "canary" not in encrypted
    assert encryptor.decrypt(encrypted) == "whsec_canary é"


def test_same_text_is_encrypted_differently_each_time() -> None:
    assert Encryptor([NEW]).encrypt("a") != Encryptor([NEW]).encrypt("a")


def test_replaced_key_still_decrypts() -> None:
    encrypted = Encryptor([OLD]).encrypt("secret")
    assert Encryptor([NEW, OLD]).decrypt(encrypted) == "secret"


def test_first_key_encrypts() -> None:
    assert Encryptor([NEW]).decrypt(Encryptor([NEW, OLD]).encrypt("secret")) == "secret"


def test_reencrypted_text_does_not_need_the_old_key() -> None:
    encrypted = Encryptor([OLD]).encrypt("secret")
    both = Encryptor([NEW, OLD])
    assert not both.uses_first_key(encrypted)
    reencrypted = both.reencrypt(encrypted)
    assert both.uses_first_key(reencrypted)
    assert Encryptor([NEW]).decrypt(reencrypted) == "secret"


@pytest.mark.parametrize("act", [Encryptor.decrypt, Encryptor.reencrypt])
@pytest.mark.parametrize(
    "encrypted",
    [Encryptor([OLD]).encrypt("canary"), "", "not encrypted", Encryptor([NEW]).encrypt("canary")[:-4]],
    ids=["of another key", "empty", "not encrypted", "cut"],
)
def test_undecryptable_text_is_reported(act: object, encrypted: str) -> None:
    with pytest.raises(DecryptionError) as caught:
        act(Encryptor([NEW]), encrypted)  # type: ignore[operator] # one of the two methods
    assert caught.value.code == "secret.unreadable"
    assert caught.value.detail == (
        "The stored secrets of this webhook cannot be decrypted with WEBHOOK_SECRET_KEYS or SECRET_KEY. Restore the key "
        "that encrypted them, or rotate the webhook's secret and set its headers again."
    )


@pytest.mark.parametrize("key", ["", "canary", NEW[:-2], "A" * 40])
def test_invalid_key_is_reported_by_position_and_not_quoted(key: str) -> None:
    with pytest.raises(InvalidKeyError) as caught:
        Encryptor([NEW, key])
    assert str(caught.value) == "Key 2 is not 32 random bytes in URL-safe base64."


def test_encryptor_shows_no_key() -> None:
    assert NEW not in repr(Encryptor([NEW])) + repr(vars(type(Encryptor([NEW]))))


def test_without_keys_the_secret_key_encrypts(settings: Any) -> None:
    settings.WEBHOOK_SECRET_KEYS, settings.SECRET_KEY = [], "a secret key"
    encrypted = default_encryptor().encrypt("secret")
    assert Encryptor([derived_key("a secret key")]).decrypt(encrypted) == "secret"
    assert "a secret key" not in derived_key("a secret key")


def test_values_of_the_secret_key_are_decrypted_once_keys_are_set(settings: Any) -> None:
    settings.SECRET_KEY, settings.WEBHOOK_SECRET_KEYS = "a secret key", [NEW]
    encrypted = Encryptor([derived_key("a secret key")]).encrypt("secret")
    assert default_encryptor().decrypt(encrypted) == "secret"
    assert Encryptor([NEW]).decrypt(default_encryptor().reencrypt(encrypted)) == "secret"


def test_another_secret_key_does_not_decrypt(settings: Any) -> None:
    settings.SECRET_KEY, settings.WEBHOOK_SECRET_KEYS = "another", []
    with pytest.raises(DecryptionError):
        default_encryptor().decrypt(Encryptor([derived_key("a secret key")]).encrypt("secret"))
