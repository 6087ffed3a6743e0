"""POST /upload: what is taken, what is rejected, and that a refused file leaves nothing behind."""

import gzip
import hashlib
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from psycopg.errors import DiskFull
from pytest_django import Settings

from imports.files.storage import CHUNK_BYTES, ChunkWriter
from imports.models import ImportJob, StoredFile
from tests.factories import make_csv

pytestmark = pytest.mark.django_db


def upload(client: Client, content: bytes, filename: str = "products.csv") -> tuple[int, dict[str, object]]:
    answer = client.post("/api/upload", {"file": SimpleUploadedFile(filename, content)})
    return answer.status_code, answer.json()


def refused(client: Client, content: bytes, filename: str = "products.csv") -> tuple[int, str, str]:
    status, problem = upload(client, content, filename)
    assert not ImportJob.objects.exists()
    assert not StoredFile.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    return status, str(problem["type"]).removeprefix("urn:problem:"), str(problem["detail"])


class Endless(io.RawIOBase):
    """A body that goes on and on, and counts how much of it was read."""

    def __init__(self, header: bytes = b"sku\n") -> None:
        self.header, self.bytes_read = header, 0

    def read(self, size: int = -1) -> bytes:
        self.bytes_read += size
        return self.header + b"x\n" * ((size - len(self.header)) // 2)


def test_upload_is_accepted(client: Client) -> None:
    status, answer = upload(client, make_csv("A1,Mug,Blue,1.50,true"))
    job = ImportJob.objects.get()
    assert (status, answer) == (202, {"job_id": str(job.pk), "message": "Upload started successfully"})


def test_upload_without_slash_and_with_it_is_the_same(client: Client) -> None:
    answer = client.post("/api/upload/", {"file": SimpleUploadedFile("a.csv", make_csv())})
    assert answer.status_code == 202


def test_accepted_upload_is_queued(client: Client) -> None:
    _, answer = upload(client, make_csv())
    queued = ProcrastinateJob.objects.get()
    assert (queued.task_name, queued.status) == ("imports.tasks.run_import", "todo")
    assert queued.args == {"job_id": answer["job_id"]}


def test_job_knows_the_facts_of_its_file(client: Client) -> None:
    upload(client, b"sku;price;colour\nA1;1;red\n", "list.csv")
    job = ImportJob.objects.get()
    assert (job.filename, job.file_bytes, job.file_delimiter) == ("list.csv", 26, ";")
    assert job.file_sha256 == hashlib.sha256(b"sku;price;colour\nA1;1;red\n").hexdigest()
    assert [warning["column"] for warning in job.warnings] == ["colour"]


def test_file_is_stored_as_it_came_in_several_chunks(client: Client) -> None:
    content = make_csv(*(f"A{number},Mug,{'x' * 1000},1,true" for number in range(3000)))
    upload(client, content)
    chunks = StoredFile.objects.get().chunks.order_by("start")
    assert b"".join(bytes(chunk.data) for chunk in chunks) == content
    assert chunks.count() == -(-len(content) // CHUNK_BYTES)


def test_bare_body_is_taken_too(client: Client) -> None:
    answer = client.post("/api/upload?filename=list.csv", make_csv("A1,Mug,,,"), content_type="text/csv")
    assert answer.status_code == 202
    assert ImportJob.objects.get().filename == "list.csv"


def test_body_of_another_kind_is_rejected(client: Client) -> None:
    answer = client.post("/api/upload", {"file": "A1"}, content_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:problem:file.media_type")


def test_form_without_a_file_is_rejected(client: Client) -> None:
    answer = client.post("/api/upload", {"data": SimpleUploadedFile("a.csv", make_csv())})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "Send the file in the form field named file.",
    )
    assert not ImportJob.objects.exists()


def test_empty_file_is_rejected(client: Client) -> None:
    assert refused(client, b"") == (422, "file.empty", "The file is empty.")


def test_blank_file_is_rejected(client: Client) -> None:
    assert refused(client, b"\xef\xbb\xbf\r\n \n") == (422, "file.empty", "The file is empty.")


def test_file_without_a_sku_column_is_rejected(client: Client) -> None:
    assert refused(client, b"name,price\nMug,1\n") == (
        422,
        "header.sku_missing",
        "No column is named sku or one of its aliases. The header reads: name, price",
    )


def test_column_that_comes_twice_is_rejected(client: Client) -> None:
    assert refused(client, b"sku,price,Price\n") == (
        422,
        "header.duplicate",
        "Two columns are named 'price'. Rename or remove one.",
    )


def test_header_with_too_many_columns_is_rejected(client: Client) -> None:
    header = ",".join(["sku", *(f"c{number}" for number in range(5000))])
    assert refused(client, header.encode())[:2] == (422, "header.too_long")


def test_first_line_without_an_end_is_rejected(client: Client) -> None:
    assert refused(client, b"sku," + b"x" * 270_000)[:2] == (422, "header.too_long")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"BZh91AY&SY", "a bzip2 archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x7fELF\x02\x01", "a program"),
    ],
)
def test_binary_file_named_csv_is_rejected(client: Client, content: bytes, kind: str) -> None:
    assert refused(client, content, "image.csv") == (
        415,
        "file.not_csv",
        f"The file is {kind}, not a CSV file.",
    )


