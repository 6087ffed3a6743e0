"""What the name of a column says about the field it holds, in the words of header_words.toml. Pure functions."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from catalog.currencies import KNOWN
from catalog.formulas import unguarded
from imports.options import FIELDS
from lib.limits import COLUMN_NAME_MAX_CHARACTERS

# How sure a name is.
OWN, CERTAIN, LIKELY, HINT = 1.0, 0.9, 0.6, 0.4
# A word that ends in the name of a field, as in Katalogpreis; shorter endings occur by chance.
HEAD_MIN_LETTERS = 4

IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\uff08[^\uff08\uff09]*\uff09")
CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
WORD = re.compile(r"[^\W_]+")
LANGUAGE = re.compile("(?:[a-z]{2})(?:[_-][a-z]{2})?")
# Letters that Unicode does not decompose.
PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "°": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
)


class Words(NamedTuple):
    """The names and words of header_words.toml, by their letters and digits."""

    names: Mapping[str, Mapping[str, float]]
    modifiers: Mapping[str, frozenset[str]]
    heads: Mapping[str, frozenset[str]]
    subjects: Mapping[str, str]
    other_words: frozenset[str]
    stems: tuple[str, ...]


class Name(NamedTuple):
    """What the name of a column says: how sure it is of each field, or what else it is about."""

    fields: Mapping[str, float]
    subject: str = ""


def fold(name: str) -> str:
    """The name as the contract compares it: without case, and with one underscore for spaces, - and _."""
    return re.sub(r"[\s_-]+", "_", unguarded(name.strip()).casefold())


def is_note(name: str) -> bool:
    """Whether it is a notes column, such as those of errors.csv, which an upload ignores."""
    return name.strip().startswith("_")


def name_of(header: str) -> Name:
    """The fields that the header may name, each with how sure that is."""
    own = fold(header)
    if own in FIELDS:
        return Name({own: OWN})
    if len(header) > COLUMN_NAME_MAX_CHARACTERS or is_note(header):
        return Name({})
    return known_name(header)


@lru_cache(maxsize=4096)
def known_name(header: str) -> Name:
    words = header_words()
    tokens = tokens_of(IN_BRACKETS.sub(" ", header)) or tokens_of(header)
    everything = tokens_of(header)
    for spelled in (tokens, everything):
        key = "".join(spelled)
        if key in words.names:
            return Name(words.names[key])
        if key in words.subjects:
            return Name({}, words.subjects[key])
    if found := without_modifiers(tokens, words):
        return Name(found)
    if any(is_of_something_else(token, words) for token in tokens):
        return Name({}, "other")
    return Name(dict(hints(everything, words)))


def tokens_of(name: str) -> list[str]:
    return WORD.findall(plain(CAMEL_CASE.sub(" ", name)))


def plain(text: str) -> str:
    """In lower case and without accents, in any script; "" for a text that becomes far longer than it was."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN_LETTERS))
    if len(decomposed) > 2 * COLUMN_NAME_MAX_CHARACTERS:
        return ""
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn").casefold()


def without_modifiers(tokens: list[str], words: Words) -> Mapping[str, float]:
    """The fields whose name is left without words that may stand beside it, such as the currency of a price."""
    found = {}
    for field in FIELDS:
        modifiers = words.modifiers[field] | (CURRENCY_WORDS if field == "price" else frozenset())
        rest = list(dict.fromkeys(token for token in tokens if token not in modifiers))
        sure = words.names.get("".join(rest), {}).get(field)
        if sure is None and tokens and not rest and field == "price":
            sure = HINT
        if sure is not None and len(rest) < len(tokens):
            found[field] = sure
    return found


def is_of_something_else(token: str, words: Words) -> bool:
    return token in words.other_words or any(stem in token for stem in words.stems)


def hints(tokens: list[str], words: Words) -> Iterator[tuple[str, float]]:
    """Fields whose word stands in the name, or ends one of its words."""
    for field in FIELDS:
        for head in words.heads[field]:
            long = len(head) >= HEAD_MIN_LETTERS or not head.isascii()
            if head in tokens or (
                long
                and any(token.endswith(head) or (not head.isascii() and head in token) for token in tokens)
            ):
                yield field, HINT
                break


# --- The words ---


@lru_cache(maxsize=1)
def header_words() -> Words:
    """Read once, before reader processes are forked."""
    content = tomllib.loads(Path(__file__).with_name("header_words.toml").read_text(encoding="utf-8"))
    other_words = content.pop("other_words")
    subjects = {key: subject for subject, names in content.pop("other").items() for key in keys([names])}
    names: dict[str, dict[str, float]] = {}
    for field, told in content.items():
        for how_sure, kind in ((LIKELY, "likely"), (CERTAIN, "certain")):
            for key in keys([*told[kind], field] if kind == "certain" else told[kind]):
                names.setdefault(key, {})[field] = how_sure
    return Words(
        names,
        {field: frozenset(single_words(content[field].get("modifiers", []))) for field in FIELDS},
        {field: frozenset(keys(content[field].get("heads", []))) for field in FIELDS},
        subjects,
        frozenset(single_words([other_words["words"]])),
        tuple(keys([other_words["stems"]])),
    )


def keys(lists: Iterable[str]) -> Iterator[str]:
    for names in lists:
        for name in names.split(","):
            if key := "".join(tokens_of(name)):
                yield key


def single_words(lists: Iterable[str]) -> Iterator[str]:
    for names in lists:
        yield from tokens_of(names)


CURRENCY_WORDS = frozenset(token for currency in KNOWN for token in tokens_of(currency))
