"""What a browser may do with our answers: the headers that Django 5.2 does not set by itself.

No page of ours has an inline script or style, so none is allowed; a text of a product that gets into a page as
markup then does nothing. Django's SecurityMiddleware sets the rest (HSTS, nosniff, Referrer-Policy)."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; "
        # Swagger UI and the admin carry small icons in their style sheets.
        "img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # No page of another site may embed an answer, not even as an image or a script.
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
            # What a key or a session was shown is for nobody else, and some answers have a secret in them.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
