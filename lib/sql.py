"""Loads SQL statements from files, one statement a file."""

from functools import cache
from pathlib import Path


@cache
def read(folder: Path, statement: str) -> str:
    return (folder / f"{statement}.sql").read_text()


def fill(folder: Path, statement: str, **parts: str) -> str:
    """Return the statement with each {name} replaced by trusted SQL: names and expressions of our own, never input."""
    return read(folder, statement).format(**parts)
