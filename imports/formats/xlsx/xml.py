"""Parse the XML of a workbook's parts element by element with Expat. Pure and streaming."""

import re
from collections.abc import Iterable
from xml.parsers import expat

from imports.errors import FileError
from lib.limits import WORKBOOK_CELL_MAX_CHARACTERS, XML_DEPTH_MAX, XML_NAMES_MAX, XML_TAG_MAX_BYTES

ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
# Of the number of a row, a string or a format; the longest has seven digits.
LONGEST_NUMBER = 10

Attributes = dict[str, str]


class Parser:
    """Calls start() and end() for the elements of an XML part, by their names without prefix.

    Overrides keep count of the depth themselves; a call of super() for each element would cost too much."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.blocks = iter(blocks)
        self.bytes_fed = 0
        self.depth = 0
        self.texts: list[str] = []
        self.collect = self.texts.append
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartDoctypeDeclHandler = reject_doctype
        self.expat.StartElementHandler = self._root
        self.expat.EndElementHandler = self.end

    def read_on(self) -> bool:
        """Parse the next block. False at the end of the part."""
        block = next(self.blocks, b"")
        self.bytes_fed += len(block)
        try:
            self.expat.Parse(block, not block)
        # An unknown encoding raises LookupError.
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise damaged() from error
        self.check_size()
        return bool(block)

    def check_size(self) -> None:
        """Raise FileError if too much is kept in memory. Called after each block."""
        if self.bytes_fed - self.expat.CurrentByteIndex > XML_TAG_MAX_BYTES:
            raise damaged()
        if self.depth > XML_DEPTH_MAX or len(self.expat.intern) > XML_NAMES_MAX:
            raise damaged()
        if sum(map(len, self.texts)) > WORKBOOK_CELL_MAX_CHARACTERS:
            raise damaged()

    def read_to_end(self) -> None:
        while self.read_on():
            pass

    def start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1

    def end(self, name: str) -> None:
        self.depth -= 1

    def listen(self) -> None:
        self.expat.CharacterDataHandler = self.collect

    def text(self) -> str:
        """The text collected since the last call."""
        text = "".join(self.texts)
        self.texts.clear()
        return unescaped(text) if "_x" in text else text

    def _root(self, name: str, attributes: Attributes) -> None:
        """Handle a namespace prefix before every name, as some programs write it: <x:row>."""
        prefix, _, _ = name.rpartition(":")
        if prefix:
            skip = len(prefix) + 1
            self.expat.StartElementHandler = lambda name, attributes: self.start(name[skip:], attributes)
            self.expat.EndElementHandler = lambda name: self.end(name[skip:])
        else:
            self.expat.StartElementHandler = self.start


def reject_doctype(*_: object) -> None:
    raise damaged()


def damaged() -> FileError:
    return FileError(
        "workbook.damaged",
        "The Excel workbook is damaged. Open it in Excel and save it again, or save it as CSV.",
    )


def too_large() -> FileError:
    return FileError("archive.too_large", "The workbook has too much text. Split it, or save it as CSV.")


def unescaped(text: str) -> str:
    """Decode characters that XML cannot contain, written as _x000D_; a literal _x is written as _x005F_x."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def whole(text: str) -> int:
    """A non-negative integer. int() would accept a minus, which indexes from the end of a list."""
    if len(text) > LONGEST_NUMBER or not text.isdecimal():
        raise ValueError
    return int(text)
