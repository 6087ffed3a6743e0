"""The pages of the documentation, their code blocks and the calls in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TOP = [ROOT / name for name in ("CHANGELOG.md", "SECURITY.md", "THREAT_MODEL.md")]
SITE = "http://localhost:8000"
# Set above a block that is not executed, with the reason.
NOT_EXECUTED = "<!-- not executed: "
# The curl options that send a body.
BODY_OPTIONS = {"-d", "-F", "--data-binary"}


class Block(NamedTuple):
    """A fenced block, with its language and the line before it."""

    language: str
    text: str
    above: str

    @property
    def is_executed(self) -> bool:
        return not self.above.startswith(NOT_EXECUTED)


class Step(NamedTuple):
    """Commands, and the response shown below them, if one is."""

    commands: Block
    response: Block | None


class Call(NamedTuple):
    """A curl call."""

    method: str
    path: str


def paths() -> list[Path]:
    """README, CONTRIBUTING and docs/, without the reference pages, which are generated."""
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(path for path in sorted((ROOT / "docs").rglob("*.md")) if path.parent.name != "reference"),
    ]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def steps(text: str) -> Iterator[Step]:
    """Each block of commands; a block that follows it at once is its response."""
    shown = re.findall(
        r"([^\n]*)\n```sh\n((?:(?!```).)*?)```(?:\n```(json|csv|text)\n((?:(?!```).)*?)```)?", text, re.DOTALL
    )
    for above, commands, language, response in shown:
        yield Step(Block("sh", commands, above), Block(language, response, "") if language else None)


def commands(text: str) -> Iterator[str]:
    """The commands of a block: a line, with its continuations and its here-document."""
    lines = iter(text.splitlines())
    for line in lines:
        command = line
        while command.endswith("\\"):
            command += "\n" + next(lines)
        if "<<'END'" in command:
            while not command.endswith("\nEND"):
                command += "\n" + next(lines)
        yield command


def all_commands(text: str) -> list[str]:
    """The commands of all blocks that are executed."""
    return [command for block, _ in steps(text) if block.is_executed for command in commands(block.text)]


def calls(text: str) -> list[Call]:
    found = re.findall(r"^curl .*", text.replace("\\\n", " "), re.MULTILINE)
    return [read_call(shlex.split(command)) for command in found if SITE in command]


def read_call(words: list[str]) -> Call:
    [url] = [word for word in words if word.startswith(SITE)]
    method = "POST" if BODY_OPTIONS & set(words) else "GET"
    if "-X" in words:
        method = words[words.index("-X") + 1]
    return Call(method, url.removeprefix(SITE).partition("?")[0])
