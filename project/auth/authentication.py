"""Who may use the API.

A program shows a key (project.auth.api_keys), a person has signed in as staff, sends the CSRF token in a header, and may do what
project.auth.permissions says.
While DEBUG is on, a request from this very machine needs neither, and every answer says so. Reading needs the
scope `read`, everything else `write`. project.api.api puts CHECKS before every route and `guard_docs` before the
documentation; what is refused here becomes a problem in project.api.exception_handlers."""

import re
from collections.abc import Callable
from functools import wraps
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import resolve_url
from ninja.errors import AuthenticationError
from ninja.security.base import AuthBase

from lib.security_log import log
from project.api.problems import ProblemError
from project.auth import api_keys, permissions
from project.middleware.head_and_options import SAFE_METHODS
from project.models import ApiKey, Scope

# Only proxies, tunnels and content delivery networks send these: X-Forwarded-For, X-Real-IP, CF-Connecting-IP ...
HEADER_OF_A_PROXY = re.compile(
    "via|(x-)?forwarded(-.*)?|.*-(client)?ip|x-(original|rewrite)-.*|(cf|cdn|ngrok|x-(envoy|amzn|azure))-.*",
    re.IGNORECASE,
)
# What a browser says of a request that no page of another site has made.
OWN_SITES = {"same-origin", "none"}
NOTICE_HEADER = "X-Access"
NOTICE = "open (development)"


class AccessNoticeMiddleware:
    """Says on every answer under /api/ when it was given without asking who wanted it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith("/api/") and is_development_here(request):
            response.headers[NOTICE_HEADER] = NOTICE
        return response


# --- The three ways in, asked in this order ---


class ApiKeyBearer(AuthBase):
    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = (
        "A key made by `python manage.py apikey create NAME --scope read|write` or in the admin."
    )

    def __call__(self, request: HttpRequest) -> ApiKey | None:
        """The key that was shown; one that is wrong is refused, whatever else would let the request in."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = key.strip()
        record = api_keys.find(key)
        if record is None:
            # Of something else than a key of ours, such as a password that was pasted here, nothing is told.
            log(
                "key.rejected",
                prefix=key[: api_keys.PREFIX_LENGTH] if api_keys.is_well_formed(key) else "malformed",
            )
            raise ProblemError(
                401, "key.invalid", "This API key is mistyped, unknown or revoked; make a new one."
            )
        if record.scope != Scope.WRITE and request.method not in SAFE_METHODS:
            raise ProblemError(
                403, "scope.insufficient", "This API key may only read; use one with the scope 'write'."
            )
        return record


def open_in_development(request: HttpRequest) -> bool:
    """A page of another site cannot read answers, but it could post: to this it is not open."""
    if not is_development_here(request):
        return False
    if request.method not in SAFE_METHODS and is_of_another_site(request):
        raise ProblemError(
            403,
            "origin.not_allowed",
            "A page of another site may not change anything here; add its origin to CORS_ALLOWED_ORIGINS.",
        )
    return True


class StaffSession(AuthBase):
    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME
    openapi_description = (
        "Signed in at /admin/ as staff. Whatever is not a read needs the header `X-CSRFToken`."
    )
    # Read by Ninja's documentation page, which then sends the token itself.
    csrf = True

    def __call__(self, request: HttpRequest) -> User | None:
        user: User | AnonymousUser = request.user
        if isinstance(user, AnonymousUser):
            return None
        if not user.is_staff:
            raise ProblemError(
                403, "staff.required", "This account is not staff; ask an administrator to make it so."
            )
        refusal = CsrfViewMiddleware(reject_csrf).process_view(WithoutBody(request), reject_csrf, (), {})
        if refusal is not None:
            raise ProblemError(
                403, "csrf.failed", "Send the CSRF token of this session in the header X-CSRFToken."
            )
        permissions.require(request, user)
        return user


CHECKS: list[Callable[[HttpRequest], object]] = [ApiKeyBearer(), open_in_development, StaffSession()]


class WithoutBody(HttpRequest):
    """What the CSRF check sees: looking for the token in the form would swallow the upload that is streamed."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__()
        self.method, self.META, self.COOKIES = request.method, request.META, request.COOKIES
        self.secure = request.is_secure()
        self.path = request.path
        # Set by Django's test client alone.
        self._dont_enforce_csrf_checks = getattr(request, "_dont_enforce_csrf_checks", False)

    def is_secure(self) -> bool:
        return self.secure


def reject_csrf(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=403)


# --- Where a request comes from ---


def is_development_here(request: HttpRequest) -> bool:
    """DEBUG is on and the client is this machine itself, not a proxy on it."""
    if not settings.DEBUG or any(HEADER_OF_A_PROXY.fullmatch(name) for name in request.headers):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_of_another_site(request: HttpRequest) -> bool:
    """By the first of three headers that is there; programs send none of them."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin is None and site is not None:
        return site not in OWN_SITES
    if origin is None:
        origin = origin_of(request.headers.get("Referer"))
    own = f"{request.scheme}://{request.get_host()}"
    return origin is not None and origin != own and origin not in settings.CORS_ALLOWED_ORIGINS


def origin_of(referer: str | None) -> str | None:
    if referer is None:
        return None
    scheme, mark, rest = referer.partition("://")
    # Up to where the host ends; what is no address is no origin of ours either.
    return f"{scheme}{mark}{re.split('[/?#]', rest, maxsplit=1)[0]}"


# --- The documentation ---

View = Callable[..., HttpResponseBase]


def guard_docs(view: View) -> View:
    """A person without access is led to the sign-in; a program that wants the schema gets the problem."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            admit(request)
        except (AuthenticationError, ProblemError):
            if request.resolver_match is None or request.resolver_match.url_name != "openapi-view":
                raise
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")
        return view(request, *args, **kwargs)

    return guarded


def admit(request: HttpRequest) -> None:
    if not any(check(request) for check in CHECKS):
        raise AuthenticationError
