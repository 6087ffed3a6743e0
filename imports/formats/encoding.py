"""Detect the encoding of a text while it streams by.

A file that is mostly UTF-8 is read as UTF-8, and its rows with other bytes are rejected: a guess from those rows would
garble the others."""

import codecs
from typing import Any, Self

from charset_normalizer import from_bytes

from imports.encoding_names import canonical_name
from imports.errors import FileError
from lib.limits import HEADER_MAX_CHARACTERS

# The header must be in it.
HEAD_BYTES = HEADER_MAX_CHARACTERS
# The sample has lines with non-ASCII bytes; charset_normalizer does not look at more.
SAMPLE_BYTES = 64 * 1024

# More non-ASCII bytes than these would not change the decision.
ENOUGH = 4 * 1024**2

# Longer marks first: the UTF-32 mark starts with the UTF-16 one.
MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
# Encodings that spreadsheets and shops write, the most common first.
LIKELY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("iso8859_15", "iso8859_2", "gb18030", "cp932", "euc_jp", "big5", "cp949"),
    *("koi8_r", "mac_roman", "cp850", "cp866", "cp437"),
]
# Guesses whose coherence differs by no more than this are equally good.
COHERENCE_TOLERANCE = 0.05


class EncodingDetector:
    """Collects evidence of the encoding block by block; keeps only the head and a sample of the text."""

    def __init__(self) -> None:
        self.size = 0
        self.head = bytearray()
        self.sample = bytearray()
        self.tail = b""
        self.utf_8 = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        # UTF-8 continuation bytes, and bytes that are invalid in UTF-8.
        self.continuing = 0
        self.invalid = 0

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Self:
        """A detector from state(), which can decide, but not take more text."""
        detector = cls()
        detector.head, detector.sample = (bytearray(state[name], "latin-1") for name in ("head", "sample"))
        detector.continuing, detector.invalid = state["continuing"], state["invalid"]
        return detector

    def state(self) -> dict[str, str | int]:
        head, sample = (bytes(text).decode("latin-1") for text in (self.head, self.sample + self.tail))
        return {"head": head, "sample": sample, "continuing": self.continuing, "invalid": self.invalid}

    def feed(self, block: bytes) -> None:
        self.size += len(block)
        self.head += block[: HEAD_BYTES - len(self.head)]
        if self.invalid + self.continuing > ENOUGH:
            return
        if self.tail or self._pending or not block.isascii():
            self._weigh(block)
            self._take_sample(block)

    @property
    def _pending(self) -> bytes:
        """The start of a character at the end of the last block. Ignored at the end of the file."""
        return self.utf_8.getstate()[0]

    def _weigh(self, block: bytes) -> None:
        before = len(self._pending)
        text = self.utf_8.decode(block)
        decoded = before + len(block) - len(self._pending)
        # An invalid byte became a lone surrogate, which is encoded in three bytes here.
        invalid = (len(text.encode("utf-8", "surrogatepass")) - decoded) // 2
        self.invalid += invalid
        self.continuing += decoded - len(text)

    def _take_sample(self, block: bytes) -> None:
        if len(self.sample) >= SAMPLE_BYTES:
            self.tail = b""
            return
        lines = (self.tail + block).splitlines(keepends=True)
        self.tail = lines.pop() if lines and lines[-1][-1:] not in b"\r\n" else b""
        if self.tail.isascii() or len(self.tail) > SAMPLE_BYTES:
            self.tail = b""
        for line in lines:
            if len(self.sample) < SAMPLE_BYTES and len(line) <= SAMPLE_BYTES and not line.isascii():
                self.sample += line

    @property
    def is_utf_8(self) -> bool:
        return self.invalid <= self.continuing

    def decide(self) -> tuple[str, bool]:
        """The encoding, and whether it is a guess. Raises FileError if none fits."""
        head = bytes(self.head)
        for mark, encoding in MARKS.items():
            if head.startswith(mark):
                return encoding, False
        if encoding := wide_without_mark(head):
            return encoding, True
        return ("utf-8", False) if self.is_utf_8 else (guess(bytes(self.sample) + self.tail), True)


def wide_without_mark(head: bytes) -> str:
    """UTF-16 without a byte order mark: every other byte of its ASCII characters is NUL, from the first on."""
    even, odd = head[:200:2], head[1:200:2]
    if 0 not in head[:2]:
        return ""
    if 2 * odd.count(0) > len(even) and not even.count(0):
        return "utf-16-le"
    return "utf-16-be" if 2 * even.count(0) > len(even) and not odd.count(0) else ""


def guess(sample: bytes) -> str:
    """The most common encoding among those that decode the sample best."""
    matches = from_bytes(sample, cp_isolation=LIKELY)
    best = matches.best()
    as_good = {
        name
        for match in matches
        if best and match.chaos <= best.chaos and match.coherence >= best.coherence - COHERENCE_TOLERANCE
        for name in match.could_be_from_charset
    }
    for name in LIKELY:
        if name in as_good:
            return canonical_name(name)
    raise FileError(
        "file.encoding",
        "The text is not UTF-8, and its encoding could not be detected. Save the file as CSV UTF-8, or set the option "
        "encoding.",
    )
