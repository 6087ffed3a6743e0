"""The XML of a workbook's parts, element by element: pure, and streaming.

imports.sheets and imports.workbooks are told of the elements that they know. Expat reads the XML; README says why no
library for workbooks does."""

import re
from collections.abc import Iterable
from xml.parsers import expat

from imports.faults import FileFault

# Excel's own limit is 32,767 characters.
CELL_MAX_CHARACTERS = 1024**2
# Of an XML tag; one that is longer never ends.
TAG_MAX_BYTES = 16 * 1024**2

ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")

Attributes = dict[str, str]


class Parser:
    """Gives the elements of an XML part to start() and end() by their bare names, and what text() asked for."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.blocks = iter(blocks)
        self.bytes_fed = 0
        self.texts: list[str] = []
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartDoctypeDeclHandler = refuse_doctype
        self.expat.StartElementHandler = self._root
        self.expat.EndElementHandler = self.end

    def read_on(self) -> bool:
        """Read one block more. False at the end of the part."""
        block = next(self.blocks, b"")
        self.bytes_fed += len(block)
        try:
            self.expat.Parse(block, not block)
        except (expat.ExpatError, ValueError, KeyError, IndexError) as error:
            raise damaged() from error
        if self.bytes_fed - self.expat.CurrentByteIndex > TAG_MAX_BYTES:
            raise damaged()
        if sum(map(len, self.texts)) > CELL_MAX_CHARACTERS:
            raise damaged()
        return bool(block)

    def read_to_end(self) -> None:
        while self.read_on():
            pass

    def start(self, name: str, attributes: Attributes) -> None: ...

    def end(self, name: str) -> None: ...

    def listen(self) -> None:
        self.expat.CharacterDataHandler = self.texts.append

    def text(self) -> str:
        """What was heard since the last time."""
        text = "".join(self.texts)
        self.texts.clear()
        return unescaped(text) if "_x" in text else text

    def _root(self, name: str, attributes: Attributes) -> None:
        """Some programs write a prefix before every name: <x:row>."""
        prefix, _, _ = name.rpartition(":")
        if prefix:
            skip = len(prefix) + 1
            self.expat.StartElementHandler = lambda name, attributes: self.start(name[skip:], attributes)
            self.expat.EndElementHandler = lambda name: self.end(name[skip:])
        else:
            self.expat.StartElementHandler = self.start


def refuse_doctype(*_: object) -> None:
    raise damaged()


def damaged() -> FileFault:
    return FileFault(
        "workbook.damaged",
        "The Excel workbook is damaged. Open it in Excel and save it again, or save it as CSV.",
    )


def unescaped(text: str) -> str:
    """Characters that XML cannot have are written as _x000D_, and a real _x as _x005F_x."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
