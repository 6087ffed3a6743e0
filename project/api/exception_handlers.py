"""What went wrong, whoever noticed it, becomes a problem (project.api.problems).

Views raise, and Ninja is told to raise too (project.api.api), so one table here answers for all of them. What Django
turned into an HTML page outside a view (no such path, wrong method, unknown host, a fault of ours) is rewritten,
in DEBUG as well: the trace is in the log. The admin keeps its pages."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core import exceptions as refused
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.views.defaults import bad_request
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from psycopg.errors import DiskFull, ReadOnlySqlTransaction

from lib.forkserver import ServerGone
from project.api.problems import CONTENT_TYPE, RETRY_SECONDS, ProblemError, invalid_input, problem, render
from project.api.validation_errors import field_errors
from project.server.body_stream import BodyError, incomplete

logger = logging.getLogger(__name__)

# What is said of an answer nobody gave a reason for.
REASONS = {
    400: ("request.malformed", "The request cannot be read as it was sent."),
    401: ("key.missing", "Send an API key as 'Authorization: Bearer <key>', or sign in at /admin/ as staff."),
    403: ("access.denied", "This is not allowed."),
    404: ("path.not_found", "There is nothing here; /api/docs/ lists what there is."),
    405: (
        "method.not_allowed",
        "This path does not take that method; the Allow header names those it takes.",
    ),
    413: ("body.too_large", "The request is too large."),
    429: ("rate.exceeded", "Too many requests; Retry-After says when to go on."),
    500: ("server.error", "Something went wrong on the server. It has been logged; trying again may help."),
    503: ("server.unavailable", "The server cannot answer just now; try again shortly."),
    507: (
        "storage.full",
        "The database server ran out of disk space, so this was not stored. Make room and send it again.",
    ),
}
# The field of the admin's forms that has the keys of the rows chosen.
ACTION_ROWS = "_selected_action"
UNEXPLAINED = ("request.rejected", "The request was refused.")


class FailureMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_admin(request) and "%00" in request.META["QUERY_STRING"]:
            # The API and the console refuse it by their own rules; PostgreSQL cannot even compare with it.
            return bad_request(request, refused.BadRequest())
        response = self.get_response(request)
        if is_page_of_failure(response) and not is_admin(request):
            rewrite(response, request)
        return response

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        if not is_admin(request) or isinstance(exc, ProblemError):
            return problem_of(exc)
        # Of the admin's other failures Django makes a page.
        return bad_request(request, exc) if is_of_a_choice(request, exc) else None


# --- Raised in a view ---


def problem_of(exc: Exception) -> HttpResponse | None:
    """The problem an exception is; None for a fault of ours, which Django logs and answers with 500."""
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
            logger.error("The database server ran out of disk space.", exc_info=exc)
            return problem(507, *REASONS[507])
        case OperationalError() | InterfaceError():
            logger.error("The database did not answer.", exc_info=exc)
            return problem(
                503, "database.unavailable", "The database does not answer just now; try again shortly."
            )
        case InternalError() if isinstance(exc.__cause__, ReadOnlySqlTransaction):
            return problem(
                503, "database.read_only", "The database takes no changes just now; try again shortly."
            )
        case ServerGone():
            logger.error("The process that starts readers of files has ended.", exc_info=exc)
            return problem(503, *REASONS[503])
    return problem_of_django(exc)


def problem_of_ninja(exc: HttpError) -> HttpResponse | None:
    # Ninja makes a 400 of whatever a parser raises; project.api.json_parser's own words are in the cause.
    if isinstance(exc.__cause__, ProblemError):
        return problem_of(exc.__cause__)
    code, reason = REASONS.get(exc.status_code, UNEXPLAINED)
    detail = reason if isinstance(exc, AuthenticationError | Throttled) else exc.message
    headers = {"Retry-After": str(exc.wait or RETRY_SECONDS)} if isinstance(exc, Throttled) else None
    return problem(exc.status_code, code, detail, headers=headers)


def problem_of_absence(exc: Http404) -> HttpResponse:
    # A sentence of the domain is kept; what the URL resolver says is not for clients.
    said = exc.args[0] if exc.args else None
    if isinstance(said, str) and said.endswith("."):
        return problem(404, "object.not_found", said)
    return problem(404, *REASONS[404])


def problem_of_django(exc: Exception) -> HttpResponse | None:
    match exc:
        case refused.RequestDataTooBig():
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            return problem(
                413, "body.too_large", f"The body is too large: at most {limit} bytes are taken here."
            )
        case refused.TooManyFilesSent() | refused.TooManyFieldsSent():
            return problem(400, "form.too_many_parts", "The form has too many files or fields.")
        case MultiPartParserError():
            return problem(400, "form.malformed", "The multipart form cannot be read; check its boundary.")
        case BodyError():
            return problem(exc.status, exc.code, exc.detail)
        case UnreadablePostError():
            # Django's name for whatever fails while it reads a body, sometimes twice; what it was is in the cause.
            cause = exc.__cause__
            return problem_of_django(
                cause if isinstance(cause, BodyError | UnreadablePostError) else incomplete()
            )
        case refused.PermissionDenied():
            return problem(403, *REASONS[403])
        case refused.BadRequest() | refused.SuspiciousOperation():
            return problem(400, *REASONS[400])
    return None


# --- Answered by Django, as a page ---


def is_page_of_failure(response: HttpResponseBase) -> bool:
    """Django's own, that is; a form with what is wrong in it, which it never answers, is a page of the console."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return is_page and response.status_code >= 400 and response.status_code != 422


def is_admin(request: HttpRequest) -> bool:
    return request.path_info.startswith("/admin/")


def is_of_a_choice(request: HttpRequest, exc: Exception) -> bool:
    """Whether rows were chosen for an action by what is no key of them, which the admin does not look at."""
    return ACTION_ROWS in request.POST and isinstance(exc, ValueError | refused.ValidationError)


def rewrite(response: HttpResponseBase, request: HttpRequest) -> None:
    """In place, so that Allow, Retry-After, cookies and the headers of other middleware stay."""
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
        except refused.DisallowedHost:
            return (
                "host.not_allowed",
                "This server does not serve the host named in the Host header; see ALLOWED_HOSTS.",
            )
    return REASONS.get(status, UNEXPLAINED)
