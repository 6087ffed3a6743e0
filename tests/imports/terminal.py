"""A terminal that keeps what is written to it."""

import io

import pytest


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def make_terminal(
    monkeypatch: pytest.MonkeyPatch, *, width: int = 80, term: str = "xterm", **variables: str
) -> Terminal:
    """The environment has no other variables that a terminal has."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": term, "COLUMNS": str(width), **variables}.items():
        monkeypatch.setenv(name, value)
    return Terminal()
