"""/upload, /jobs and /imports: what a request asks of imports.upload.handler, imports.jobs and imports.progress.sse.

project.api.api mounts the router and says which status a refusal has."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import now
from ninja import Header, Query, Router, Status

from catalog.listing import with_parameters
from imports import jobs, removal
from imports.journal import undo
from imports.journal.changes import changes
from imports.models import ImportJob
from imports.progress.sse import watch
from imports.progress.summary import Facts, facts, facts_with_errors
from imports.schemas import (
    ChangePage,
    ChangeQuery,
    ErrorPage,
    ErrorQuery,
    Job,
    JobPage,
    JobQuery,
    UploadAccepted,
)
from imports.upload.request import UPLOAD, UPLOADS, receive
from lib.openapi import DOWNLOAD, error_responses
from lib.places import holder_of

router = Router(tags=["Imports"])

TEMPLATE = (
    "sku,name,description,price,is_active\r\n"
    'SKU001,Product 1,"A description, with a comma",29.99,true\r\n'
    "SKU002,Product 2,,5,false\r\n"
)
# Visible ASCII, with spaces between.
PRINTABLE = "^[!-~]([ -~]*[!-~])?$"
STREAM_ANSWER = {
    "responses": {
        200: {
            "description": "Events `progress`, and at last `final`, or `ready` for a dry run: the job as JSON, with its "
            "version as the id.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": "Last-Event-ID names the final state: there is nothing more to come."},
        **error_responses(429, 503)["responses"],
    }
}
CSV_ANSWER = {
    "responses": {
        200: {
            "description": "A CSV file.",
            "headers": DOWNLOAD,
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }
}
ERRORS_ANSWER = {"responses": CSV_ANSWER["responses"] | error_responses(410)["responses"]}


@router.post("/upload", response={202: UploadAccepted}, summary="Upload a file", openapi_extra=UPLOAD)
def upload_file(
    request: HttpRequest,
    filename: Annotated[
        str, Query(max_length=255, description="Names a file sent as a bare body.")
    ] = "upload.csv",
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            max_length=255,
            pattern=PRINTABLE,
            description="A name for this upload, such as a random UUID. Sent again with the same file and options, it "
            "is answered with the same job; with others, 422.",
        ),
    ] = None,
) -> Status[dict[str, object]]:
    """Stores the file and queues its import. Follow it at `/jobs/{job_id}` or `/jobs/{job_id}/events`.

    A multipart form with the field `file`, or the file as the body. It is CSV, as it is or in gzip or ZIP, or an
    Excel workbook (`.xlsx`). The first line names the columns, in any order and case: `sku` and any of `name`,
    `description`, `price`, `is_active`. Options are fields of the form or query parameters. 429 while four uploads of
    the same key are under way."""
    with UPLOADS.held(holder_of(request)):
        job = receive(request, filename, idempotency_key)
    return Status(202, {"job_id": job.pk, "message": "Upload started successfully"})


@router.get("/jobs", response=JobPage, summary="List jobs")
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
    request: HttpRequest, query: JobQuery | ErrorQuery | ChangeQuery, count: int, results: Sequence[object]
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


@router.delete(
    "/jobs/{uuid:job_id}", response={204: None}, summary="Delete a job", openapi_extra=error_responses(409)
)
def delete_job(request: HttpRequest, job_id: UUID) -> Status[None]:
    """Removes a job that has ended, with its stored file, its rejected rows and the record of what it changed. The products
    stay as they are, and the import can no longer be undone or retried. 409 for a job that has not ended."""
    removal.remove(job_id)
    return Status(204, None)


@router.get("/jobs/{uuid:job_id}/events", summary="Stream a job's progress", openapi_extra=STREAM_ANSWER)
def watch_job(
    request: HttpRequest,
    job_id: UUID,
    last_event_id: Annotated[str, Header(alias="Last-Event-ID")] = "",
) -> HttpResponseBase:
    """Server-sent events: the job as it is, then at every change, until its final state, or that of a dry run which is ready, ends the stream."""
    stream = watch(jobs.get(job_id), version_of(last_event_id), holder_of(request))
    if stream is None:
        return HttpResponse(status=204, content_type="text/event-stream")
    # Proxies such as nginx hold answers back otherwise.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


def version_of(last_event_id: str) -> int | None:
    """None for what is no id of ours: the reader is then told everything."""
    return int(last_event_id) if re.fullmatch(r"[0-9]{1,18}", last_event_id) else None


@router.post(
    "/jobs/{uuid:job_id}/cancel", response=Job, summary="Cancel a job", openapi_extra=error_responses(409)
)
def cancel_job(request: HttpRequest, job_id: UUID) -> Facts:
    """What the import has committed stays, and is counted. 409 once the job has ended."""
    return facts_with_errors(jobs.cancel(job_id), now())


@router.post(
    "/jobs/{uuid:job_id}/confirm",
    response=Job,
    summary="Confirm a preview",
    openapi_extra=error_responses(409),
)
def confirm_job(request: HttpRequest, job_id: UUID) -> Facts:
    """Writes what the dry run found. Products that moved since are classified again, as they are then."""
    return facts_with_errors(jobs.confirm(job_id), now())


@router.post(
    "/jobs/{uuid:job_id}/undo", response=Job, summary="Undo an import", openapi_extra=error_responses(409)
)
def undo_job(request: HttpRequest, job_id: UUID) -> Facts:
    """Removes the products the import created and restores those it changed, except where somebody has changed them
    since: `reverted_count` and `kept_count` say how many. All of it or, on an error, nothing."""
    return facts_with_errors(undo.undo(job_id), now())


@router.get("/jobs/{uuid:job_id}/changes", response=ChangePage, summary="List a job's changes")
def list_job_changes(request: HttpRequest, job_id: UUID, query: Query[ChangeQuery]) -> dict[str, object]:
    """What a dry run would change, or what an import has changed: field by field, old and new."""
    count, results = changes(jobs.get(job_id), query.kind, query.page, query.page_size)
    return page(request, query, count, results)


@router.post(
    "/jobs/{uuid:job_id}/retry",
    response={202: UploadAccepted},
    summary="Retry a job",
    openapi_extra=error_responses(409, 410),
)
def retry_job(request: HttpRequest, job_id: UUID) -> Status[dict[str, object]]:
    """A failed or cancelled job again, from its stored file and with its options, as a new job. 409 for any other,
    and while an earlier retry of it has not ended; 410 once the file has been removed."""
    job = jobs.retry(job_id)
    return Status(202, {"job_id": job.pk, "message": "Retry started successfully"})


@router.get(
    "/jobs/{uuid:job_id}/errors",
    response=ErrorPage,
    summary="List a job's errors",
    openapi_extra=error_responses(410),
)
def list_job_errors(request: HttpRequest, job_id: UUID, query: Query[ErrorQuery]) -> dict[str, object]:
    """Why the job failed, if it did, then the faults of its rejected rows, in the order of the file; a row with two
    faults is there twice. The first 10,000 rejected rows are listed, and all of them are counted in the job's
    `error_count`. 410 once they were removed."""
    count, results = jobs.errors(jobs.get(job_id), query.page, query.page_size)
    return page(request, query, count, results)


@router.get(
    "/jobs/{uuid:job_id}/errors.csv", summary="Download a job's rejected rows", openapi_extra=ERRORS_ANSWER
)
def download_job_errors(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The rejected rows with their own columns, and `_line`, `_column`, `_code`, `_message`, which an upload
    ignores: correct the rows and upload the file as it is. Of more than 10,000 rows it has the first, and says so in the
    first `_message`. 410 once they were removed."""
    job = jobs.get(job_id)
    return csv_file(f"errors-{job.pk}.csv", jobs.write_errors(job))


@router.get("/imports/template.csv", summary="Download a template", openapi_extra=CSV_ANSWER)
def download_template(request: HttpRequest) -> HttpResponseBase:
    return csv_file("template.csv", iter([TEMPLATE]))


def csv_file(filename: str, lines: Iterator[str]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
