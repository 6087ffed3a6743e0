"""Every path is answered with and without the slash at its end.

Not by a redirect: clients follow one with a GET, and the body of a POST is lost. The spelling that has a route
is taken; where both have none, the path goes on as it came and is not found."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import is_valid_path


class EitherSlashMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        if other and not is_valid_path(path) and is_valid_path(other):
            # Links made from the request (pages of a list) then have the spelling of the route.
            request.path = request.path.removesuffix(path) + other
            request.path_info = other
        return self.get_response(request)
