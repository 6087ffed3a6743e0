"""HEAD and OPTIONS for the API and the health checks, which Ninja does not provide.

HEAD is a GET without its body; OPTIONS returns the Allow header of a 405. corsheaders handles CORS preflights before."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

PATHS = ("/api/", "/healthz", "/readyz")


class MethodsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PATHS):
            return self.get_response(request)
        if request.method == "HEAD":
            return self.head(request)
        response = self.get_response(request)
        if response.status_code == 405:
            response.headers["Allow"] = allowed(response.headers.get("Allow", ""))
            if request.method == "OPTIONS":
                return allow_response(response.headers["Allow"])
        return response

    def head(self, request: HttpRequest) -> HttpResponseBase:
        request.method = "GET"
        response = self.get_response(request)
        request.method = "HEAD"
        # Emptied, not replaced: its headers and cookies stay, and the server closes its resources.
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()
        elif isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        return response


def allowed(listed: str) -> str:
    methods = {method.strip() for method in listed.split(",") if method.strip()} | {"OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))


def allow_response(methods: str) -> HttpResponse:
    response = HttpResponse(status=204, headers={"Allow": methods})
    del response.headers["Content-Type"]
    return response