def test_unknown_binary_file_is_rejected(client: Client) -> None:
    assert refused(client, b"\x01\x02\0\x04") == (415, "file.not_csv", "The file is binary, not a CSV file.")


def test_header_that_is_not_utf_8_is_rejected(client: Client) -> None:
    answer = (422, "file.encoding", "The header is not valid UTF-8. Save the file as CSV UTF-8.")
    assert refused(client, b"sku,pr\xe9nom,\xc3\xa9t\xc3\xa9\n") == answer


def test_header_of_a_body_is_rejected_before_the_rest_of_it_is_looked_at(
    client: Client, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 10 * 2**20
    body: Any = {"wsgi.input": Endless(b"name\n"), "wsgi.input_terminated": True, "CONTENT_TYPE": "text/csv"}
    answer = client.generic("POST", "/api/upload", **body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem:header.sku_missing")
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    "kind",
    ["text/csv", "text/csv; charset=utf-8", "text/tab-separated-values", "application/octet-stream", "application/gzip"],
)  # fmt: skip
def test_body_may_have_any_type_of_a_file(client: Client, kind: str) -> None:
    assert client.post("/api/upload", make_csv(), content_type=kind).status_code == 202


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_body_in_another_content_encoding_is_rejected(client: Client, encoding: str) -> None:
    headers = {"Content-Encoding": encoding}
    answer = client.post("/api/upload", make_csv(), content_type="text/csv", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:problem:file.media_type")
    assert not ImportJob.objects.exists()


def test_body_in_gzip_is_a_file_in_gzip(client: Client) -> None:
    content, headers = gzip.compress(make_csv("A1,Mug,,,")), {"Content-Encoding": "gzip"}
    assert client.post("/api/upload", content, content_type="text/csv", headers=headers).status_code == 202
    assert ImportJob.objects.get().file_packing == "gzip"


def test_form_in_gzip_is_rejected(client: Client) -> None:
    headers = {"Content-Encoding": "gzip"}
    answer = client.post("/api/upload", {"file": SimpleUploadedFile("a.csv", make_csv())}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:problem:file.media_type")


def test_quote_that_never_closes_in_the_header_is_rejected(client: Client) -> None:
    assert refused(client, b'"sku,name\nA1,Mug\n')[:2] == (422, "csv.unclosed_quote")


def test_file_of_the_greatest_size_is_accepted(client: Client, settings: Settings) -> None:
    content = make_csv("A1,Mug,,,")
    settings.UPLOAD_MAX_BYTES = len(content)
    assert upload(client, content)[0] == 202


def test_file_one_byte_larger_is_rejected(client: Client, settings: Settings) -> None:
    content = make_csv("A1,Mug,,,")
    settings.UPLOAD_MAX_BYTES = len(content) - 1
    limit = f"{len(content) - 1:,}"
    detail = f"The file is larger than the maximum of {limit} bytes."
    assert refused(client, content) == (413, "file.too_large", detail)


def test_body_without_a_length_is_rejected_while_it_streams(client: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 10 * 2**20
    body = Endless()
    chunked: Any = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_TYPE": "text/csv"}
    answer = client.generic("POST", "/api/upload", **chunked)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:problem:file.too_large")
    # Then it is read up, so that the answer is not lost, but not for ever.
    assert body.bytes_read < 21 * 2**20
    assert not StoredFile.objects.exists()


def test_file_for_which_there_is_no_room_is_rejected(client: Client, settings: Settings) -> None:
    settings.UPLOAD_TOTAL_BYTES = 10
    assert refused(client, make_csv("A1,Mug,,,"))[:2] == (507, "storage.full")
    assert not StoredFile.objects.exists()
    assert not ImportJob.objects.exists()


def test_announced_length_for_which_there_is_no_room_is_rejected_unread(
    client: Client, settings: Settings
) -> None:
    settings.UPLOAD_TOTAL_BYTES = 10 * 2**20
    body: Any = {"wsgi.input": Endless(), "CONTENT_TYPE": "text/csv", "CONTENT_LENGTH": str(11 * 2**20)}
    answer = client.generic("POST", "/api/upload", **body)
    assert (answer.status_code, answer.json()["type"]) == (507, "urn:problem:storage.full")
    assert not StoredFile.objects.exists()


def test_body_without_a_length_is_rejected_where_the_room_ends(client: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES, settings.UPLOAD_TOTAL_BYTES = 10 * 2**20, 5 * 2**20
    body: Any = {"wsgi.input": Endless(), "wsgi.input_terminated": True, "CONTENT_TYPE": "text/csv"}
    answer = client.generic("POST", "/api/upload", **body)
    assert (answer.status_code, answer.json()["type"]) == (507, "urn:problem:storage.full")
    assert not StoredFile.objects.exists()


def test_disk_that_is_full_while_a_file_is_stored_leaves_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_no_room(writer: ChunkWriter, data: bytes) -> int:
        with connection.wrap_database_errors:
            raise DiskFull("could not extend file")

    monkeypatch.setattr(ChunkWriter, "write", find_no_room)
    assert refused(client, make_csv("A1,Mug,,,"))[:2] == (507, "storage.full")
    assert not StoredFile.objects.exists()


def broken_off() -> Iterator[bytes]:
    yield make_csv(*(f"A{number},Mug,,," for number in range(100_000)))
    raise ConnectionResetError


def test_upload_that_breaks_off_leaves_nothing() -> None:
    from imports.upload.handler import accept_body

    with pytest.raises(ConnectionResetError):
        accept_body("a.csv", broken_off())
    assert not ImportJob.objects.exists()
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("../../etc/x.csv", "x.csv"), ("C:\\fakepath\\x.csv", "x.csv"), ("a\r\nb\0.csv", "ab.csv"),
     ("x" * 300 + ".csv", "x" * 251 + ".csv")],
)  # fmt: skip
def test_filename_is_cleaned(sent: str, kept: str) -> None:
    from imports.upload.handler import clean_filename

    assert clean_filename(sent) == kept


def test_two_files_are_rejected(client: Client) -> None:
    files = [SimpleUploadedFile(name, make_csv()) for name in ("a.csv", "b.csv")]
    answer = client.post("/api/upload", {"file": files})
    assert answer.status_code == 400
    assert not ImportJob.objects.exists()


def test_malformed_form_is_rejected(client: Client) -> None:
    answer = client.post("/api/upload", b"no form", content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 422
    assert not ImportJob.objects.exists()
