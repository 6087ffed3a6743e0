"""Handles request bodies that Django would ignore, and drains those of rejected requests.

Django treats a body without a length as empty; only uploads, which are streamed, read such a body themselves. And a server
that responds and closes while the client is still sending breaks the connection: the response to a large file of the
wrong kind would be lost."""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from project.problems import problem

PIECE_BYTES = 256 * 1024


class BodyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_json_without_length(request):
            return problem(411, "body.length_required", "Send JSON with a Content-Length, not in chunks.")
        response = self.get_response(request)
        # Set by Ninja once the request is authenticated; other clients are disconnected.
        if response.status_code >= 400 and getattr(request, "auth", None):
            drain_body(request)
        return response


def is_json_without_length(request: HttpRequest) -> bool:
    is_chunked = "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length")
    return is_chunked and (request.content_type or "").endswith("json")


def drain_body(request: HttpRequest) -> None:
    """Read and discard the rest of the body, up to the size of an accepted upload."""
    # Without a length only the server's own stream knows the end of the body.
    stream = request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request
    left = settings.UPLOAD_MAX_BYTES
    with suppress(OSError):
        while left > 0 and (piece := stream.read(min(PIECE_BYTES, left))):
            left -= len(piece)
