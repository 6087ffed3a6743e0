"""What must not lie open in the database, under keys that come and go."""

import base64
from typing import Any

import pytest

from hooks.secrets.encryption import KeyInvalid, Sealer, Unopenable, default_sealer, derived_key

OLD, NEW = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@pytest.fixture(autouse=True)
def fresh_sealer() -> None:
    default_sealer.cache_clear()


def test_sealed_text_is_opened_and_shows_nothing_of_itself() -> None:
    sealer = Sealer([NEW])
    sealed = sealer.seal("whsec_canary é")
    assert "canary" not in sealed
    assert sealer.open(sealed) == "whsec_canary é"


def test_same_text_is_sealed_differently_each_time() -> None:
    assert Sealer([NEW]).seal("a") != Sealer([NEW]).seal("a")


def test_key_that_was_replaced_still_opens() -> None:
    sealed = Sealer([OLD]).seal("secret")
    assert Sealer([NEW, OLD]).open(sealed) == "secret"


def test_first_key_seals() -> None:
    assert Sealer([NEW]).open(Sealer([NEW, OLD]).seal("secret")) == "secret"


def test_resealed_text_needs_the_old_key_no_more() -> None:
    sealed = Sealer([OLD]).seal("secret")
    both = Sealer([NEW, OLD])
    assert not both.is_current(sealed)
    resealed = both.reseal(sealed)
    assert both.is_current(resealed)
    assert Sealer([NEW]).open(resealed) == "secret"


@pytest.mark.parametrize("act", [Sealer.open, Sealer.reseal])
@pytest.mark.parametrize(
    "sealed", [Sealer([OLD]).seal("canary"), "", "no seal", Sealer([NEW]).seal("canary")[:-4]]
)
def test_what_no_key_opens_is_told(act: object, sealed: str) -> None:
    with pytest.raises(Unopenable) as caught:
        act(Sealer([NEW]), sealed)  # type: ignore[operator] # one of the two methods
    assert caught.value.code == "secret.unreadable"
    assert caught.value.detail == (
        "No key of WEBHOOK_SECRET_KEYS, nor SECRET_KEY, opens what is stored for this webhook. Put back the key "
        "that it was sealed with, or give the webhook a new secret and its headers again."
    )


@pytest.mark.parametrize("key", ["", "canary", NEW[:-2], "A" * 40])
def test_what_is_no_key_is_told_by_its_place_and_not_quoted(key: str) -> None:
    with pytest.raises(KeyInvalid) as caught:
        Sealer([NEW, key])
    assert str(caught.value) == "Key 2 is not 32 random bytes in URL-safe base64."


def test_sealer_shows_no_key() -> None:
    assert NEW not in repr(Sealer([NEW])) + repr(vars(type(Sealer([NEW]))))


def test_without_keys_the_secret_key_seals(settings: Any) -> None:
    settings.WEBHOOK_SECRET_KEYS, settings.SECRET_KEY = [], "a secret key"
    sealed = default_sealer().seal("secret")
    assert Sealer([derived_key("a secret key")]).open(sealed) == "secret"
    assert "a secret key" not in derived_key("a secret key")


def test_what_the_secret_key_sealed_is_opened_once_keys_are_set(settings: Any) -> None:
    settings.SECRET_KEY, settings.WEBHOOK_SECRET_KEYS = "a secret key", [NEW]
    sealed = Sealer([derived_key("a secret key")]).seal("secret")
    assert default_sealer().open(sealed) == "secret"
    assert Sealer([NEW]).open(default_sealer().reseal(sealed)) == "secret"


def test_another_secret_key_does_not_open(settings: Any) -> None:
    settings.SECRET_KEY, settings.WEBHOOK_SECRET_KEYS = "another", []
    with pytest.raises(Unopenable):
        default_sealer().open(Sealer([derived_key("a secret key")]).seal("secret"))
