"""The text of a file a block at a time, taken in runs that a pattern finds or line by line.

imports.segments takes canonical runs of it (imports.canonical); what is left, imports.reader asks for as lines."""

import io
import re
from collections.abc import Iterator


class Ahead:
    """Lines are what iterating gives, wherever the last pattern left off."""

    def __init__(self, texts: Iterator[str]) -> None:
        self.texts = texts
        self.text = ""
        # Ends lines where the reader does: at LF, CR and CRLF, and keeps them.
        self.block = io.StringIO()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not (line := self.block.readline()):
            self._open(next(self.texts))
        return line

    def is_used_up(self) -> bool:
        """Whether the block has nothing left."""
        return self.block.tell() == len(self.text)

    def go_on(self) -> bool:
        """Turn to the next block if this one is used up. False: the file has ended."""
        while self.is_used_up():
            text = next(self.texts, None)
            if text is None:
                return False
            self._open(text)
        return True

    def take(self, pattern: re.Pattern[str]) -> str:
        """What the pattern finds from here on, of this block."""
        start = self.block.tell()
        found = pattern.match(self.text, start)
        end = start if found is None else found.end()
        self.block.seek(end)
        return self.text[start:end]

    def _open(self, text: str) -> None:
        self.text, self.block = text, io.StringIO(text, newline="")
