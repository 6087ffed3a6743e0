"""The text of a file a block at a time, taken in runs that a pattern finds or line by line.

imports.reading.batches takes runs of it (imports.rows.fast_path); what is left, imports.formats.csv_reader asks for as lines."""

import re
from collections.abc import Iterator


class TextBuffer:
    """DecodedLines are what iterating gives, wherever the last pattern left off."""

    def __init__(self, texts: Iterator[str]) -> None:
        self.texts = texts
        self.text = ""
        self.place = 0
        # Where the first LF ends found so far: a text without any is searched once, not for each line.
        self.line_feed = 0
        # Of all blocks so far.
        self.characters = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while self.is_exhausted():
            self._open(next(self.texts))
        start, self.place = self.place, self._end_of_line()
        return self.text[start : self.place]

    def is_exhausted(self) -> bool:
        """Whether the block has nothing left."""
        return self.place == len(self.text)

    def advance(self) -> bool:
        """CommitOrder to the next block if this one is used up. False: the file has ended."""
        while self.is_exhausted():
            text = next(self.texts, None)
            if text is None:
                return False
            self._open(text)
        return True

    def match(self, pattern: re.Pattern[str]) -> str:
        """What the pattern finds from here on, of this block."""
        found = pattern.match(self.text, self.place)
        if found is None:
            return ""
        self.place = found.end()
        return found[0]

    def _open(self, text: str) -> None:
        self.text, self.place, self.line_feed = text, 0, 0
        self.characters += len(text)

    def _end_of_line(self) -> int:
        """Behind its LF, CR or CRLF; no block ends between those two."""
        if self.line_feed <= self.place:
            self.line_feed = self.text.find("\n", self.place) + 1 or len(self.text)
        end = self.line_feed
        cr = self.text.find("\r", self.place, end) + 1
        return cr if cr and self.text[cr:end] != "\n" else end
