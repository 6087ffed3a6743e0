"""The commands of each page, executed from top to bottom on an empty database of a running server, with the responses shown.

`...` in a response stands for anything. What a page must not execute says why in a comment above it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests import live
from tests.docs import pages
from tests.docs.comparison import is_same
from tests.docs.pages import ROOT, Block
from tests.docs.shell import IN_A_SHELL, IS_CALL, Shell
from tests.receiver import Receiver

# Without the mark of a database: what these tests do in it is done by other processes, and undone after each.
pytestmark = pytest.mark.slow

SECONDS = 10
PAGES = [
    "README.md",
    "docs/guides/command-line.md",
    "docs/guides/importing.md",
    "docs/guides/metrics.md",
    "docs/guides/preview-and-undo.md",
    "docs/guides/products.md",
    "docs/guides/webhooks.md",
]


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A web server and a worker, as `make run` starts them."""
    with django_db_blocker.unblock(), live.web() as address, live.worker():
        yield address


@pytest.fixture
def shell(
    site: str, receiver: Receiver, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[Shell]:
    receiver.script("/products", "status/204")
    receiver.script("/hook", "status/204")
    with django_db_blocker.unblock():
        yield Shell(site, receiver.url("").rstrip("/"), tmp_path)
        live.empty_database()


@pytest.mark.parametrize("page", PAGES)
def test_page_can_be_followed(page: str, shell: Shell) -> None:
    for commands, response in pages.steps((ROOT / page).read_text()):
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


@pytest.mark.parametrize("path", pages.paths(), ids=pages.name)
def test_every_page_with_commands_is_followed(path: Path) -> None:
    steps = list(pages.steps(path.read_text()))
    commands = [
        command
        for step in steps
        if step.commands.is_executed
        for command in pages.commands(step.commands.text)
    ]
    is_followed = any(IS_CALL.match(command) or IN_A_SHELL.match(command) for command in commands)
    assert is_followed == (pages.name(path) in PAGES)
