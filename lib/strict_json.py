"""Parts of a JSON parser that is stricter than Python's: keys are unique, and PostgreSQL can store every text."""

import re
from collections.abc import Sequence

# NUL characters and unpaired surrogates.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class DuplicateKey(ValueError):
    """An object has the same key twice."""


def without_duplicates(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return the object of these members, for json's `object_pairs_hook`. Raises DuplicateKey."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise DuplicateKey
    return found
