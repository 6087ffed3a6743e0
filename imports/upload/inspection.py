"""Inspect an upload while it streams in, and detect what it is once it is complete.

A binary file is rejected at its first block; other checks depend on the options, which a form may send after the file.
Here bytes are only counted and decompressed; parsers run in the sandbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import IO

from imports.errors import FileError, truncate
from imports.formats.compression import GZIP_START, ZIP_STARTS, Gunzip
from imports.formats.encoding import EncodingDetector
from imports.formats.file_info import FileInfo
from imports.formats.rejection import reject_binary, reject_nested
from imports.matching.columns import Question
from imports.options import Options
from imports.reading.sandbox import detect_stored, detect_text
from lib.errors import Explanation, Invalid

Opener = Callable[[], IO[bytes]]


class ColumnsUnclear(Invalid):
    code = "columns.unclear"
    codes = {
        code: Explanation(
            "It is unclear which column, or which sheet, has what. Nothing was stored. `questions` has the candidates.",
            'Answer each question: map the right candidate to the field and the others to `""` with the option `mapping`, or '
            "name the `sheet`.",
        )
    }

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = questions
        super().__init__(" ".join(map(in_words, questions)))

    def members(self) -> Mapping[str, object]:
        return {"questions": [asdict(question) for question in self.questions]}


def in_words(question: Question) -> str:
    names = " or ".join(repr(candidate.header) for candidate in question.candidates)
    how = "the option sheet" if question.field == "sheet" else "the option mapping"
    return f"{question.message} {names}? Choose with {how}."


def check_clear(info: FileInfo, options: Options) -> None:
    """Raise ColumnsUnclear if the file can be read in several ways, FileError if it may not be read like this."""
    for question in info.questions:
        if not question.candidates:
            raise FileError("header.sku_missing", question.message, info.header_line)
    if info.questions:
        raise ColumnsUnclear(info.questions)
    unknown = [column.header for column in info.columns if column.is_unknown]
    if options.unknown_columns == "error" and unknown:
        names = truncate(", ".join(unknown))
        raise FileError("header.unknown_columns", f"These columns match no field: {names}", info.header_line)


@dataclass
class PlainContents:
    """A file that is not compressed."""

    detector: EncodingDetector = field(default_factory=EncodingDetector)
    packing = ""

    def feed(self, data: bytes) -> None:
        self.detector.feed(data)

    def check_early(self, options: Options | None) -> None:
        """Raise FileError if this cannot be a file of rows, as far as the options are known."""
        reject_binary(bytes(self.detector.head))
        # Later blocks may show that the text is UTF-8 after all.
        if options is not None and (options.encoding != "auto" or self.detector.is_utf_8):
            check_clear(detect_text(self.detector, self.packing, options), options)

    def file_info(self, options: Options, stored: Opener) -> FileInfo:
        """Detect what the complete file is."""
        return self.info_of_start(options)

    def info_of_start(self, options: Options) -> FileInfo:
        """Detect what a file with this beginning is. Needs some text."""
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
        # The gzip header may be long, so there may be no text yet.
        if self.detector.size:
            reject_nested(self.detector)
            super().check_early(options)

    def file_info(self, options: Options, stored: Opener) -> FileInfo:
        self.gunzip.finish()
        return super().file_info(options, stored)

    def info_of_start(self, options: Options) -> FileInfo:
        reject_nested(self.detector)
        return super().info_of_start(options)


@dataclass
class ZipContents(PlainContents):
    """A zip lists its contents at its end, so it is inspected once it is stored."""

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
    """Detect the compression by the first bytes, whatever the file's name."""
    if start.startswith(GZIP_START):
        return GzipContents()
    return ZipContents() if start.startswith(ZIP_STARTS) else PlainContents()
