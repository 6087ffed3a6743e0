"""Signatures that receivers can check, with the library they would check them with as the judge."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from hooks.http.signing import SecretError, Signer, new_secret, read_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def test_signature_is_that_of_the_specification() -> None:
    """The example that comes with the reference libraries."""
    now = datetime.fromtimestamp(1614265330, UTC)
    assert Signer([SECRET]).headers("msg_p5jXN8AQM9LWM0D4loKWxJek", now, BODY) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(
    st.dictionaries(st.text(max_size=20), st.text() | st.floats(allow_nan=False) | st.booleans(), max_size=5)
)
def test_any_body_is_verified(values: dict[str, object]) -> None:
    body = json.dumps(values, ensure_ascii=False).encode(errors="replace")
    secret = new_secret()
    headers = Signer([secret]).headers("evt_1", datetime.now(UTC), body)
    assert Webhook(secret).verify(body, headers) == json.loads(body)


def test_both_secrets_verify_while_they_overlap() -> None:
    old, new = new_secret(), new_secret()
    headers = Signer([new, old]).headers("evt_1", datetime.now(UTC), BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, headers) == {"test": 2432232314}


def test_old_secret_does_not_verify_after_it_ended() -> None:
    old, new = new_secret(), new_secret()
    headers = Signer([new]).headers("evt_1", datetime.now(UTC), BODY)
    with pytest.raises(WebhookVerificationError, match="No matching signature found"):
        Webhook(old).verify(BODY, headers)


@pytest.mark.parametrize("seconds", [-310, 310])
def test_attempt_of_another_time_does_not_verify(seconds: int) -> None:
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    with pytest.raises(WebhookVerificationError, match="timestamp too"):
        Webhook(SECRET).verify(BODY, Signer([SECRET]).headers("evt_1", now, BODY))


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
def test_changed_header_does_not_verify(header: str) -> None:
    headers = Signer([SECRET]).headers("evt_1", datetime.now(UTC), BODY)
    headers[header] = headers[header][:-1] + ("1" if headers[header][-1] != "1" else "2")
    with pytest.raises(WebhookVerificationError, match="No matching signature found"):
        Webhook(SECRET).verify(BODY, headers)


def test_new_secrets_are_32_bytes_and_never_the_same() -> None:
    first, second = new_secret(), new_secret()
    assert first.startswith("whsec_") and len(read_secret(first)) == 32
    assert first != second


@pytest.mark.parametrize("size", [24, 64])
def test_secret_of_a_fitting_size_is_read(size: int) -> None:
    assert read_secret("whsec_" + base64.b64encode(b"k" * size).decode()) == b"k" * size


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "canary",
        "whsec_",
        "whsec_canary!",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw!",
        "whsec_" + base64.b64encode(b"k" * 23).decode(),
        "whsec_" + base64.b64encode(b"k" * 65).decode(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS\u00e9",
    ],
)
def test_what_is_no_secret_is_refused_and_not_quoted(secret: str) -> None:
    with pytest.raises(SecretError) as caught:
        Signer([secret])
    assert (caught.value.code, caught.value.pointer) == ("secret.invalid", "/secret")
    assert caught.value.detail == "The secret must be whsec_ followed by 24 to 64 random bytes in base64."
    assert "canary" not in repr(caught.value)


def test_signer_shows_no_key() -> None:
    assert repr(Signer([SECRET, SECRET])) == "<Signer with 2 keys>"
