"""The words of header_words.toml, and the words of a name as they are compared with them. Pure functions."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from catalog.currencies import KNOWN
from imports.options import FIELDS
from lib.limits import COLUMN_NAME_MAX_CHARACTERS

# How sure a name of the lists is.
CERTAIN, LIKELY = 0.9, 0.6
HEAD_MIN_LETTERS = 4

CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
WORD = re.compile(r"[^\W_]+")
NUMBER = dict.fromkeys(("nr", "num", "number"), "no")
# Letters that Unicode does not decompose.
PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "°": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
)


class Words(NamedTuple):
    """The names and words of header_words.toml, by their letters and digits."""

    names: Mapping[str, Mapping[str, float]]
    modifiers: Mapping[str, frozenset[str]]
    heads: Mapping[str, re.Pattern[str]]
    subjects: Mapping[str, str]
    other_words: frozenset[str]
    stems: re.Pattern[str]


@lru_cache(maxsize=1)
def header_words() -> Words:
    """Read once, before reader processes are forked."""
    content = tomllib.loads(Path(__file__).with_name("header_words.toml").read_text(encoding="utf-8"))
    other_words = content.pop("other_words")
    subjects = {key: subject for subject, names in content.pop("other").items() for key in keys([names])}
    languages = frozenset(single_words([content.pop("languages")]))
    currencies = frozenset(token for currency in KNOWN for token in tokens_of(currency))
    beside = {"name": languages, "description": languages, "price": currencies}
    names: dict[str, dict[str, float]] = {}
    for field, told in content.items():
        for how_sure, kind in ((LIKELY, "likely"), (CERTAIN, "certain")):
            for key in keys([*told[kind], field] if kind == "certain" else told[kind]):
                names.setdefault(key, {})[field] = how_sure
    modifiers = {field: frozenset(single_words(content[field].get("modifiers", []))) for field in FIELDS}
    return Words(
        names,
        {field: words | beside.get(field, frozenset()) for field, words in modifiers.items()},
        {field: pattern_of(set(keys(content[field]["heads"]))) for field in FIELDS},
        subjects,
        frozenset(single_words([other_words["words"]])),
        any_of(keys([other_words["stems"]])),
    )


def pattern_of(heads: set[str]) -> re.Pattern[str]:
    """Finds the heads as words; the long ones also at the end of a word, as in Katalogpreis, and those of scripts without
    spaces anywhere. Shorter endings occur by chance."""
    anywhere = {head for head in heads if not head.isascii()}
    endings = {head for head in heads - anywhere if len(head) >= HEAD_MIN_LETTERS}
    words = heads - anywhere - endings
    return re.compile(rf"{any_of(anywhere).pattern}|{any_of(endings).pattern}\b|\b{any_of(words).pattern}\b")


def any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """Finds one of these texts; of none, nothing."""
    return re.compile(rf"(?:{'|'.join(map(re.escape, texts)) or '(?!)'})")


def keys(lists: Iterable[str]) -> Iterator[str]:
    for names in lists:
        for name in names.split(","):
            if key := "".join(tokens_of(name)):
                yield key


def single_words(lists: Iterable[str]) -> Iterator[str]:
    for names in lists:
        for name in names.split(","):
            yield from tokens_of(name)


def tokens_of(name: str) -> list[str]:
    return [NUMBER.get(token, token) for token in WORD.findall(plain(CAMEL_CASE.sub(" ", name)))]


def plain(text: str) -> str:
    """In lower case and without accents, in any script; "" for a text that becomes far longer than it was."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN_LETTERS))
    if len(decomposed) > 2 * COLUMN_NAME_MAX_CHARACTERS:
        return ""
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn").casefold()
