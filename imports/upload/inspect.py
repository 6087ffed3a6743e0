"""Tell how a file would be read, without a job: only what is needed of it is looked at, and nothing of it is kept."""

import uuid
from collections.abc import Iterable
from functools import partial
from typing import IO

from django.core.files.storage import default_storage

from imports import inspection_schemas as schemas
from imports.formats.encoding import HEAD_BYTES
from imports.formats.file_info import FileInfo
from imports.options import Options
from imports.upload.handler import check_size, discard
from imports.upload.inspection import ZipContents, contents_of
from imports.upload.profile import fitting_profiles

# Of a text, which may be much longer.
INSPECTED_BYTES = 1024**2


class Inspection:
    """A file to be inspected as it streams in. close() deletes what was stored of it."""

    def __init__(self, filename: str = "") -> None:
        self.filename = filename
        self.head = bytearray()
        self.is_begun = False
        self.size = 0
        # An archive lists its contents at its end, so it is stored for the moment.
        self.stored_as = uuid.uuid4().hex
        self.target: IO[bytes] | None = None

    @property
    def has_enough(self) -> bool:
        return self.target is None and self.size >= INSPECTED_BYTES

    def write(self, data: bytes) -> None:
        if self.has_enough:
            return
        self.size += len(data)
        check_size(self.size)
        if not self.is_begun:
            self.head += data
            if len(self.head) >= HEAD_BYTES:
                self.begin()
        else:
            self.take(data)

    def begin(self) -> None:
        self.is_begun = True
        self.contents = contents_of(bytes(self.head))
        if isinstance(self.contents, ZipContents):
            self.target = default_storage.open(self.stored_as, "wb")
        self.take(bytes(self.head))

    def take(self, data: bytes) -> None:
        self.contents.feed(data)
        if self.target is not None:
            self.target.write(data)

    def file_info(self, options: Options) -> FileInfo:
        if not self.is_begun:
            self.begin()
        if self.target is None:
            return self.contents.info_of_start(options)
        self.target.close()
        return self.contents.file_info(options, partial(default_storage.open, self.stored_as))

    def close(self) -> None:
        if self.target is not None:
            discard(self.target, self.stored_as)


def inspect(pieces: Iterable[bytes], options: Options) -> FileInfo:
    """How the file would be read. Of a long text, only the first pieces are taken."""
    inspection = Inspection()
    try:
        for piece in pieces:
            inspection.write(piece)
            if inspection.has_enough:
                break
        return inspection.file_info(options)
    finally:
        inspection.close()


def described(info: FileInfo) -> schemas.Inspection:
    """What was found, with the saved profiles that fit the header."""
    found = schemas.Inspection.model_validate(info)
    return found.model_copy(update={"profiles": fitting_profiles(info.header)})
