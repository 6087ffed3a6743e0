"""The commands of each page, executed from top to bottom on an empty database of a running server, with the responses shown.

`...` in a response stands for anything. What a page must not execute says why in a comment above it."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from tests import live
from tests.docs import pages
from tests.docs.comparison import is_same
from tests.docs.pages import Block
from tests.docs.shell import IS_CALL, Shell, is_executed
from tests.receiver import Receiver

# Other processes do what these tests do in the database, so it is emptied after each, and ids begin at 1 as on the pages.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, reset_sequences=True)]

SECONDS = 30
WITHOUT_WORKER = {"docs/guides/command-line.md", "docs/guides/metrics.md", "docs/guides/products.md"}
PAGES = [path for path in pages.paths() if any(map(is_executed, pages.all_commands(path.read_text())))]


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A web server as `make run` starts it."""
    with django_db_blocker.unblock(), live.web() as address:
        yield address


@pytest.fixture
def shell(page: Path, site: str, receiver: Receiver, tmp_path: Path) -> Iterator[Shell]:
    """With a worker for each page, as the queue is emptied between tests."""
    receiver.script("/products", "status/204")
    receiver.script("/hook", "status/204")
    worker = nullcontext() if pages.name(page) in WITHOUT_WORKER else live.worker()
    with worker, httpx.Client(base_url=site, timeout=30) as client:
        yield Shell(client, receiver.url("").rstrip("/"), tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=pages.name)
def test_page_can_be_followed(page: Path, shell: Shell) -> None:
    for commands, response in pages.steps(page.read_text()):
        if commands.is_executed:
            *before, last = pages.commands(commands.text)
            for command in before:
                shell.run(command)
            follow(shell, last, response)


def follow(shell: Shell, command: str, response: Block | None) -> None:
    """Run the command. A read is repeated until it gives what is shown, as a delivery arrives a moment after its cause."""
    printed = shell.run(command)
    if printed is None or response is None:
        return
    deadline = time.monotonic() + SECONDS
    while not is_same(response.language, response.text, printed):
        assert is_read(command) and time.monotonic() < deadline, f"{command}\n\n{printed}"
        time.sleep(0.1)
        printed = shell.run(command) or ""


def is_read(command: str) -> bool:
    return bool(IS_CALL.match(command)) and [call.method for call in pages.calls(command)] == ["GET"]
