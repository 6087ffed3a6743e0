"""The template filter that marks which words of a text differ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django import template

register = template.Library()

# A number with its decimals is one word.
WORD = re.compile(r"\s+|\w+(?:[.,]\w+)*|[^\w\s]").findall
# Comparing takes quadratic time; beyond this the texts are marked as a whole.
WORDS_MAX = 500
# Texts that have less than this in common are easier to read one after the other.
ALIKE_FROM = 0.3


@dataclass(frozen=True)
class Part:
    """Words that stay (`text`), or words that are replaced (`before`) by others (`after`)."""

    text: str = ""
    before: str = ""
    after: str = ""


@register.filter
def changed_words(before: str, after: str) -> list[Part]:
    old, new = WORD(before), WORD(after)
    if len(old) + len(new) > WORDS_MAX:
        return [Part(before=before, after=after)]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE_FROM:
        return [Part(before=before, after=after)]
    return list(parts(matcher, old, new))


def parts(matcher: "SequenceMatcher[str]", old: list[str], new: list[str]) -> Iterator[Part]:
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        before, after = "".join(old[start:end]), "".join(new[new_start:new_end])
        yield Part(text=before) if kind == "equal" else Part(before=before, after=after)
