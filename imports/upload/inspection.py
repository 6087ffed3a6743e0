"""An upload looked at while its bytes stream by, and settled once they are all there.

imports.upload.handler feeds it. What nobody could import is refused at the first block; the rest depends on the options,
which a form may send behind the file. Here bytes are only counted and unpacked; parsers run in imports.reading.sandbox."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from imports.formats.compression import GZIP_START, ZIP_STARTS, Gunzip
from imports.formats.detection import Settled, reject_binary, reject_nested
from imports.formats.encoding import Evidence
from imports.options import Options
from imports.reading.sandbox import settle_stored, settle_text

Opener = Callable[[], IO[bytes]]


@dataclass
class Text:
    """Text as it is."""

    evidence: Evidence = field(default_factory=Evidence)
    packing = ""

    def take(self, data: bytes) -> None:
        self.evidence.look_at(data)

    def check_early(self, options: Options | None) -> None:
        """Raises FileError for what cannot be a file of rows, as far as the options are known."""
        reject_binary(bytes(self.evidence.head))
        # What comes may yet tell that the text is UTF-8 after all.
        if options is not None and (options.encoding != "auto" or self.evidence.is_utf_8):
            settle_text(self.evidence, self.packing, options)

    def settle(self, options: Options, stored: Opener) -> Settled:
        """What the stored file is, now that it is whole."""
        reject_binary(bytes(self.evidence.head))
        return settle_text(self.evidence, self.packing, options)


@dataclass
class Gzipped(Text):
    gunzip: Gunzip = field(default_factory=Gunzip)
    packing = "gzip"

    def take(self, data: bytes) -> None:
        for block in self.gunzip.feed(data):
            self.evidence.look_at(block)

    def check_early(self, options: Options | None) -> None:
        # Its own header may be long: nothing of the text has come yet then.
        if self.evidence.size:
            reject_nested(self.evidence)
            super().check_early(options)

    def settle(self, options: Options, stored: Opener) -> Settled:
        self.gunzip.finish()
        return super().settle(options, stored)


@dataclass
class Zipped(Text):
    """A zip says at its end what is in it, so it is looked at when it is stored."""

    size: int = 0
    packing = "zip"

    def take(self, data: bytes) -> None:
        self.size += len(data)

    def check_early(self, options: Options | None) -> None:
        pass

    def settle(self, options: Options, stored: Opener) -> Settled:
        with stored() as file:
            return settle_stored(file, self.size, options)


def contents_of(start: bytes) -> Text:
    """By the first bytes; a name tells nothing."""
    if start.startswith(GZIP_START):
        return Gzipped()
    return Zipped() if start.startswith(ZIP_STARTS) else Text()
