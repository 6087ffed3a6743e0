"""Consoles whose output is formatted on a terminal, and plain text where there is none.

Nothing in it is interpreted, neither markup nor control characters, because it shows texts from files."""

from typing import TextIO

from rich.console import Console

# Without a terminal, nothing is wrapped.
UNLIMITED = 1_000_000


def console_on(out: TextIO) -> Console:
    is_terminal = out.isatty()
    return Console(
        file=out,
        # Not decided by FORCE_COLOR: a log has no use for a bar.
        force_terminal=is_terminal,
        width=None if is_terminal else UNLIMITED,
        markup=False,
        emoji=False,
        highlight=False,
    )


def printable(text: str) -> str:
    """Escape control characters, as `\\n` or `\\x1b`."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
