"""Which encoding the text of a file is in: what tells it, gathered while the text goes by, and the decision.

imports.formats.detection asks for it once the last byte of an upload is there; README has the rule. A file that is UTF-8 in
the main stays UTF-8, and its rows with other bytes are refused; to guess at half a file would spoil the other half."""

import codecs
import encodings
import pkgutil
import re
from encodings.aliases import aliases
from typing import Any, Self

from charset_normalizer import from_bytes

from imports.errors import FileError

HEAD_BYTES = 64 * 1024
# Of lines that are not ASCII alone; as much as charset_normalizer looks at anyway.
SAMPLE_BYTES = 64 * 1024

# So many bytes that are not ASCII tell what more of them would.
ENOUGH = 4 * 1024**2

# The longer first: a mark of UTF-32 begins like one of UTF-16.
MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
# What spreadsheets and shops write, the most usual first.
LIKELY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("iso8859_15", "iso8859_2", "gb18030", "cp932", "euc_jp", "big5", "cp949"),
    *("koi8_r", "mac_roman", "cp850", "cp866", "cp437"),
]
# How much less of its language a text may show and be as good a guess.
ABOUT = 0.05
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,31}").fullmatch
# Python has them under the same roof, but no file is written in them, and some take the square of its length to read.
NO_ENCODINGS = {"idna", "mbcs", "oem", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}

KNOWN = {*aliases, *aliases.values(), *(module.name for module in pkgutil.iter_modules(encodings.__path__))}


def canonical_name(name: str) -> str:
    """Python's own name of the encoding. Raises ValueError for what is none."""
    try:
        # Python remembers every other name that it was ever asked for.
        if not NAME(name) or encodings.normalize_encoding(name).lower() not in KNOWN:
            raise LookupError
        codec = codecs.lookup(name)
        if codec.name.replace("-", "_") in NO_ENCODINGS or codec.incrementaldecoder is None:
            raise LookupError
        # Raises for codecs that turn bytes into bytes.
        "".encode(name)
    except LookupError:
        raise ValueError(f"names {name!r}, which is no encoding of text known here") from None
    # A mark is taken off in imports.formats.csv_reader, whatever the encoding.
    return "utf-8" if codec.name == "utf-8-sig" else codec.name


class EncodingDetector:
    """What a text tells of its encoding, block by block; no more of it is kept than the head and a sample."""

    def __init__(self) -> None:
        self.size = 0
        self.head = bytearray()
        self.sample = bytearray()
        self.tail = b""
        self.utf_8 = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        # Bytes of UTF-8 beyond the first of each character, and bytes that belong to no character of it.
        self.continuing = 0
        self.invalid = 0

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Self:
        """What state() gave in another process: as good for a decision, not for more of the text."""
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
        """The beginning of a character, at the end of the last block. At the end of a file it tells nothing."""
        return self.utf_8.getstate()[0]

    def _weigh(self, block: bytes) -> None:
        before = len(self._pending)
        text = self.utf_8.decode(block)
        decoded = before + len(block) - len(self._pending)
        # A byte that is no text became a lone surrogate, which takes three bytes here.
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
        """The encoding, and whether it is a guess. Raises FileError when there is none to be told."""
        head = bytes(self.head)
        for mark, encoding in MARKS.items():
            if head.startswith(mark):
                return encoding, False
        if encoding := wide_without_mark(head):
            return encoding, True
        return ("utf-8", False) if self.is_utf_8 else (guess(bytes(self.sample) + self.tail), True)


def wide_without_mark(head: bytes) -> str:
    """UTF-16 whose mark is missing: every other byte of what is ASCII in it is NUL."""
    even, odd = head[:200:2], head[1:200:2]
    if 2 * odd.count(0) > len(even) and not even.count(0):
        return "utf-16-le"
    return "utf-16-be" if 2 * even.count(0) > len(even) and not odd.count(0) else ""


def guess(sample: bytes) -> str:
    """What makes the least odd text of it, and the most usual of those that are about as good."""
    matches = from_bytes(sample, cp_isolation=LIKELY)
    best = matches.best()
    as_good = {
        name
        for match in matches
        if best and match.chaos <= best.chaos and match.coherence >= best.coherence - ABOUT
        for name in match.could_be_from_charset
    }
    for name in LIKELY:
        if name in as_good:
            return canonical_name(name)
    raise FileError(
        "file.encoding",
        "The text is not UTF-8, and what else it is could not be told. Save the file as CSV UTF-8, or name its "
        "encoding by the option encoding.",
    )
