"""A buffer over the text of a file that gives runs matched by a pattern, or single lines."""

import re
from collections.abc import Iterator


class TextBuffer:
    """Iterating yields lines, from wherever the last match ended."""

    def __init__(self, texts: Iterator[str]) -> None:
        self.texts = texts
        self.text = ""
        self.place = 0
        # The end of the next known LF, so that a text without any is searched once, not for each line.
        self.line_feed = 0
        # Characters of all blocks so far.
        self.characters = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while self.is_exhausted():
            self._open(next(self.texts))
        start, self.place = self.place, self._end_of_line()
        return self.text[start : self.place]

    def is_exhausted(self) -> bool:
        """Whether the block is used up."""
        return self.place == len(self.text)

    def advance(self) -> bool:
        """Open the next block if this one is used up. False at the end of the file."""
        while self.is_exhausted():
            text = next(self.texts, None)
            if text is None:
                return False
            self._open(text)
        return True

    def match(self, pattern: re.Pattern[str]) -> str:
        """Take what the pattern matches at the current position of this block."""
        found = pattern.match(self.text, self.place)
        if found is None:
            return ""
        self.place = found.end()
        return found[0]

    def _open(self, text: str) -> None:
        self.text, self.place, self.line_feed = text, 0, 0
        self.characters += len(text)

    def _end_of_line(self) -> int:
        """The position after the LF, CR or CRLF. No block ends inside a CRLF."""
        if self.line_feed <= self.place:
            self.line_feed = self.text.find("\n", self.place) + 1 or len(self.text)
        end = self.line_feed
        cr = self.text.find("\r", self.place, end) + 1
        return cr if cr and self.text[cr:end] != "\n" else end
