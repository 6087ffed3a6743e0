"""docs/limits.md names every limit with the value that the code has."""

import re
from pathlib import Path

from lib import limits

DOCUMENTED = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \|", re.MULTILINE)


def test_limits_are_documented_with_their_values() -> None:
    text = (Path(__file__).parent.parent / "docs" / "limits.md").read_text()
    written = {name: value.strip() for name, value in DOCUMENTED.findall(text)}
    assert written == {name: f"{value:,}" for name, value in vars(limits).items() if name.isupper()}
