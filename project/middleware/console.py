"""The console (the app dashboard) as people meet it: who may see its pages, and failures as pages.

Whoever has not signed in as staff is led to the sign-in, and may do what project.auth.permissions says; on the machine of
a developer nobody needs to (project.auth.authentication), and every page says so. What a domain refuses, and what project.api.exception_handlers makes a problem of, becomes
a page for whoever asked for a page, or a notice in the page that htmx is about to change."""

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

from project.api.api import STATUS_OF_ERROR, domain_error_response
from project.api.exception_handlers import is_admin, problem_of
from project.api.problems import CONTENT_TYPE, ProblemError, problem
from project.auth import permissions
from project.auth.authentication import is_development_here

CONSOLE = "console"
OPEN_TO_ALL = {"sign-in", "sign-out"}
# Addresses of programs: their failures are problems, whatever they accept.
OF_PROGRAMS = ("/api/", "/static/", "/healthz", "/readyz")
REFUSED = tuple(STATUS_OF_ERROR)
DATABASE_FAILURES = (OperationalError, InterfaceError)
# Where htmx puts a notice, whatever it was about to change.
NOTICE_PLACE = {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML", "HX-Reselect": ".notice"}


class ConsoleMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if wants_page(request):
            # What a page tells is for whoever is signed in, and as of now.
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
            # Before a view, Django would make a fault of ours of it.
            return problem_of(failure)

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        if wants_page(request) and isinstance(exc, REFUSED):
            return domain_error_response(request, exc)
        return None


# --- Who may see it ---


def may_enter(request: HttpRequest) -> bool:
    """False: somebody has to sign in first. Raises ProblemError where the account lacks the permission."""
    if is_development_here(request):
        return True
    if not (request.user.is_active and request.user.is_staff):
        return False
    permissions.require(request, request.user)
    return True


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Back to the page afterwards; of a form that was sent, to the page that has it."""
    seen = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/")
    wanted = request.get_full_path() if request.method == "GET" and not is_htmx(request) else seen.path
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': wanted})}"
    if is_htmx(request):
        # A redirect would be followed unseen, and its page put into this one.
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def context(request: HttpRequest) -> dict[str, object]:
    """What every template may ask."""
    is_open = is_development_here(request)
    may = SimpleLazyObject(lambda: permissions.allowed(request.user, everything=is_open))
    return {"open_in_development": is_open, "may": may}


# --- Failures ---


def wants_page(request: HttpRequest) -> bool:
    if request.path_info.startswith(OF_PROGRAMS):
        return False
    return is_htmx(request) or "text/html" in request.headers.get("Accept", "")


def show(response: HttpResponse, request: HttpRequest) -> None:
    """In place, so that its status and the headers of other middleware stay."""
    told = json.loads(response.content)
    if is_htmx(request):
        page = render_to_string("dashboard/_failure.html", {"problem": told})
        for name, value in NOTICE_PLACE.items():
            response.headers[name] = value
    else:
        # Without the request: the page must also come when the database or the session is what failed.
        page = render_to_string("dashboard/failure.html", {"problem": told})
    response.content = page.encode()
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Content-Length"] = str(len(response.content))


def reject_csrf(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Django's own words are for developers; the admin keeps them."""
    if is_admin(request):
        return csrf_failure(request, reason)
    return problem(
        403,
        "csrf.failed",
        "This page has expired, or cookies are disabled. Reload it and try again.",
    )
