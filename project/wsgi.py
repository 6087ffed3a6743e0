"""The WSGI entry point: `gunicorn project.wsgi -c python:project.gunicorn`."""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

from lib.lending import give_back_connection
from project.server.body_stream import WholeBody

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django = get_wsgi_application()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    is_chunked = "HTTP_TRANSFER_ENCODING" in environ
    length = None if is_chunked else int(environ.get("CONTENT_LENGTH") or 0)
    environ["wsgi.input"] = WholeBody(environ["wsgi.input"], length)
    response = django(environ, start_response)
    # Django keeps the connection until the client has read everything. A stream may still ask for more of its rows.
    if not getattr(response, "streaming", False):
        give_back_connection()
    return response
