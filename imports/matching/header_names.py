"""What the name of a column says about the field it holds, in the words of header_words.toml. Pure functions."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from catalog.formulas import unguarded
from imports.matching.header_words import LIKELY, Words, header_words, tokens_of
from imports.options import FIELDS
from lib.limits import COLUMN_NAME_MAX_CHARACTERS

# How sure a name is: one of ours, one of the lists, and one that has a word of them.
OWN, HINT = 1.0, 0.4
IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\uff08[^\uff08\uff09]*\uff09")
# Tags of HTML, numbers before names, as in "2. Title", and what Odoo adds to a reference, as in order_id/id.
DECORATION = re.compile(r"<[^<>]*>|^\s*[0-9]{1,3}[.)]\s|(?<=_id)/\.?id\s*$")
# Between the names of a column that has several, in one language or two.
PARTS = re.compile(r"[/|\n]|(?<=[\u0370-\u04ff\u3040-\u9fff\uac00-\ud7af])\s(?=[A-Za-z])")
MAX_PARTS = 3
# A name of more words is a sentence.
MAX_WORDS = 20
YEAR = re.compile("20[0-9]{2}").fullmatch


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
    header = DECORATION.sub(" ", header)
    everything = tokens_of(header)
    if len(everything) > MAX_WORDS:
        return Name({})
    tokens = tokens_of(IN_BRACKETS.sub(" ", header)) or everything
    for spelled in (tokens, everything):
        key = "".join(spelled)
        if key in words.names:
            return Name(words.names[key])
        if key in words.subjects:
            return Name({}, words.subjects[key])
    if found := without_modifiers(tokens, words):
        return Name(found)
    if joint := name_of_parts(header):
        return joint
    found = dict(hints(everything, words))
    if "%" not in header and is_all_modifiers(tokens, words):
        found["price"] = HINT
    if is_of_something_else(everything, words):
        return Name({}, "other_price" if "price" in found else "other")
    return Name(found)


def without_modifiers(tokens: list[str], words: Words) -> Mapping[str, float]:
    """The fields whose name is left without words that may stand beside it, such as a currency or a language."""
    found = {}
    for field in FIELDS:
        beside = words.modifiers[field]
        rest = list(dict.fromkeys(token for token in tokens if token not in beside and not YEAR(token)))
        sure = words.names.get("".join(rest), {}).get(field)
        if sure is not None and len(rest) < len(tokens):
            found[field] = sure
    return found


def is_all_modifiers(tokens: list[str], words: Words) -> bool:
    """Whether nothing is left of a name such as "EUR incl. VAT". Single letters are no names of currencies."""
    beside = words.modifiers["price"]
    return all(token in beside for token in tokens) and any(len(token) > 1 for token in tokens)


def name_of_parts(header: str) -> Name | None:
    """The name that a header says twice, such as "Art.-Nr. / SKU". If its parts say two things, it may be either."""
    split = PARTS.split(header)
    if not 1 < len(split) <= MAX_PARTS:
        return None
    parts = [known_name(part) for part in split]
    if not all(part.fields or part.subject for part in parts):
        return None
    if len({part.subject for part in parts}) == 1 and parts[0].subject:
        return parts[0]
    common = set.intersection(*(set(part.fields) for part in parts))
    sure = {field: max(part.fields[field] for part in parts) for field in common}
    either = {field: min(rank, LIKELY) for part in parts for field, rank in part.fields.items()}
    return Name(sure or either)


def is_of_something_else(tokens: list[str], words: Words) -> bool:
    return not words.other_words.isdisjoint(tokens) or bool(words.stems.search(" ".join(tokens)))


def hints(tokens: list[str], words: Words) -> Iterator[tuple[str, float]]:
    """Fields whose word stands in the name, or ends one of its words."""
    name = " ".join(tokens)
    return ((field, HINT) for field in FIELDS if words.heads[field].search(name))
