"""An upload looked at while its bytes stream by, and settled once they are all there.

imports.upload.handler feeds it. What nobody could import is refused at the first block; the rest depends on the options,
which a form may send behind the file. Here bytes are only counted and unpacked; parsers run in imports.reading.sandbox."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from imports.formats.compression import GZIP_START, ZIP_STARTS, Gunzip
from imports.formats.detection import FileInfo, reject_binary, reject_nested
from imports.formats.encoding import EncodingDetector
from imports.options import Options
from imports.reading.sandbox import detect_stored, detect_text

Opener = Callable[[], IO[bytes]]


@dataclass
class PlainContents:
    """A file that is not compressed."""

    detector: EncodingDetector = field(default_factory=EncodingDetector)
    packing = ""

    def feed(self, data: bytes) -> None:
        self.detector.feed(data)

    def check_early(self, options: Options | None) -> None:
        """Raises FileError for what cannot be a file of rows, as far as the options are known."""
        reject_binary(bytes(self.detector.head))
        # What comes may yet tell that the text is UTF-8 after all.
        if options is not None and (options.encoding != "auto" or self.detector.is_utf_8):
            detect_text(self.detector, self.packing, options)

    def file_info(self, options: Options, stored: Opener) -> FileInfo:
        """What the stored file is, now that it is whole."""
        reject_binary(bytes(self.detector.head))
        return detect_text(self.detector, self.packing, options)


@dataclass
class GzipContents(PlainContents):
    gunzip: Gunzip = field(default_factory=Gunzip)
    packing = "gzip"

    def feed(self, data: bytes) -> None:
        for block in self.gunzip.feed(data):
            self.detector.feed(block)

    def check_early(self, options: Options | None) -> None:
        # Its own header may be long: nothing of the text has come yet then.
        if self.detector.size:
            reject_nested(self.detector)
            super().check_early(options)

    def file_info(self, options: Options, stored: Opener) -> FileInfo:
        self.gunzip.finish()
        return super().file_info(options, stored)


@dataclass
class ZipContents(PlainContents):
    """A zip says at its end what is in it, so it is looked at when it is stored."""

    size: int = 0
    packing = "zip"

    def feed(self, data: bytes) -> None:
        self.size += len(data)

    def check_early(self, options: Options | None) -> None:
        pass

    def file_info(self, options: Options, stored: Opener) -> FileInfo:
        with stored() as file:
            return detect_stored(file, self.size, options)


def contents_of(start: bytes) -> PlainContents:
    """By the first bytes; a name tells nothing."""
    if start.startswith(GZIP_START):
        return GzipContents()
    return ZipContents() if start.startswith(ZIP_STARTS) else PlainContents()
