"""The text of a description in HTML, for the option `html`. Pure, in time linear in its length.

Not by html.parser: some releases take quadratic time, others remove the end of a text such as "Size <XL"."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Literal

Html = Literal["keep", "strip"]

# A < that begins no complete tag is text. A quoted attribute may contain >, but no <, so that no part is scanned twice.
TAG = re.compile(
    r"""(<!--|-->)|</?+([a-z][a-z0-9:-]*+)(?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+>|<[!?][^<>]*+>""", re.I
)
LINE_TAGS = (
    "address article aside blockquote br dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main "
    "nav ol p pre section table tr ul"
)
CELL_TAGS = ("td", "th")
SHOWN_AS = dict.fromkeys(LINE_TAGS.split(), "\n") | dict.fromkeys(CELL_TAGS, " ")
HIDDEN_UNTIL = {"<!--": "-->", "script": "script", "style": "style"}


def stripped(html: str) -> str:
    """The text without tags, comments, scripts and styles, one line for each paragraph, list item or <br>.

    Text without a < or & is returned as it is."""
    if "<" not in html:
        return unescape(html) if "&" in html else html
    if not TAG.search(html):
        return unescape(html)
    lines = "".join(pieces(html)).splitlines()
    return "\n".join(line for each in lines if (line := each.strip()))


def pieces(html: str) -> Iterator[str]:
    """The shown text between the tags, and line breaks."""
    start, hidden_until = 0, ""
    for tag in TAG.finditer(html):
        name = (tag[1] or tag[2] or "").lower()
        is_end = tag[0].startswith("</") or name == "-->"
        if is_end and name == hidden_until:
            start, hidden_until = tag.end(), ""
        elif not hidden_until and name != "-->":
            yield unescape(html[start : tag.start()])
            yield "" if is_end and name in CELL_TAGS else SHOWN_AS.get(name, "")
            start, hidden_until = tag.end(), "" if is_end else HIDDEN_UNTIL.get(name, "")
    if not hidden_until:
        yield unescape(html[start:])
