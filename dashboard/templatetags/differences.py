"""The template filter that marks which words of a text differ."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django import template

register = template.Library()

# A number with its decimals is one word.
WORD = re.compile(r"\s+|\w+(?:[.,]\w+)*|[^\w\s]").findall
# Comparing takes quadratic time; beyond this, what is between the same words at both ends is marked as a whole.
WORDS_MAX = 500
# Texts that have less than this in common are easier to read one after the other.
ALIKE_FROM = 0.3

# Characters of a text that stays, beside a change.
SHOWN_BESIDE = 60


@dataclass(frozen=True)
class Part:
    """Words that stay (`text`), or words that are replaced (`before`) by others (`after`)."""

    text: str = ""
    before: str = ""
    after: str = ""


@register.filter
def changed_words(before: str, after: str) -> list[Part]:
    old, new = WORD(before), WORD(after)
    start = common(old, new)
    end = common(old[start:][::-1], new[start:][::-1])
    middle, same = changed(old[start : len(old) - end], new[start : len(new) - end])
    if 2 * (start + same + end) < ALIKE_FROM * (len(old) + len(new)):
        return [Part(before=before, after=after)]
    found = [Part("".join(old[:start])), *middle, Part("".join(old[len(old) - end :]))]
    return [part for part in found if part != Part()]


def common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words are the same at the beginning of both."""
    differing = (place for place, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1])
    return next(differing, min(len(old), len(new)))


def changed(old: Sequence[str], new: Sequence[str]) -> tuple[list[Part], int]:
    """The parts of what is between the words at both ends, and how many words stay in it."""
    if len(old) + len(new) > WORDS_MAX:
        return [Part(before="".join(old), after="".join(new))], 0
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return list(parts(matcher, old, new)), sum(block.size for block in matcher.get_matching_blocks())


def parts(matcher: "SequenceMatcher[str]", old: Sequence[str], new: Sequence[str]) -> Iterator[Part]:
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        before, after = "".join(old[start:end]), "".join(new[new_start:new_end])
        yield Part(text=before) if kind == "equal" else Part(before=before, after=after)


@register.filter
def shortened(text: str) -> str:
    """A text that stays: of a long one, what is next to the changes is enough."""
    return text if len(text) <= 2 * SHOWN_BESIDE else f"{text[:SHOWN_BESIDE]} … {text[-SHOWN_BESIDE:]}"
