"""Endpoints of /upload, /jobs and /imports."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import now
from ninja import Body, Header, Query, Router, Status

from catalog.formats import CSV, XLSX
from imports import job_errors, jobs, removal
from imports.change_schemas import ChangePage, ChangeQuery
from imports.inspection_schemas import Inspection
from imports.journal import undo
from imports.journal.changes import Filters, changes
from imports.models import ImportJob
from imports.progress.sse import watch
from imports.progress.summary import job_summary, job_with_errors
from imports.run_again import run_again
from imports.schemas import ChosenOptions, ErrorPage, ErrorQuery, Job, JobPage, JobQuery, UploadAccepted
from imports.template import template
from imports.upload.inspect import described
from imports.upload.request import INSPECT, UPLOAD, UPLOADS, receive, receive_to_inspect
from lib.openapi import DOWNLOAD, Extra, error_responses
from lib.pagination import links
from lib.places import holder_of

router = Router(tags=["Imports"])

# Visible ASCII, with spaces inside.
PRINTABLE = "^[!-~]([ -~]*[!-~])?$"
STREAM_ANSWER = {
    "responses": {
        200: {
            "description": "Events `progress`, then `final`, or `ready` for a preview. Each has the job as JSON, and its version as "
            "the id. While an import is undone, `progress` and then `final` again.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": "Last-Event-ID is that of the final state: there are no further events."},
        **error_responses(429, 503)["responses"],
    }
}


def file_answer(description: str, media_type: str) -> Extra:
    content = {media_type.split(";")[0]: {"schema": {"type": "string"}}}
    return {"responses": {200: {"description": description, "headers": DOWNLOAD, "content": content}}}


CSV_ANSWER, WORKBOOK_ANSWER = file_answer("A CSV file.", CSV), file_answer("An Excel workbook.", XLSX)
ERRORS_ANSWER = {"responses": CSV_ANSWER["responses"] | error_responses(410)["responses"]}


@router.post("/upload", response={202: UploadAccepted}, summary="Upload a file", openapi_extra=UPLOAD)
def upload_file(
    request: HttpRequest,
    filename: Annotated[
        str, Query(max_length=255, description="The name of a file sent as the body.")
    ] = "upload.csv",
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            max_length=255,
            pattern=PRINTABLE,
            description="Identifies this upload, such as a random UUID. Sent again with the same file and options, the "
            "response is the same job; with others, 422.",
        ),
    ] = None,
) -> Status[dict[str, object]]:
    """Stores the file and queues its import. Follow it at `/jobs/{job_id}` or `/jobs/{job_id}/events`.

    Send a multipart form with the field `file`, or the file as the body: CSV, optionally compressed with gzip or ZIP, or
    an Excel workbook (`.xlsx`). The first line names the columns, in any order and case: `sku` and any of `name`,
    `description`, `price`, `is_active`. Options are form fields or query parameters. 429 while four uploads with the
    same key are in progress."""
    with UPLOADS.held(holder_of(request)):
        job = receive(request, filename, idempotency_key)
    return Status(202, {"job_id": job.pk, "message": "Upload started successfully"})


@router.get("/jobs", response=JobPage, summary="List jobs")
def list_jobs(request: HttpRequest, query: Query[JobQuery]) -> dict[str, object]:
    """Newest first."""
    found = ImportJob.objects.select_related("profile_version__profile").order_by("-created_at", "-id")
    if query.status:
        found = found.filter(status=query.status)
    start = (query.page - 1) * query.page_size
    present = now()
    return page(
        request,
        query,
        found.count(),
        [job_summary(job, present) for job in found[start : start + query.page_size]],
    )


def page(
    request: HttpRequest, query: JobQuery | ErrorQuery | ChangeQuery, count: int, results: Sequence[object]
) -> dict[str, object]:
    around = links(request.build_absolute_uri(), query.page, query.page_size, count)
    return {"count": count, **around, "results": results}


@router.get("/jobs/{uuid:job_id}", response=Job, summary="Get a job")
def get_job(request: HttpRequest, job_id: UUID) -> Job:
    return job_with_errors(jobs.get(job_id), now())


@router.delete(
    "/jobs/{uuid:job_id}", response={204: None}, summary="Delete a job", openapi_extra=error_responses(409)
)
def delete_job(request: HttpRequest, job_id: UUID) -> Status[None]:
    """Deletes a job that has ended, with its stored file, rejected rows and change history. Products are not changed, and
    the import can no longer be undone or retried. 409 for a job that has not ended or is being undone."""
    removal.remove(job_id)
    return Status(204, None)


@router.get("/jobs/{uuid:job_id}/events", summary="Stream a job's progress", openapi_extra=STREAM_ANSWER)
def watch_job(
    request: HttpRequest,
    job_id: UUID,
    last_event_id: Annotated[str, Header(alias="Last-Event-ID")] = "",
) -> HttpResponseBase:
    """Server-sent events: the job's current state, then every change. The stream ends with the final state, or with a dry
    run that is ready; that of an import that is being undone, with the end of the undo."""
    stream = watch(jobs.get(job_id), version_of(last_event_id), holder_of(request))
    if stream is None:
        return HttpResponse(status=204, content_type="text/event-stream")
    # Otherwise proxies such as nginx buffer the response.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


def version_of(last_event_id: str) -> int | None:
    """None for an id of another form, which starts the stream with the current state."""
    return int(last_event_id) if re.fullmatch(r"[0-9]{1,18}", last_event_id) else None


@router.post(
    "/jobs/{uuid:job_id}/cancel", response=Job, summary="Cancel a job", openapi_extra=error_responses(409)
)
def cancel_job(request: HttpRequest, job_id: UUID) -> Job:
    """Stops the import. Rows that are already imported are kept and counted. 409 once the job has ended."""
    return job_with_errors(jobs.cancel(job_id), now())


@router.post(
    "/jobs/{uuid:job_id}/confirm",
    response=Job,
    summary="Confirm a preview",
    openapi_extra=error_responses(409),
)
def confirm_job(request: HttpRequest, job_id: UUID) -> Job:
    """Imports what the preview showed. Products that changed since are compared again."""
    return job_with_errors(jobs.confirm(job_id), now())


@router.post(
    "/jobs/{uuid:job_id}/undo",
    response={202: Job},
    summary="Undo an import",
    openapi_extra=error_responses(409),
)
def undo_job(request: HttpRequest, job_id: UUID) -> Status[Job]:
    """Queues the undo, which runs in the background: it deletes the products that the import created and restores those it
    changed, except products that changed since. `reverted_count` and `kept_count` say how many so far.

    Follow it like an import, at `/jobs/{job_id}` or `/jobs/{job_id}/events`: `undo` has its status and progress, and
    `undone_at` is set once it is complete. If its status is `failed`, undo the import again: it continues where it
    stopped. 409 while an undo is under way, and once the import is undone."""
    return Status(202, job_with_errors(undo.request(job_id), now()))


@router.get("/jobs/{uuid:job_id}/changes", response=ChangePage, summary="List a job's changes")
def list_job_changes(request: HttpRequest, job_id: UUID, query: Query[ChangeQuery]) -> dict[str, object]:
    """What a preview would change, or what an import changed, field by field with old and new values."""
    filters = Filters(query.kind, query.flag, query.sku, query.order)
    count, results = changes(jobs.get(job_id), filters, query.page, query.page_size)
    return page(request, query, count, results)


@router.post(
    "/jobs/{uuid:job_id}/retry",
    response={202: UploadAccepted},
    summary="Retry a job",
    openapi_extra=error_responses(409, 410),
)
def retry_job(
    request: HttpRequest, job_id: UUID, chosen: Annotated[ChosenOptions | None, Body()] = None
) -> Status[dict[str, object]]:
    """Imports the stored file of a failed or cancelled job again, with the same options, as a new job.

    With options in the body, also that of a completed job or of a preview that is ready, which is then discarded. The
    columns are matched again; options that are not given stay as they were. 409 for other jobs, and while an earlier
    retry has not ended; 410 once the file was deleted; 422 as for an upload."""
    changed = chosen.model_dump(exclude_unset=True) if chosen else {}
    job = run_again(job_id, changed) if changed else jobs.retry(job_id)
    return Status(202, {"job_id": job.pk, "message": "Retry started successfully"})


@router.get(
    "/jobs/{uuid:job_id}/errors",
    response=ErrorPage,
    summary="List a job's errors",
    openapi_extra=error_responses(410),
)
def list_job_errors(request: HttpRequest, job_id: UUID, query: Query[ErrorQuery]) -> dict[str, object]:
    """Why the job failed, if it did, then the errors of its rejected rows in file order; a row with two errors is listed
    twice. The first 10,000 rejected rows are listed; the job's `error_count` counts all of them. 410 once they were
    deleted."""
    count, results = job_errors.errors(jobs.get(job_id), query.page, query.page_size)
    return page(request, query, count, results)


@router.get(
    "/jobs/{uuid:job_id}/errors.csv", summary="Download a job's rejected rows", openapi_extra=ERRORS_ANSWER
)
def download_job_errors(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The rejected rows with their own columns, and the columns `_line`, `_column`, `_code`, `_message`, which an upload
    ignores: correct the rows and upload the file. It has the first 10,000 rows, and says so in the first `_message` if
    there are more. 410 once they were deleted."""
    job = jobs.get(job_id)
    return file(f"errors-{job.pk}.csv", CSV, job_errors.write_errors(job))


