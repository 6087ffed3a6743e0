"""The endpoint and the signature that docs/guides/webhooks.md shows accept what is sent, and nothing else."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hooks.secrets import encryption
from tests.docs.pages import ROOT
from tests.factories import make_product, make_webhook
from tests.hooks.sending import send_all, statuses
from tests.live import free_port, wait_for
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

GUIDE = (ROOT / "docs" / "guides" / "webhooks.md").read_text()
[PYTHON] = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
[SHELL] = re.findall(r"```sh\n(key=.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def example(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The endpoint in Python, running: its URL and its secret."""
    secret, port = encryption.default_encryptor().decrypt(make_webhook(is_enabled=False).secret), free_port()
    (tmp_path / "receive.py").write_text(PYTHON)
    command = [sys.executable, str(tmp_path / "receive.py"), secret, str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/", secret
    finally:
        process.kill()
        process.communicate()


def test_the_endpoint_in_python_accepts_a_signed_delivery(example: tuple[str, str]) -> None:
    url, secret = example
    make_webhook(url, secret=encryption.default_encryptor().encrypt(secret))
    make_product()
    send_all()
    assert statuses() == ["delivered"]


def test_the_endpoint_in_python_refuses_a_delivery_signed_with_another_secret(
    example: tuple[str, str],
) -> None:
    make_webhook(example[0])
    make_product()
    send_all()
    assert statuses() == ["pending"]


def test_the_signature_in_the_shell_is_the_one_that_is_sent(receiver: Receiver, tmp_path: Path) -> None:
    webhook = make_webhook(receiver.url("/ok"))
    make_product(name="Mug é")
    send_all()
    [request] = receiver.received
    (tmp_path / "body.json").write_bytes(request.body)
    variables = {
        "secret": encryption.default_encryptor().decrypt(webhook.secret),
        "webhook_id": request.headers["webhook-id"],
        "webhook_timestamp": request.headers["webhook-timestamp"],
        "PATH": "/usr/bin:/bin",
    }
    made = subprocess.run(["sh", "-c", SHELL], cwd=tmp_path, env=variables, capture_output=True, check=True)
    assert request.headers["webhook-signature"] == f"v1,{made.stdout.decode().strip()}"
