"""`manage.py reencryptsecrets`: what is stored of webhooks, re-encrypted when a key is replaced."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.timezone import now
from standardwebhooks import Webhook as Verifier

from hooks.http.signing import new_secret
from hooks.key_rotation import COLUMNS, Tally, reencrypt, reencrypt_all
from hooks.models import Webhook
from hooks.secrets.encryption import Encryptor, default_encryptor
from tests.factories import make_product, make_webhook
from tests.hooks.sending import send_all
from tests.imports.workers import database_url, until
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db

OLD, NEW, GONE = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))


@pytest.fixture(autouse=True)
def both_keys(settings: Any) -> Iterator[None]:
    """The new key was put in front of the old one."""
    settings.WEBHOOK_SECRET_KEYS = [NEW, OLD]
    default_encryptor.cache_clear()
    yield
    default_encryptor.cache_clear()


def make_encrypted(key: str, **fields: object) -> Webhook:
    """A webhook with something in every encrypted column."""
    texts = {"secret": new_secret(), "previous_secret": new_secret(), "headers": '{"X-Tenant": "7"}'}
    encrypted = {column: Encryptor([key]).encrypt(text) for column, text in texts.items()}
    fields = {**encrypted, "previous_secret_until": now() + timedelta(hours=1), **fields}
    return make_webhook("http://127.0.0.1:9/", ["product.*"], **fields)


def decrypted(webhook: Webhook, *keys: str) -> list[str]:
    webhook.refresh_from_db()
    return [Encryptor(keys).decrypt(getattr(webhook, column)) for column in COLUMNS]


def run() -> list[str]:
    out = StringIO()
    call_command("reencryptsecrets", stdout=out)
    return out.getvalue().splitlines()


def test_every_value_is_reencrypted_unchanged() -> None:
    webhooks = [make_encrypted(OLD) for _ in range(3)]
    before = [decrypted(webhook, OLD) for webhook in webhooks]
    assert reencrypt_all() == Tally(reencrypted=9)
    assert [decrypted(webhook, NEW) for webhook in webhooks] == before


def test_values_of_the_first_key_stay_as_they_are() -> None:
    webhook = make_encrypted(NEW, previous_secret="", headers="")
    before = webhook.secret
    assert reencrypt_all() == Tally(current=1)
    webhook.refresh_from_db()
    assert (webhook.secret, webhook.previous_secret, webhook.headers) == (before, "", "")


def test_values_of_the_secret_key_are_reencrypted_with_the_first_key(settings: Any) -> None:
    settings.WEBHOOK_SECRET_KEYS = []
    webhook = make_webhook()
    default_encryptor.cache_clear()
    settings.WEBHOOK_SECRET_KEYS = [NEW]
    assert reencrypt_all() == Tally(reencrypted=1)
    webhook.refresh_from_db()
    assert Encryptor([NEW]).decrypt(webhook.secret).startswith("whsec_")


def test_it_goes_on_over_many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hooks.key_rotation.BATCH", 2)
    for _ in range(5):
        make_encrypted(OLD)
    assert reencrypt_all() == Tally(reencrypted=15)
    assert reencrypt_all() == Tally(current=15)


def test_undecryptable_values_stay_and_the_others_are_reencrypted() -> None:
    lost, kept = make_encrypted(GONE, previous_secret="", headers=""), make_encrypted(OLD)
    assert reencrypt_all() == Tally(reencrypted=3, undecryptable=[(lost.pk, "secret")])
    assert decrypted(kept, NEW)
    before = lost.secret
    lost.refresh_from_db()
    assert lost.secret == before


@pytest.mark.django_db(transaction=True)
def test_a_secret_replaced_meanwhile_is_not_overwritten() -> None:
    """The command has read the old secret, and waits for the row of whoever replaces it."""
    webhook = make_encrypted(OLD, headers="")
    theirs = new_secret()
    found: list[Tally] = []

    def work() -> None:
        found.append(reencrypt_all())
        connection.close()

    with psycopg.connect(database_url()) as rotating:
        rotating.execute(
            "UPDATE hooks_webhook SET secret = %s, previous_secret = '' WHERE id = %s",
            [Encryptor([OLD]).encrypt(theirs), webhook.pk],
        )
        thread = Thread(target=work)
        thread.start()
        until(is_somebody_waiting, "the command waits")
        rotating.commit()
    thread.join()
    webhook.refresh_from_db()
    assert Encryptor([NEW]).decrypt(webhook.secret) == theirs
    assert webhook.previous_secret == ""
    assert found == [Tally(reencrypted=1, current=1)]


def is_somebody_waiting() -> bool:
    with psycopg.connect(database_url()) as session:
        waiting = session.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return waiting.fetchone() is not None


@pytest.mark.django_db(transaction=True)
def test_a_webhook_removed_meanwhile_is_no_fault() -> None:
    webhook = make_encrypted(OLD)
    values = Webhook.objects.filter(pk=webhook.pk).values_list(*COLUMNS).get()
    webhook.delete()
    assert [
        reencrypt(default_encryptor(), webhook.pk, *value) for value in zip(COLUMNS, values, strict=True)
    ] == [False] * 3


def test_the_command_reports_counts() -> None:
    make_encrypted(OLD), make_encrypted(NEW)
    assert run() == ["Re-encrypted: 3", "Already encrypted with the first key: 3", "Cannot be decrypted: 0"]


def test_the_command_fails_while_a_value_cannot_be_decrypted() -> None:
    webhook = make_encrypted(GONE, previous_secret="")
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="Keep the older keys until then") as caught:
        call_command("reencryptsecrets", stdout=out, stderr=err)
    assert caught.value.returncode == 1
    assert out.getvalue().splitlines()[-1] == "Cannot be decrypted: 2"
    assert err.getvalue().splitlines() == [
        f"Webhook {webhook.pk}: cannot decrypt its secret.",
        f"Webhook {webhook.pk}: cannot decrypt its headers.",
    ]


@pytest.mark.django_db(transaction=True)
def test_deliveries_are_signed_as_before_once_the_old_key_is_gone(receiver: Receiver, settings: Any) -> None:
    """The whole procedure: the new key in front, re-encryption, the old one removed."""
    secret = new_secret()
    encryptor = Encryptor([OLD])
    headers = encryptor.encrypt(json.dumps({"X-Tenant": "7"}))
    make_webhook(receiver.url("/ok"), secret=encryptor.encrypt(secret), headers=headers)
    run()
    settings.WEBHOOK_SECRET_KEYS = [NEW]
    default_encryptor.cache_clear()
    make_product()
    send_all()
    [request] = receiver.received
    assert Verifier(secret).verify(request.body, request.headers)
    assert request.headers["x-tenant"] == "7"
