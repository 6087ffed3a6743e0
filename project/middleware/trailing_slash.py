"""Every path works with and without a trailing slash.

Not by a redirect: clients follow it with a GET, and the body of a POST is lost. The spelling that has a route is used; if
neither has one, the path stays as it is and is not found."""

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
            # Links built from the request, such as pages of a list, then match the route.
            request.path = request.path.removesuffix(path) + other
            request.path_info = other
        return self.get_response(request)
