"""The requester: the key, account and address behind a request, for the security log and the sign-in limits."""

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from lib.security_log import WHO
from project.models import ApiKey


class RequesterMiddleware:
    """Adds the requester to security log entries made during a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = WHO.set(partial(who, request))
        try:
            return self.get_response(request)
        finally:
            WHO.reset(token)


def who(request: HttpRequest) -> dict[str, object]:
    address: dict[str, object] = {"address": client_address(request)}
    # Set by Ninja once the request is authenticated.
    visitor = getattr(request, "auth", None) or getattr(request, "user", None)
    if isinstance(visitor, ApiKey):
        return {"key": visitor.prefix, **address}
    # The user is a lazy object, which isinstance resolves.
    if isinstance(visitor, User):
        return {"account": visitor.get_username(), **address}
    return address


def client_address(request: HttpRequest) -> str:
    """Return the client's address; behind a proxy the last one of X-Forwarded-For, which only the proxy can write."""
    if settings.BEHIND_PROXY:
        last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if last:
            return last
    return str(request.META.get("REMOTE_ADDR", ""))
