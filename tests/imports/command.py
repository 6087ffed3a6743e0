"""`manage.py importproducts` as a process on the test database: signals for it, what it prints, its exit code."""

import os
import re
import signal
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Self

from tests.imports.workers import database_url
from tests.programs import Program

ENDS_WITHIN_SECONDS = 60


@dataclass
class Ended:
    code: int
    out: list[str]
    said: list[str]

    def figures(self) -> dict[str, str]:
        """The two columns of the first table."""
        return dict(re.findall(r"^  (\S+) +([\d,.]+(?: \S+)?)$", "\n".join(self.out), re.MULTILINE))


class Command:
    """The command at work. Leaving the context kills it."""

    def __init__(
        self, arguments: Sequence[object], variables: Mapping[str, str], stderr: int | None = None
    ) -> None:
        its_stdin, stdin = os.pipe()
        said, its_stderr = os.pipe()
        self.stdin = os.fdopen(stdin, "wb")
        self.stderr = os.fdopen(said, "rb")
        self.out = tempfile.TemporaryFile()  # noqa: SIM115 - __exit__ closes it
        self.program = Program(
            ["manage.py", "importproducts", *map(str, arguments)],
            {**os.environ, "DATABASE_URL": database_url(), **variables},
            stdin=its_stdin,
            stdout=self.out.fileno(),
            stderr=its_stderr if stderr is None else stderr,
        )
        os.close(its_stdin)
        os.close(its_stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.program.kill()
        self.program.wait()
        with suppress(BrokenPipeError):
            self.stdin.close()
        self.stderr.close()
        self.out.close()

    def send(self, number: signal.Signals) -> None:
        self.program.send_signal(number)

    def hear(self, words: str) -> None:
        """Wait until a line of stderr has them."""
        while words not in (line := self.stderr.readline().decode()):
            assert line, f"The command ended without saying {words!r}."

    def end(self, stdin: bytes = b"") -> Ended:
        """Wait for the end of it. What it said does not have the lines that were heard before."""
        late = threading.Timer(ENDS_WITHIN_SECONDS, self.program.kill)
        late.start()
        with suppress(BrokenPipeError), self.stdin:
            self.stdin.write(stdin)
        said = self.stderr.read().decode().splitlines()
        code = self.program.wait()
        late.cancel()
        self.out.seek(0)
        return Ended(code, self.out.read().decode().splitlines(), said)


def running(*arguments: object, **variables: str) -> Command:
    return Command(arguments, variables)


def run(
    *arguments: object,
    stdin: bytes = b"",
    stderr: int | None = None,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Ended:
    with Command(arguments, variables, stderr) as command:
        return command.end(stdin)
