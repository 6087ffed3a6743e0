"""Authentication of API requests.

A program sends an API key; a person signs in as staff, sends the CSRF token in a header, and needs the permissions of
project.auth.permissions. Reads need the scope `read`, everything else `write`. While DEBUG is on, requests from this
machine need neither, and every response says so."""

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
from project.auth import api_keys, permissions
from project.auth.permissions import SAFE_METHODS
from project.models import ApiKey, Scope
from project.problems import ProblemError

# Sent only by proxies, tunnels and CDNs: X-Forwarded-For, X-Real-IP, CF-Connecting-IP ...
HEADER_OF_A_PROXY = re.compile(
    "via|(x-)?forwarded(-.*)?|.*-(client)?ip|x-(original|rewrite)-.*|(cf|cdn|ngrok|x-(envoy|amzn|azure))-.*",
    re.IGNORECASE,
)
# Values of Sec-Fetch-Site for requests that no page of another site made.
OWN_SITES = {"same-origin", "none"}
NOTICE_HEADER = "X-Access"
NOTICE = "open (development)"


class AccessNoticeMiddleware:
    """Marks every response under /api/ that needed no authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith("/api/") and is_development_here(request):
            response.headers[NOTICE_HEADER] = NOTICE
        return response


# --- The three checks, in this order ---


class ApiKeyBearer(AuthBase):
    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = (
        "An API key, created with `python manage.py apikey create NAME --scope read|write` or in the admin."
    )

    def __call__(self, request: HttpRequest) -> ApiKey | None:
        """Return the key. An invalid key is rejected even if another check would accept the request."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = key.strip()
        record = api_keys.find(key)
        if record is None:
            # Anything else, such as a password pasted by mistake, is not logged.
            log(
                "key.rejected",
                prefix=key[: api_keys.PREFIX_LENGTH] if api_keys.is_well_formed(key) else "malformed",
            )
            raise ProblemError(
                401, "key.invalid", "This API key is mistyped, unknown or revoked. Create a new one."
            )
        if record.scope != Scope.WRITE and request.method not in SAFE_METHODS:
            raise ProblemError(
                403, "scope.insufficient", "This API key is read-only. Use a key with the scope 'write'."
            )
        return record


def open_in_development(request: HttpRequest) -> bool:
    """Allow all requests of this machine, except writes by pages of other sites."""
    if not is_development_here(request):
        return False
    if request.method not in SAFE_METHODS and is_cross_site(request):
        raise ProblemError(
            403,
            "origin.not_allowed",
            "Pages of other sites must not change data. Add the origin to CORS_ALLOWED_ORIGINS to allow it.",
        )
    return True


class StaffSession(AuthBase):
    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME
    openapi_description = (
        "The session of a staff account, signed in at /admin/. Write requests need the header `X-CSRFToken`."
    )
    # Tells Ninja's documentation page to send the token.
    csrf = True

    def __call__(self, request: HttpRequest) -> User | None:
        user: User | AnonymousUser = request.user
        if isinstance(user, AnonymousUser):
            return None
        if not user.is_staff:
            raise ProblemError(
                403,
                "staff.required",
                "This account does not have staff access. Ask an administrator to grant it.",
            )
        failure = CsrfViewMiddleware(reject_csrf).process_view(WithoutBody(request), reject_csrf, (), {})
        if failure is not None:
            raise ProblemError(
                403,
                "csrf.failed",
                "CSRF check failed. Send the CSRF token of this session in the header X-CSRFToken.",
            )
        permissions.require(request, user)
        return user


CHECKS: list[Callable[[HttpRequest], object]] = [ApiKeyBearer(), open_in_development, StaffSession()]


class WithoutBody(HttpRequest):
    """The request for the CSRF check without its body: reading the form would consume a streamed upload."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__()
        self.method, self.META, self.COOKIES = request.method, request.META, request.COOKIES
        self.secure = request.is_secure()
        self.path = request.path
        # Only set by Django's test client.
        self._dont_enforce_csrf_checks = getattr(request, "_dont_enforce_csrf_checks", False)

    def is_secure(self) -> bool:
        return self.secure


def reject_csrf(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=403)


# --- Where a request comes from ---


def is_development_here(request: HttpRequest) -> bool:
    """Whether DEBUG is on and the client is this machine, not a proxy on it."""
    if not settings.DEBUG or any(HEADER_OF_A_PROXY.fullmatch(name) for name in request.headers):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_cross_site(request: HttpRequest) -> bool:
    """Decide by the first of three headers that is present; programs send none of them."""
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
    # Up to the end of the host. An invalid referer matches no own origin either.
    return f"{scheme}{mark}{re.split('[/?#]', rest, maxsplit=1)[0]}"


# --- The documentation ---

View = Callable[..., HttpResponseBase]


def guard_docs(view: View) -> View:
    """Redirect people without access to the sign-in page; programs that request the schema get a problem."""

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
