"""imports.files.storage: the chunk table seen as a Django storage."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.db import connection
from django.utils.timezone import now
from pytest_django import Settings

from imports.errors import FileError
from imports.files.storage import CHUNK_BYTES, DatabaseStorage
from imports.models import StoredChunk, StoredFile

# A file is read by a thread with a connection of its own: it sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

# Every byte there is, in a row that no chunk ends with.
CONTENT = bytes(range(256)) * 10_000 + b"end"


def make_stored(content: bytes = CONTENT, name: str = "file") -> str:
    return default_storage.save(name, ContentFile(content))


def read(name: str) -> bytes:
    with default_storage.open(name) as file:
        return bytes(file.read())


def read_in_a_thread(name: str) -> bytes:
    try:
        return read(name)
    finally:
        connection.close()


def test_it_is_the_storage_of_the_project() -> None:
    assert isinstance(storages["default"], DatabaseStorage)


def test_what_was_saved_is_read() -> None:
    assert read(make_stored()) == CONTENT


def test_file_is_kept_in_chunks_of_one_size() -> None:
    make_stored()
    chunks = StoredChunk.objects.order_by("start")
    assert [chunk.start for chunk in chunks] == [0, CHUNK_BYTES, 2 * CHUNK_BYTES]
    assert [len(chunk.data) for chunk in chunks] == [CHUNK_BYTES, CHUNK_BYTES, len(CONTENT) - 2 * CHUNK_BYTES]


def test_empty_file_is_a_file() -> None:
    name = make_stored(b"")
    assert (default_storage.exists(name), default_storage.size(name), read(name)) == (True, 0, b"")


@pytest.mark.parametrize("length", [CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_length_around_that_of_a_chunk_is_kept(length: int) -> None:
    name = make_stored(CONTENT[:length])
    assert (default_storage.size(name), read(name)) == (length, CONTENT[:length])


def test_file_is_read_in_pieces_of_any_size() -> None:
    with default_storage.open(make_stored()) as file:
        pieces = list(iter(lambda: file.read(333_333), b""))
    assert b"".join(pieces) == CONTENT
    assert {len(piece) for piece in pieces[:-1]} == {333_333}


@pytest.mark.parametrize(
    "place",
    [
        0,
        1,
        CHUNK_BYTES - 1,
        CHUNK_BYTES,
        2 * CHUNK_BYTES + 7,
        len(CONTENT) - 1,
        len(CONTENT),
        len(CONTENT) + 5,
    ],
)
def test_file_is_read_from_any_place(place: int) -> None:
    with default_storage.open(make_stored()) as file:
        file.read(10)
        assert file.seek(place) == place
        assert file.read(CHUNK_BYTES + 3) == CONTENT[place : place + CHUNK_BYTES + 3]


def test_file_is_read_forth_and_back() -> None:
    with default_storage.open(make_stored()) as file:
        for place in [len(CONTENT) - 5, 3, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, CHUNK_BYTES - 2, 0]:
            file.seek(place)
            assert (file.read(4), file.tell()) == (CONTENT[place : place + 4], place + 4)


def test_place_is_reported_from_the_end_and_from_here() -> None:
    with default_storage.open(make_stored()) as file:
        assert file.seek(-3, io.SEEK_END) == len(CONTENT) - 3
        assert file.read() == b"end"
        assert file.seek(-2, io.SEEK_CUR) == len(CONTENT) - 2
        assert file.read() == b"nd"


def test_place_before_the_file_is_an_error() -> None:
    with (
        default_storage.open(make_stored(b"x")) as file,
        pytest.raises(ValueError, match="before the start of the file"),
    ):
        file.seek(-2, io.SEEK_END)


def test_file_that_was_not_read_to_its_end_is_closed() -> None:
    with default_storage.open(make_stored()) as file:
        assert file.read(10) == CONTENT[:10]
    assert file.closed


def test_file_is_written_piece_by_piece() -> None:
    with default_storage.open("written", "wb") as file:
        for start in range(0, len(CONTENT), 100_000):
            file.write(CONTENT[start : start + 100_000])
    assert read("written") == CONTENT


def test_size_is_known_without_reading() -> None:
    assert default_storage.size(make_stored()) == len(CONTENT)


def test_file_exists_until_it_is_deleted() -> None:
    name = make_stored()
    assert default_storage.exists(name)
    default_storage.delete(name)
    assert not default_storage.exists(name)
    assert not StoredChunk.objects.exists()


def test_deleting_what_is_not_there_is_no_error() -> None:
    default_storage.delete("nothing")
    assert not StoredFile.objects.exists()


def test_opening_what_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match="No stored file is named 'nothing'"):
        default_storage.open("nothing")


def test_taken_name_is_not_given_again() -> None:
    first, second = make_stored(b"one"), make_stored(b"two")
    assert first != second
    assert (read(first), read(second)) == (b"one", b"two")


def test_name_that_leads_elsewhere_is_rejected() -> None:
    with pytest.raises(SuspiciousFileOperation):
        make_stored(name="../../etc/passwd.csv")
    assert not StoredFile.objects.exists()


def test_files_are_listed_the_oldest_first() -> None:
    first, second = make_stored(b"1", "first"), make_stored(b"2", "second")
    assert default_storage.listdir("") == ([], [first, second])


def test_file_knows_when_it_was_made() -> None:
    created = default_storage.get_created_time(make_stored())
    assert now() - created < timedelta(minutes=1)
    assert created.tzinfo is not None


def test_two_read_one_file_at_once() -> None:
    name = make_stored()
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(read_in_a_thread, [name, name])) == [CONTENT, CONTENT]


def test_connection_is_given_back_between_chunks() -> None:
    with default_storage.open("written", "wb") as file:
        file.write(CONTENT)
        assert connection.connection is None


def test_chunk_is_no_text_in_the_statement() -> None:
    # Quotes, backslashes and NUL are bytes like others.
    name = make_stored(b"'); DROP TABLE x; --\\x00\0\xff")
    assert read(name) == b"'); DROP TABLE x; --\\x00\0\xff"


# --- Room ---


def save_in_a_thread(name: str) -> str:
    try:
        return make_stored(name=name)
    except FileError as error:
        return error.code
    finally:
        connection.close()


def test_file_takes_as_many_bytes_as_it_has() -> None:
    make_stored()
    assert StoredFile.objects.total_bytes() == len(CONTENT)


def test_file_that_just_fits_is_stored(settings: Settings) -> None:
    settings.UPLOAD_TOTAL_BYTES = 2 * len(CONTENT)
    make_stored()
    assert read(make_stored(name="another")) == CONTENT


def test_file_that_does_not_fit_beside_the_others_is_rejected(settings: Settings) -> None:
    settings.UPLOAD_TOTAL_BYTES = 2 * len(CONTENT) - 1
    make_stored()
    with pytest.raises(FileError) as refused:
        make_stored(name="another")
    assert refused.value.code == "storage.full"
    assert StoredChunk.objects.filter(file__name="another").count() < 3


def test_room_of_a_deleted_file_is_given_to_another(settings: Settings) -> None:
    settings.UPLOAD_TOTAL_BYTES = len(CONTENT)
    default_storage.delete(make_stored())
    assert read(make_stored(name="another")) == CONTENT


def test_files_stored_at_once_take_no_more_than_there_is(settings: Settings) -> None:
    settings.UPLOAD_TOTAL_BYTES = 2 * len(CONTENT) + CHUNK_BYTES
    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(save_in_a_thread, ["a", "b", "c", "d"]))
    assert 1 <= outcomes.count("storage.full") <= 4
    assert sum(len(chunk.data) for chunk in StoredChunk.objects.all()) <= settings.UPLOAD_TOTAL_BYTES
