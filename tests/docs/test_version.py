"""The version stands in pyproject.toml alone."""

import re
from pathlib import Path

from project.api.api import api

ROOT = Path(__file__).resolve().parents[2]


def version() -> str:
    found = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found
    return found[1]


def test_api_has_this_version() -> None:
    assert api.get_openapi_schema()["info"]["version"] == version()


def test_changelog_begins_with_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert next(heading for heading in headings if heading != "Unreleased") == version()
