"""Turns exceptions and Django's error pages into problem responses.

Views and Ninja raise, so one table here handles all exceptions. Error pages that Django makes outside of a view (unknown
path, wrong method, unknown host, internal error) are rewritten, in DEBUG too: the traceback is in the log. The admin keeps
its own pages."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core import exceptions
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.views.defaults import bad_request
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from psycopg.errors import DiskFull, ReadOnlySqlTransaction

from lib.forkserver import ServerGone
from project.api.validation_errors import field_errors
from project.problems import CONTENT_TYPE, RETRY_SECONDS, ProblemError, invalid_input, problem, render
from project.server.body_stream import BodyError, incomplete

logger = logging.getLogger(__name__)

# Code and detail where the exception has none.
REASONS = {
    400: ("request.malformed", "The request is malformed."),
    401: (
        "key.missing",
        "Authentication required. Send an API key as 'Authorization: Bearer <key>', or sign in at /admin/.",
    ),
    403: ("access.denied", "Access denied."),
    404: ("path.not_found", "Not found. See /api/docs/ for the available endpoints."),
    405: ("method.not_allowed", "Method not allowed. See the Allow header for supported methods."),
    413: ("body.too_large", "The request is too large."),
    429: ("rate.exceeded", "Too many requests. Retry after the delay in the Retry-After header."),
    500: ("server.error", "Internal server error. The error has been logged. Retrying may help."),
    503: ("server.unavailable", "The server is temporarily unavailable. Retry shortly."),
    507: (
        "storage.full",
        "The database is out of disk space, so nothing was stored. Free some space and retry.",
    ),
}
# The field of the admin's forms with the keys of the selected rows.
ACTION_ROWS = "_selected_action"
UNEXPLAINED = ("request.rejected", "The request was rejected.")


class FailureMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_admin(request) and "%00" in request.META["QUERY_STRING"]:
            # PostgreSQL cannot compare text with NUL. The API and the console reject it by rules of their own.
            return bad_request(request, exceptions.BadRequest())
        response = self.get_response(request)
        if is_error_page(response) and not is_admin(request):
            rewrite(response, request)
        return response

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        if not is_admin(request) or isinstance(exc, ProblemError):
            return problem_of(exc)
        # Django makes a page of the admin's other errors.
        return bad_request(request, exc) if is_invalid_selection(request, exc) else None


# --- Raised in a view ---


def problem_of(exc: Exception) -> HttpResponse | None:
    """Return the response for an exception; None for an internal error, which Django logs and turns into a 500."""
    match exc:
        case ProblemError():
            return problem(exc.status, exc.code, exc.detail, exc.errors, exc.headers)
        case ValidationError():
            return invalid_input(field_errors(exc.errors))
        case HttpError():
            return problem_of_ninja(exc)
        case Http404():
            return problem_of_absence(exc)
        case OperationalError(__cause__=DiskFull()):
            logger.error("The database is out of disk space.", exc_info=exc)
            return problem(507, *REASONS[507])
        case OperationalError() | InterfaceError():
            logger.error("The database is unavailable.", exc_info=exc)
            return problem(
                503, "database.unavailable", "The database is temporarily unavailable. Retry shortly."
            )
        case InternalError() if isinstance(exc.__cause__, ReadOnlySqlTransaction):
            return problem(
                503, "database.read_only", "The database is read-only at the moment. Retry shortly."
            )
        case ServerGone():
            logger.error("The process that forks file readers has ended.", exc_info=exc)
            return problem(503, *REASONS[503])
    return problem_of_django(exc)


def problem_of_ninja(exc: HttpError) -> HttpResponse | None:
    # Ninja turns every exception of a parser into a 400; ours is the cause.
    if isinstance(exc.__cause__, ProblemError):
        return problem_of(exc.__cause__)
    code, reason = REASONS.get(exc.status_code, UNEXPLAINED)
    detail = reason if isinstance(exc, AuthenticationError | Throttled) else exc.message
    headers = {"Retry-After": str(exc.wait or RETRY_SECONDS)} if isinstance(exc, Throttled) else None
    return problem(exc.status_code, code, detail, headers=headers)


def problem_of_absence(exc: Http404) -> HttpResponse:
    # A sentence of the domain is kept; the message of the URL resolver is not for clients.
    message = exc.args[0] if exc.args else None
    if isinstance(message, str) and message.endswith("."):
        return problem(404, "object.not_found", message)
    return problem(404, *REASONS[404])


def problem_of_django(exc: Exception) -> HttpResponse | None:
    match exc:
        case exceptions.RequestDataTooBig():
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            return problem(413, "body.too_large", f"The body is too large. The maximum is {limit:,} bytes.")
        case exceptions.TooManyFilesSent() | exceptions.TooManyFieldsSent():
            return problem(400, "form.too_many_parts", "The form has too many files or fields.")
        case MultiPartParserError():
            return problem(400, "form.malformed", "The multipart form is malformed. Check its boundary.")
        case BodyError():
            return problem(exc.status, exc.code, exc.detail)
        case UnreadablePostError():
            # Django wraps every error while reading a body, sometimes twice; the original is the cause.
            cause = exc.__cause__
            return problem_of_django(
                cause if isinstance(cause, BodyError | UnreadablePostError) else incomplete()
            )
        case exceptions.PermissionDenied():
            return problem(403, *REASONS[403])
        case exceptions.BadRequest() | exceptions.SuspiciousOperation():
            return problem(400, *REASONS[400])
    return None


# --- Pages of Django ---


def is_error_page(response: HttpResponseBase) -> bool:
    """Whether this is an error page of Django. A form with errors (422) is a page of the console."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return is_page and response.status_code >= 400 and response.status_code != 422


def is_admin(request: HttpRequest) -> bool:
    return request.path_info.startswith("/admin/")


def is_invalid_selection(request: HttpRequest, exc: Exception) -> bool:
    """Whether an action was sent with invalid row keys, which the admin does not check."""
    return ACTION_ROWS in request.POST and isinstance(exc, ValueError | exceptions.ValidationError)


def rewrite(response: HttpResponseBase, request: HttpRequest) -> None:
    """Replace the content in place, to keep Allow, Retry-After, cookies and the headers of other middleware."""
    if not isinstance(response, HttpResponse):
        return
    code, detail = reason_for(request, response.status_code)
    response.content = render(response.status_code, code, detail).encode()
    response.headers["Content-Type"] = CONTENT_TYPE
    response.headers["Content-Length"] = str(len(response.content))


def reason_for(request: HttpRequest, status: int) -> tuple[str, str]:
    if status == 400:
        try:
            request.get_host()
        except exceptions.DisallowedHost:
            return (
                "host.not_allowed",
                "The host in the Host header is not served here. See ALLOWED_HOSTS.",
            )
    return REASONS.get(status, UNEXPLAINED)
