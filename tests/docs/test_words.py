"""The pages keep to docs/glossary.md: phrases that we no longer write."""

import re
from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.pages import TOP

NO_LONGER_WRITTEN = [
    r"anew",
    r"somebody|nobody|whoever",
    r"lately",
    r"is told|are told|told of|tells? of",
    r"none of ours",
    r"leaves? out|left out",
    r"switch(?:ed|es)? (?:on|off)",
    r"given up|gives? up",
    r"broke off|breaks? off",
    r"bad rows?",
    r"usual names?",
    r"so many|so long",
    r"dry run",
    r"mend(?:ed|s)?",
    r"receivers?",
]
PATTERN = re.compile(rf"\b(?:{'|'.join(NO_LONGER_WRITTEN)})\b", re.IGNORECASE)


def prose(text: str) -> str:
    """Without code, whose words belong to what it shows, and without the list of words to avoid."""
    text = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    return text.partition("\n## Style\n")[0] if text.startswith("# Glossary") else text


@pytest.mark.parametrize("path", [*pages.paths(), *TOP], ids=pages.name)
def test_page_is_in_plain_words(path: Path) -> None:
    assert PATTERN.findall(prose(path.read_text())) == []
