"""What happens around the reading of a body: one that would be overlooked is refused, one refused is read up.

Django takes a body without a length for none at all; imports.api, which streams, reads such a body itself. And
a server that answers and closes while a client still sends makes the client see a broken connection: the answer
to a large file of the wrong kind would be lost."""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from project.api.problems import problem

PIECE_BYTES = 256 * 1024


class BodyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_json_without_length(request):
            return problem(411, "body.length_required", "Send the JSON with a Content-Length, not in chunks.")
        response = self.get_response(request)
        # Set by Ninja once a check of project.auth.authentication has passed; clients that were not let in are cut off.
        if response.status_code >= 400 and getattr(request, "auth", None):
            drain_body(request)
        return response


def is_json_without_length(request: HttpRequest) -> bool:
    is_chunked = "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length")
    return is_chunked and (request.content_type or "").endswith("json")


def drain_body(request: HttpRequest) -> None:
    """At most as much as an accepted upload would have been."""
    # Where the server ends a body without a length, its own stream knows, and Django's does not.
    stream = request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request
    left = settings.UPLOAD_MAX_BYTES
    with suppress(OSError):
        while left > 0 and (piece := stream.read(min(PIECE_BYTES, left))):
            left -= len(piece)
