"""Read a request to /upload: the file, as a form field or as the whole body, and the options."""

from collections.abc import Iterator
from functools import partial
from typing import TypeVar

from django.http import HttpRequest, QueryDict

from imports.errors import FileError
from imports.formats.file_info import FileInfo
from imports.models import ImportJob
from imports.option_values import Given, read
from imports.options import NAME_SHOWN, Options, UploadOptions
from imports.upload import handler
from imports.upload.inspect import Inspection, inspect
from imports.upload.profile import with_profile
from lib.errors import Explanation
from lib.limits import UPLOADS_AT_ONCE
from lib.openapi import error_responses
from lib.places import Places

UPLOADS = Places(
    "uploads",
    UPLOADS_AT_ONCE,
    "uploads.too_many",
    Explanation(
        f"You already have {UPLOADS_AT_ONCE} uploads in progress.", "Try again when one of them has finished."
    ),
)
Received = TypeVar("Received", handler.Upload, Inspection)

FORM_TYPE = "multipart/form-data"
# The accepted Content-Types of a body. What the file is, is detected from its bytes.
MEDIA_TYPES = (
    "text/csv",
    "text/tab-separated-values",
    "application/csv",
    "application/gzip",
    "application/x-gzip",
    "application/zip",
    "application/x-zip-compressed",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
)
OPTIONS_SCHEMA = UploadOptions.model_json_schema()["properties"]
FILE_SCHEMA = {"type": "string", "format": "binary"}
UPLOAD = {
    **error_responses(429, 507),
    "parameters": [
        {
            "name": name,
            "in": "query",
            "required": False,
            # Without its default, which generated clients would send along with a form field that differs.
            "schema": {key: value for key, value in schema.items() if key != "default"},
            "description": schema["description"],
        }
        for name, schema in OPTIONS_SCHEMA.items()
    ],
    "requestBody": {
        "required": True,
        "content": {
            FORM_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": FILE_SCHEMA, **OPTIONS_SCHEMA},
                    "additionalProperties": False,
                }
            },
            **{kind: {"schema": FILE_SCHEMA} for kind in MEDIA_TYPES},
        },
    },
}
INSPECT = {
    "parameters": UPLOAD["parameters"],
    "requestBody": UPLOAD["requestBody"],
    **error_responses(429, 507),
}


def receive(request: HttpRequest, filename: str, key: str | None) -> ImportJob:
    check_announced(request)
    if request.content_type == FORM_TYPE:
        return receive_form(request, key)
    return handler.accept_body(filename, pieces_of_body(request), options_of_query(request), key)


def receive_to_inspect(request: HttpRequest) -> FileInfo:
    check_announced(request)
    if request.content_type != FORM_TYPE:
        return inspect(pieces_of_body(request), options_of_query(request))
    file = file_of_form(request, Inspection)
    try:
        return file.file_info(options_of_form(request))
    finally:
        file.close()


def check_announced(request: HttpRequest) -> None:
    """Reject what the headers already show to be unacceptable."""
    announced = int(request.headers.get("Content-Length") or 0) - handler.FORM_OVERHEAD_BYTES
    handler.check_size(announced)
    handler.check_room(announced)
    is_form = request.content_type == FORM_TYPE
    check_content_encoding(request.headers.get("Content-Encoding", "identity").lower(), is_form=is_form)
    if not is_form and request.content_type not in MEDIA_TYPES:
        raise FileError(
            "file.media_type", "Send multipart/form-data with the field file, or the file as text/csv."
        )


def check_content_encoding(encoding: str, *, is_form: bool) -> None:
    """A body in gzip is accepted, because a gzip file is."""
    if encoding not in (("identity",) if is_form else ("identity", "gzip", "x-gzip")):
        raise FileError(
            "file.media_type",
            f"Content-Encoding: {encoding[:100]} is not supported. A file may be compressed with gzip.",
        )


def receive_form(request: HttpRequest, key: str | None) -> ImportJob:
    upload = file_of_form(request, handler.Upload)
    try:
        return upload.accept(options_of_form(request), key)
    finally:
        upload.close()


def file_of_form(request: HttpRequest, kind: type[Received]) -> Received:
    request.upload_handlers = [handler.FormUploadHandler(request, kind)]
    file = request.FILES.get("file")
    if not isinstance(file, kind):
        raise FileError("file.required", "Send the file in the form field named file.")
    return file


def options_of_form(request: HttpRequest) -> Options:
    return with_profile(read([*of_query(request.GET), *given(request.POST)]))


def options_of_query(request: HttpRequest) -> Options:
    return with_profile(read(of_query(request.GET)))


def pieces_of_body(request: HttpRequest) -> Iterator[bytes]:
    # The server reads a chunked body to its end; Django's own stream needs a length.
    is_chunked = request.META.get("wsgi.input_terminated") and "CONTENT_LENGTH" not in request.META
    stream = request.META["wsgi.input"] if is_chunked else request
    return iter(partial(stream.read, handler.PIECE_BYTES), b"")


def of_query(query: QueryDict) -> Iterator[Given]:
    return (option for option in given(query, "/query") if option.name != "filename")


def given(values: QueryDict, where: str = "") -> Iterator[Given]:
    for name, found in values.lists():
        pointer = f"{where}/{name[:NAME_SHOWN].replace('~', '~0').replace('/', '~1')}"
        for value in found:
            yield Given(pointer, name, str(value))
