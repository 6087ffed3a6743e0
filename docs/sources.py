"""Reads what has no Python object to ask: .env.example, the comments of lib/limits.py and the docstrings of modules."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("project", "dashboard", "imports", "catalog", "hooks", "lib")
NOT_MAPPED = {"migrations", "management"}


class Variable(NamedTuple):
    """An environment variable of .env.example. `is_default` is false for a value that the example sets."""

    section: str
    name: str
    value: str
    is_default: bool
    description: str


class Limit(NamedTuple):
    """A constant of lib/limits.py."""

    name: str
    reason: str


class Section(NamedTuple):
    """A part of lib/limits.py."""

    heading: str
    introduction: list[str]
    limits: list[Limit]


class Module(NamedTuple):
    """A module, and the first paragraph of its docstring."""

    path: Path
    summary: str


def read_variables() -> Iterator[Variable]:
    section, comment = "Mode", list[str]()
    for line in (ROOT / ".env.example").read_text().splitlines():
        if heading := re.fullmatch("# --- (.+) ---", line):
            section = heading[1]
        elif setting := re.fullmatch("(#?)([A-Z_]+)=(.*)", line):
            yield Variable(section, setting[2], setting[3], bool(setting[1]), " ".join(comment))
        comment = [*comment, line[2:]] if re.match("# (?!---)", line) else []


def read_limits() -> Iterator[Section]:
    """A comment above a limit is about that limit, any other is about its section."""
    text = (ROOT / "lib" / "limits.py").read_text()
    _, *parts = re.split(r"^# --- (.+) ---\n", text, flags=re.MULTILINE)
    for heading, part in zip(parts[::2], parts[1::2], strict=True):
        introduction = re.findall(r"^((?:# .+\n)+)(?=\n)", part, re.MULTILINE)
        commented = re.findall(r"^((?:# .+\n)*)([A-Z_]+) =", part, re.MULTILINE)
        yield Section(
            heading,
            [uncommented(comment) for comment in introduction],
            [Limit(name, uncommented(comment)) for comment, name in commented],
        )


def uncommented(comment: str) -> str:
    return " ".join(line.removeprefix("# ") for line in comment.splitlines())


def read_modules() -> list[Module]:
    """All modules of the product, package by package, the files of a folder before its subfolders."""
    return [
        Module(path.relative_to(ROOT), summary(path))
        for package in PACKAGES
        for path in paths(ROOT / package)
    ]


def paths(folder: Path) -> list[Path]:
    files = [path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name not in NOT_MAPPED]
    return files + [path for subfolder in inner for path in paths(subfolder)]


def summary(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return text.partition("\n\n")[0].replace("\n", " ")
