"""Access to the console's pages (the app dashboard), and its error pages.

Visitors who are not signed in as staff are redirected to the sign-in page; permissions are those of project.auth.permissions.
On a developer's machine no sign-in is needed, and every page says so. Problems become an error page, or a notice in the
page that htmx is about to change."""

import json
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.views.csrf import csrf_failure

from lib.errors import DomainError
from project.api.api import domain_error_response
from project.api.exception_handlers import is_admin, problem_of
from project.auth import permissions
from project.auth.authentication import is_development_here
from project.problems import CONTENT_TYPE, ProblemError, problem

CONSOLE = "console"
OPEN_TO_ALL = {"sign-in", "sign-out"}
# Paths for programs: they get problems, whatever they accept.
PROGRAM_PATHS = ("/api/", "/static/", "/healthz", "/readyz")
DATABASE_FAILURES = (OperationalError, InterfaceError)
# Makes htmx show a notice instead of the change.
NOTICE_PLACE = {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML", "HX-Reselect": ".notice"}
# Where a problem's detail is for programs.
DETAILS = {
    "urn:problem:path.not_found": "This page doesn't exist or has been removed.",
    "urn:problem:method.not_allowed": "This page can't be opened directly. Go back and use its button.",
}


class ConsoleMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if wants_page(request):
            # Pages are personal, and must be current.
            response.headers.setdefault("Cache-Control", "private, no-cache")
            if isinstance(response, HttpResponse) and response.headers.get("Content-Type") == CONTENT_TYPE:
                show(response, request)
        return response

    def process_view(self, request: HttpRequest, *view: object) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or match.app_name != CONSOLE or match.url_name in OPEN_TO_ALL:
            return None
        try:
            return None if may_enter(request) else to_sign_in(request)
        except (ProblemError, *DATABASE_FAILURES) as failure:
            # Raised before the view, it would become an internal error.
            return problem_of(failure)

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        if wants_page(request) and isinstance(exc, DomainError):
            return domain_error_response(request, exc)
        return None


# --- Access ---


def may_enter(request: HttpRequest) -> bool:
    """Return False if a sign-in is needed. Raises ProblemError if the account lacks the permission."""
    if is_development_here(request):
        return True
    if not (request.user.is_active and request.user.is_staff):
        return False
    permissions.require(request, request.user)
    return True


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page, and afterwards back to the page, or to the page with the form that was sent."""
    ended = {"ended": 1} if request.method == "POST" or is_htmx(request) or has_session(request) else {}
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': wanted(request), **ended})}"
    if is_htmx(request):
        # htmx would follow a redirect and insert its page into this one.
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def wanted(request: HttpRequest) -> str:
    """The page that was requested: for htmx and forms, the one they are on, with the query that they ask for."""
    seen = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/")
    is_of_the_page = request.method == "GET" and (not is_htmx(request) or seen.path == request.path)
    return request.get_full_path() if is_of_the_page else seen._replace(scheme="", netloc="").geturl()


def has_session(request: HttpRequest) -> bool:
    """Whether the browser still sends the cookie of a session that has ended."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def context(request: HttpRequest) -> dict[str, object]:
    """Return the context of every template."""
    is_open = is_development_here(request)
    may = SimpleLazyObject(lambda: permissions.allowed(request.user, everything=is_open))
    return {"open_in_development": is_open, "may": may}


# --- Error pages ---


def wants_page(request: HttpRequest) -> bool:
    if request.path_info.startswith(PROGRAM_PATHS):
        return False
    return is_htmx(request) or "text/html" in request.headers.get("Accept", "")


def show(response: HttpResponse, request: HttpRequest) -> None:
    """Replace the content in place, to keep the status and the headers of other middleware."""
    problem = json.loads(response.content)
    problem["detail"] = DETAILS.get(problem["type"], problem["detail"])
    if is_htmx(request):
        page = render_to_string("dashboard/_failure.html", {"problem": problem})
        for name, value in NOTICE_PLACE.items():
            response.headers[name] = value
    else:
        # Without the request: the page must render even if the database or the session failed.
        page = render_to_string("dashboard/failure.html", {"problem": problem})
    response.content = page.encode()
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Content-Length"] = str(len(response.content))


def reject_csrf(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Replace Django's message for developers, except in the admin."""
    if is_admin(request):
        return csrf_failure(request, reason)
    return problem(
        403,
        "csrf.failed",
        "This page has expired, or cookies are disabled. Reload it and try again.",
    )
