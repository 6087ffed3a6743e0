"""/upload, /jobs and /imports: what a request asks of imports.uploads, imports.jobs and imports.stream.

project.api mounts the router and says which status a refusal has."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import now
from ninja import Header, Query, Router, Status

from catalog.listing import with_parameters
from imports import jobs, uploads
from imports.faults import FileFault
from imports.models import ImportJob
from imports.progress import Facts, facts, facts_with_errors
from imports.schemas import ErrorPage, ErrorQuery, Job, JobPage, JobQuery, UploadAccepted
from imports.stream import watch

router = Router(tags=["import"])

TEMPLATE = (
    "sku,name,description,price,is_active\r\n"
    'SKU001,Product 1,"A description, with a comma",29.99,true\r\n'
    "SKU002,Product 2,,5,false\r\n"
)
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "text/csv": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
STREAM_ANSWER = {
    "responses": {
        200: {
            "description": "Events `progress`, and at last `final`: the job as JSON, with its version as the id.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": "Last-Event-ID names the final state: there is nothing more to come."},
    }
}
CSV_ANSWER = {
    "responses": {
        200: {"description": "A CSV file.", "content": {"text/csv": {"schema": {"type": "string"}}}}
    }
}


@router.post(
    "/upload", response={202: UploadAccepted}, summary="Upload a CSV file", openapi_extra=UPLOAD_BODY
)
def upload_file(
    request: HttpRequest,
    filename: Annotated[
        str, Query(max_length=255, description="Names a file sent as a bare body.")
    ] = "upload.csv",
) -> Status[dict[str, object]]:
    """Stores the file and queues its import. Follow it at `/jobs/{job_id}` or `/jobs/{job_id}/events`.

    A multipart form with the field `file`, or the file as the body with the content type `text/csv`. The first
    line names the columns, in any order and case: `sku` and any of `name`, `description`, `price`, `is_active`."""
    uploads.refuse_too_large(int(request.headers.get("Content-Length") or 0) - uploads.FORM_OVERHEAD_BYTES)
    job = (
        accept_form(request)
        if request.content_type == "multipart/form-data"
        else accept_body(request, filename)
    )
    return Status(202, {"job_id": job.pk, "message": "Upload started successfully"})


def accept_form(request: HttpRequest) -> ImportJob:
    request.upload_handlers = [uploads.FormUploadHandler(request)]
    upload = request.FILES.get("file")
    if not isinstance(upload, uploads.Upload):
        raise FileFault("file.required", "Send the file in the field named file.")
    return upload.accept()


def accept_body(request: HttpRequest, filename: str) -> ImportJob:
    if request.content_type not in ("text/csv", "application/octet-stream"):
        raise FileFault(
            "file.media_type", "Send multipart/form-data with the field file, or the file as text/csv."
        )
    # A body without a length is read to its end by the server, which Django's own stream does not know.
    is_chunked = request.META.get("wsgi.input_terminated") and "CONTENT_LENGTH" not in request.META
    stream = request.META["wsgi.input"] if is_chunked else request
    return uploads.accept_body(filename, iter(partial(stream.read, uploads.PIECE_BYTES), b""))


@router.get("/jobs", response=JobPage, summary="List jobs, newest first")
def list_jobs(request: HttpRequest, query: Query[JobQuery]) -> dict[str, object]:
    found = ImportJob.objects.order_by("-created_at", "-id")
    if query.status:
        found = found.filter(status=query.status)
    start = (query.page - 1) * query.page_size
    present = now()
    return page(
        request, query, found.count(), [facts(job, present) for job in found[start : start + query.page_size]]
    )


def page(
    request: HttpRequest, query: JobQuery | ErrorQuery, count: int, results: Sequence[object]
) -> dict[str, object]:
    url = request.build_absolute_uri()
    last = max(1, -(-count // query.page_size))
    return {
        "count": count,
        "next": with_parameters(url, page=query.page + 1) if query.page < last else None,
        "previous": with_parameters(url, page=min(query.page - 1, last)) if query.page > 1 else None,
        "results": results,
    }


@router.get("/jobs/{uuid:job_id}", response=Job, summary="Get a job")
def get_job(request: HttpRequest, job_id: UUID) -> Facts:
    return facts_with_errors(jobs.get(job_id), now())


@router.get("/jobs/{uuid:job_id}/events", summary="Watch a job", openapi_extra=STREAM_ANSWER)
def watch_job(
    request: HttpRequest,
    job_id: UUID,
    last_event_id: Annotated[str, Header(alias="Last-Event-ID")] = "",
) -> HttpResponseBase:
    """Server-sent events: the job as it is, then at every change, until its final state ends the stream."""
    stream = watch(jobs.get(job_id), version_of(last_event_id))
    if stream is None:
        return HttpResponse(status=204, content_type="text/event-stream")
    # Proxies such as nginx hold answers back otherwise.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


def version_of(last_event_id: str) -> int | None:
    """None for what is no id of ours: the reader is then told everything."""
    return int(last_event_id) if re.fullmatch(r"[0-9]{1,18}", last_event_id) else None


@router.post("/jobs/{uuid:job_id}/cancel", response=Job, summary="Cancel a job")
def cancel_job(request: HttpRequest, job_id: UUID) -> Facts:
    """What the import has committed stays, and is counted. 409 once the job has ended."""
    return facts_with_errors(jobs.cancel(job_id), now())


@router.get("/jobs/{uuid:job_id}/errors", response=ErrorPage, summary="List a job's errors")
def list_job_errors(request: HttpRequest, job_id: UUID, query: Query[ErrorQuery]) -> dict[str, object]:
    """Why the job failed, if it did, then every fault of every rejected row, in the order of the file; a row with
    two faults is there twice."""
    count, results = jobs.errors(jobs.get(job_id), query.page, query.page_size)
    return page(request, query, count, results)


@router.get("/jobs/{uuid:job_id}/errors.csv", summary="Download the rejected rows", openapi_extra=CSV_ANSWER)
def download_job_errors(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The rejected rows with their own columns, and `_line`, `_column`, `_code`, `_message`, which an upload
    ignores: correct the rows and upload the file as it is."""
    job = jobs.get(job_id)
    return csv_file(f"errors-{job.pk}.csv", jobs.write_errors(job))


@router.get("/imports/template.csv", summary="Download an example file", openapi_extra=CSV_ANSWER)
def download_template(request: HttpRequest) -> HttpResponseBase:
    return csv_file("template.csv", iter([TEMPLATE]))


def csv_file(filename: str, lines: Iterator[str]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
