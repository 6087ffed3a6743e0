"""How else the stored file of a job can be read: other sheets of its workbook, other encodings of its text."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from imports.encoding_names import canonical_name
from imports.errors import FileError, sanitize
from imports.files.stored_file import open_stored
from imports.formats.encoding import LIKELY
from imports.formats.file_info import Sheet
from imports.models import ImportJob
from imports.run_again import read_with
from imports.upload.handler import PIECE_BYTES
from imports.upload.inspection import ZipContents, contents_of

# Lines with other characters than ASCII are looked for in so much of a text.
LOOKED_AT_BYTES = 1024**2
ENCODINGS_OFFERED = 4
SAMPLE_CHARACTERS = 60
# What a sample shows before its first character that is not ASCII.
LEAD_CHARACTERS = 20


def other_sheets(job: ImportJob) -> list[Sheet]:
    """The sheets of its workbook that were not imported."""
    try:
        found = read_with(job, {"sheet": "", "header_row": "auto", "mapping": {}}).sheets
    except FileError:
        return []
    return [sheet for sheet in found if sheet.name != job.file_sheet]


# --- Encodings ---


@dataclass(frozen=True)
class TextReading:
    """An encoding, and a line of the text as it reads in it."""

    encoding: str
    sample: str
    # The share of its characters beyond ASCII that look like parts of words.
    plausibility: float


def other_encodings(job: ImportJob) -> list[TextReading]:
    """Encodings in which the text reads differently, the most plausible first. UTF-16 and UTF-32 leave no doubt."""
    if job.file_encoding.startswith(("utf-16", "utf-32")):
        return []
    try:
        sample = lines_in_doubt(job)
    except FileError:
        return []
    found = sorted(readings(sample, job.file_encoding), key=lambda reading: -reading.plausibility)
    return found[:ENCODINGS_OFFERED]


def lines_in_doubt(job: ImportJob) -> bytes:
    """The first lines with other characters than ASCII. None of a zip, which is unpacked in the sandbox only."""
    with open_stored(job) as file:
        start = file.read(PIECE_BYTES)
        contents = contents_of(start)
        if isinstance(contents, ZipContents):
            return b""
        detector = contents.detector
        for piece in chain([start], iter(partial(file.read, PIECE_BYTES), b"")):
            contents.feed(piece)
            if detector.sample or detector.size > LOOKED_AT_BYTES:
                break
    return bytes(detector.sample + detector.tail)


def readings(sample: bytes, current: str) -> Iterator[TextReading]:
    seen = {decoded(sample, current)}
    for encoding in dict.fromkeys(("utf-8", *map(canonical_name, LIKELY))):
        text = decoded(sample, encoding)
        if text and text not in seen:
            seen.add(text)
            yield TextReading(encoding, excerpt(text), plausibility(text))


def decoded(sample: bytes, encoding: str) -> str | None:
    try:
        return sample.decode(encoding)
    except UnicodeDecodeError:
        return None


def excerpt(text: str) -> str:
    """The first line with other characters than ASCII, from a little before them."""
    line = next((line for line in text.splitlines() if not line.isascii()), text)
    place = next((place for place, char in enumerate(line) if not char.isascii()), 0)
    start = max(place - LEAD_CHARACTERS, 0)
    end = start + SAMPLE_CHARACTERS
    return sanitize(f"{'…' if start else ''}{line[start:end]}{'…' if line[end:] else ''}")


def plausibility(text: str) -> float:
    odd = [place for place, char in enumerate(text) if not char.isascii()]
    return sum(is_part_of_word(text, place) for place in odd) / len(odd) if odd else 0.0


def is_part_of_word(text: str, place: int) -> bool:
    """Whether the character is a letter, and one of its own script: `Größe` is a word, `GrцЯe` is none."""
    char, beside = text[place], text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    is_beside_latin = any(other.isascii() and other.isalpha() for other in beside)
    return char.isalpha() and (not is_beside_latin or unicodedata.name(char, "").startswith("LATIN"))
