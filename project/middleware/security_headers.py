"""Security headers that Django 5.2 does not set by itself.

No page has inline scripts or styles, so none are allowed: injected markup then has no effect. Django's SecurityMiddleware
sets the others (HSTS, nosniff, Referrer-Policy)."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; "
        # Swagger UI and the admin have icons in their style sheets.
        "img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # No other site may embed a response, not even as an image or a script.
    "Cross-Origin-Resource-Policy": "same-origin",
}


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.path_info.startswith("/api/"):
            # Responses are for one key or session, and some contain a secret.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
