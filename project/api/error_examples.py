"""Examples of error responses for the OpenAPI schema: one for each operation and status."""

from collections.abc import Mapping
from typing import Any, TypeVar

from project.api.exception_handlers import REASONS
from project.problems import FieldError, Problem, problem_details

T = TypeVar("T")

JOB = "0b0f6c0e-5c55-4b0a-9d0e-0a3f1f3f7c11"

COMMON = {status: problem_details(status, *reason) for status, reason in REASONS.items()} | {
    400: problem_details(
        400, "json.malformed", "The body is not valid JSON: Expecting value at line 1 column 10."
    ),
    403: problem_details(
        403, "scope.insufficient", "This API key is read-only. Use a key with the scope 'write'."
    ),
    415: problem_details(
        415,
        "content_type.unsupported",
        "Send uncompressed JSON in UTF-8 with the header 'Content-Type: application/json'.",
    ),
    429: problem_details(
        429, "rate.exceeded", "Too many requests. Retry after the delay in the Retry-After header."
    ),
}
# The first prefix of the path that fits.
NOT_FOUND = {
    "/api/products/": ("product.not_found", "There is no product with the id 7."),
    "/api/webhooks/deliveries/": (
        "delivery.not_found",
        "Delivery 7 was not found. Old deliveries are deleted.",
    ),
    "/api/webhooks/": ("webhook.not_found", "Webhook 7 was not found."),
    "/api/imports/profiles/": ("profile.not_found", "Profile 7 was not found."),
    "/api/jobs/": ("job.not_found", f"There is no job with the id {JOB}."),
}
# What is invalid in the body, or in the query where there is no body.
INVALID_OPTION = (
    "option.invalid",
    "/mode",
    "mode must be 'upsert', 'create_only', 'update_only' or 'sync'.",
)
INVALID = {
    "/api/products/": ("price.negative", "/price", "price must be greater than or equal to 0."),
    "/api/webhooks/": ("url.not_allowed", "/url", "The URL points to an address that is not allowed."),
    "/api/upload": INVALID_OPTION,
    "/api/jobs/": ("mode.invalid", *INVALID_OPTION[1:]),
    "/api/imports/profiles/": (
        "name.invalid",
        "/name",
        "name must not be blank or have invisible characters.",
    ),
    "/api/imports/": INVALID_OPTION,
}
INVALID_QUERY = (
    "query.unknown",
    "/query/pagesize",
    "Unknown parameter 'pagesize'. Did you mean 'page_size'?",
)

SKU_TAKEN = ("sku.taken", "Another product has the SKU 'SKU001'; upper and lower case make no difference.")
PROFILE_NAME_TAKEN = (
    "profile.name_taken",
    "Another profile has the name 'Nordwind'; upper and lower case make no difference.",
)
WEBHOOK_DISABLED = ("webhook.disabled", "The webhook is disabled. Set is_enabled to true to enable it.")
UNREADABLE = (
    "secret.unreadable",
    "The stored secrets of this webhook cannot be decrypted with WEBHOOK_SECRET_KEYS or SECRET_KEY. Restore the key "
    "that encrypted them, or rotate the webhook's secret and set its headers again.",
)
OF_OPERATION = {
    ("create_product", 409): SKU_TAKEN,
    ("replace_product", 409): SKU_TAKEN,
    ("change_product", 409): SKU_TAKEN,
    ("export_products", 429): ("exports.one_at_a_time", "Another export of yours is in progress."),
    ("export_products", 503): (
        "exports.too_many",
        "Too many exports are in progress. Retry when one has finished.",
    ),
    ("upload_file", 413): ("file.too_large", "The file is too large. The maximum is 1,073,741,824 bytes."),
    ("upload_file", 415): ("file.not_csv", "The file is a PDF document, not a CSV file."),
    ("upload_file", 429): (
        "uploads.too_many",
        "Four of your uploads are in progress. Retry when one has finished.",
    ),
    ("cancel_job", 409): ("job.ended", "The job has already ended and cannot be cancelled."),
    ("confirm_job", 409): ("job.not_ready", "Only a preview that is ready can be confirmed, for 24 hours."),
    ("undo_job", 409): ("job.not_undoable", "The import has already been undone."),
    ("retry_job", 409): ("job.not_retryable", "Only a failed or cancelled job can be retried."),
    ("retry_job", 410): ("file.missing", "The stored file has been removed. Upload it again."),
    ("delete_job", 409): ("job.not_ended", "The job has not ended. Cancel it first."),
    ("list_job_errors", 410): ("job.errors_removed", "The rejected rows of this import have been removed."),
    ("download_job_errors", 410): (
        "job.errors_removed",
        "The rejected rows of this import have been removed.",
    ),
    ("watch_job", 429): (
        "streams.too_many_of_yours",
        "Too many open event streams. Poll /jobs/{job_id} instead.",
    ),
    ("watch_job", 503): ("streams.too_many", "Too many open event streams. Poll /jobs/{job_id} instead."),
    ("create_profile", 409): PROFILE_NAME_TAKEN,
    ("replace_profile", 409): PROFILE_NAME_TAKEN,
    ("change_profile", 409): PROFILE_NAME_TAKEN,
    ("create_webhook", 409): ("webhooks.too_many", "The limit of 100 webhooks is reached. Delete one first."),
    ("replace_webhook", 409): UNREADABLE,
    ("change_webhook", 409): UNREADABLE,
    ("test_webhook", 409): UNREADABLE,
    ("test_webhook", 429): (
        "webhook_tests.too_many",
        "Two of your test events are still in progress. Try again when one of them has finished.",
    ),
    ("recover_webhook", 409): WEBHOOK_DISABLED,
    ("redeliver_event", 409): WEBHOOK_DISABLED,
}


def example(path: str, operation: dict[str, Any], status: int) -> Problem:
    if found := OF_OPERATION.get((operation["operationId"], status)):
        return problem_details(status, *found)
    if status == 404:
        return problem_details(404, *first_match(NOT_FOUND, path))
    if status == 422:
        return invalid(path, has_body="requestBody" in operation)
    return COMMON[status]


def invalid(path: str, *, has_body: bool) -> Problem:
    body_error = first_match(INVALID, path) if has_body else None
    code, pointer, detail = body_error or INVALID_QUERY
    error = FieldError(pointer=pointer, code=code, detail=detail)
    return problem_details(422, "request.invalid", detail, [error])


def first_match(table: Mapping[str, T], path: str) -> T:
    return next(value for prefix, value in table.items() if path.startswith(prefix))
