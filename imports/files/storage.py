"""A Django storage backend that keeps uploaded files in PostgreSQL, in chunks.

All access goes through Django's storage interface, so another storage is a setting (STORAGES). Every chunk is a
transaction of its own, because uploads are slow; maintenance deletes files that never became a job."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

import psycopg
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Length
from django.utils.deconstruct import deconstructible

from imports.errors import FileError
from imports.models import StoredChunk, StoredFile
from lib import limits

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CHUNK_BYTES = 1024**2
SIZE = Sum(Length("data"), default=0)


# The advisory lock that serializes reservations.
RESERVING = int.from_bytes(b"imports")


def check_room(needed: int, room: int) -> None:
    if needed > room:
        limit = f"{settings.UPLOAD_TOTAL_BYTES:,}"
        raise FileError(
            "storage.full",
            f"This file would exceed the {limit} bytes for all stored files. Delete jobs that are no longer needed, or "
            "raise UPLOAD_TOTAL_BYTES.",
        )


@deconstructible
class DatabaseStorage(Storage):
    """Files by name, without folders. Names are unique; writing appends."""

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode == "wb":
            return File(io.BufferedWriter(ChunkWriter(name), CHUNK_BYTES), name)
        if not self.exists(name):
            raise FileNotFoundError(f"No stored file is named {name!r}.")
        return File(io.BufferedReader(ChunkReader(name), CHUNK_BYTES), name)

    def _save(self, name: str, content: File[bytes]) -> str:
        with self._open(name, "wb") as target:
            for chunk in content.chunks():
                target.write(chunk)
        return name

    def delete(self, name: str) -> None:
        StoredFile.objects.filter(name=name).delete()

    def exists(self, name: str) -> bool:
        return StoredFile.objects.filter(name=name).exists()

    def size(self, name: str) -> int:
        return int(StoredChunk.objects.filter(file__name=name).aggregate(size=SIZE)["size"])

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return [], list(StoredFile.objects.order_by("created_at").values_list("name", flat=True))

    def get_created_time(self, name: str) -> datetime:
        return StoredFile.objects.get(name=name).created_at

    def get_valid_name(self, name: str) -> str:
        return PurePath(name).name


class ChunkWriter(io.RawIOBase):
    """Stores one chunk per call and returns the connection to the pool in between.

    An upload can take minutes, and a web process has far fewer connections than threads."""

    def __init__(self, name: str) -> None:
        self.file_id = StoredFile.objects.create(name=name).pk
        self.position = 0
        self.reserved = 0

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Store a chunk. Raises FileError if the files would exceed the total limit."""
        chunk = bytes(data)
        if self.position + len(chunk) > self.reserved:
            self._reserve(self.position + len(chunk))
        with binary_cursor() as cursor:
            cursor.execute(
                "INSERT INTO imports_storedchunk (file_id, start, data) VALUES (%s, %s, %b)",
                (self.file_id, self.position, chunk),
            )
        self.position += len(chunk)
        if not connection.in_atomic_block:
            connection.close()
        return len(chunk)

    def _reserve(self, needed: int) -> None:
        """Reserve `needed` bytes for the file, and up to as many again, so that a large file reserves rarely."""
        with transaction.atomic():
            # One at a time, or two writers would reserve the same bytes.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RESERVING])
            room = settings.UPLOAD_TOTAL_BYTES - StoredFile.objects.exclude(pk=self.file_id).total_bytes()
            check_room(needed, room)
            self.reserved = min(needed + min(self.position, limits.STORED_BYTES_AHEAD), room)
            StoredFile.objects.filter(pk=self.file_id).update(bytes=self.reserved)

    def close(self) -> None:
        if not self.closed:
            StoredFile.objects.filter(pk=self.file_id).update(bytes=self.position)
        super().close()


class ChunkReader(io.RawIOBase):
    """Reads each chunk by a query of its own, and fetches the next while one is processed.

    In a thread with its own connection, because the caller's is busy with COPY."""

    def __init__(self, name: str) -> None:
        self.file_id = StoredFile.objects.get(name=name).pk
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chunks")
        self.position = 0
        self.start, self.chunk = 0, b""
        self.coming_from, self.coming = 0, self.thread.submit(self._fetch, 0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self.position
        elif whence == io.SEEK_END:
            offset += self.thread.submit(self._size).result()
        if offset < 0:
            raise ValueError(f"The position {offset} is before the start of the file.")
        self.position = offset
        return offset

    def readinto(self, buffer: WriteableBuffer) -> int:
        if not self.start <= self.position < self.start + len(self.chunk):
            self._turn_to_chunk()
        target = memoryview(buffer)
        inside = self.position - self.start
        count = max(0, min(len(target), len(self.chunk) - inside))
        target[:count] = memoryview(self.chunk)[inside : inside + count]
        self.position += count
        return count

    def _turn_to_chunk(self) -> None:
        if self.coming_from != self.position:
            self.coming = self.thread.submit(self._fetch, self.position)
        self.start, self.chunk = self.coming.result()
        self.coming_from = self.start + len(self.chunk)
        self.coming = self.thread.submit(self._fetch, self.coming_from)

    def close(self) -> None:
        if not self.closed:
            # Runs in that thread, which has a connection of its own.
            self.thread.submit(lambda: connection.close())
            self.thread.shutdown()
        super().close()

    def _fetch(self, position: int) -> tuple[int, bytes]:
        """The start and data of the chunk with that byte; no data beyond the end."""
        with binary_cursor() as cursor:
            cursor.execute(
                "SELECT start, data FROM imports_storedchunk WHERE file_id = %s AND start <= %s"
                " AND start + length(data) > %s ORDER BY start DESC LIMIT 1",
                (self.file_id, position, position),
            )
            return cursor.fetchone() or (position, b"")

    def _size(self) -> int:
        return int(StoredChunk.objects.filter(file=self.file_id).aggregate(size=SIZE)["size"])


@contextmanager
def binary_cursor() -> Iterator[psycopg.Cursor[tuple[int, bytes]]]:
    """A cursor that transfers bytes in binary; Django's own writes them into the SQL as hex digits."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.format = psycopg.pq.Format.BINARY
        yield cursor
