"""gunicorn's settings, for `make run` and the Procfile (`gunicorn project.wsgi -c python:project.gunicorn`).

Threads, because synchronous endpoints cost least there, and a progress stream is a waiting thread on any server.
STREAMS_MAX keeps the streams below the threads."""

import ctypes
from contextlib import suppress

from lib.limits import CONNECTIONS_MAX, KEEPALIVE_SECONDS, REQUEST_LINE_MAX_CHARACTERS
from project import settings

# A parameter of mallopt.
M_ARENA_MAX = -8
HEAPS = 2

bind = f"0.0.0.0:{settings.PORT}"
worker_class = "project.server.worker.Worker"
workers = settings.WEB_CONCURRENCY
threads = settings.WEB_THREADS
# Open progress streams must not delay a deployment.
graceful_timeout = 10
timeout = 60
keepalive = KEEPALIVE_SECONDS
worker_connections = max(CONNECTIONS_MAX, 2 * settings.WEB_THREADS)
limit_request_line = REQUEST_LINE_MAX_CHARACTERS
# Otherwise a client on this machine could change the script name.
forwarder_headers = ""
# Responses go through the patient socket, which has deadlines.
sendfile = False
max_requests = 0
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """Start the file reader, so that the first upload need not wait for it."""
    from imports.reading.sandbox import SERVER

    SERVER.start()


def post_fork(server: object, worker: object) -> None:
    """Limit the heaps of glibc: with one for each thread, freed memory would stay allocated."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)