@router.post("/imports/inspect", response=Inspection, summary="Inspect a file", openapi_extra=INSPECT)
def inspect_file(request: HttpRequest) -> Inspection:
    """How the file would be read, and what is unclear about it; nothing is stored. Send the file and the options as to
    `/upload`. The first megabyte of a text is enough, of a gzip file too; an Excel workbook or a ZIP must be whole.

    Answer the questions with the options `mapping` and `sheet`, and upload the file with them."""
    with UPLOADS.held(holder_of(request)):
        return described(receive_to_inspect(request))


@router.get("/imports/template.csv", summary="Download a template", openapi_extra=CSV_ANSWER)
def download_template(
    request: HttpRequest, format: Literal["csv", "csv-eu"] = "csv"
) -> StreamingHttpResponse:
    """`csv-eu` has semicolons and decimal commas, as Excel expects them in most of Europe."""
    return file("template.csv", CSV, template(format))


@router.get(
    "/imports/template.xlsx", summary="Download a template as a workbook", openapi_extra=WORKBOOK_ANSWER
)
def download_template_workbook(request: HttpRequest) -> StreamingHttpResponse:
    return file("template.xlsx", XLSX, template("xlsx"))


def file(filename: str, media_type: str, pieces: Iterable[str | bytes]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingHttpResponse(pieces, content_type=media_type, headers=headers)
