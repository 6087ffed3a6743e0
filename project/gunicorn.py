"""gunicorn's settings, for `make run` and the Procfile alike (`gunicorn project.wsgi -c python:project.gunicorn`).

Threads, because a synchronous endpoint costs least there, and because a progress stream is a waiting thread
on any server. project.settings caps the streams below the threads."""

import ctypes
from contextlib import suppress

from lib.limits import CONNECTIONS_MAX, KEEPALIVE_SECONDS, REQUEST_LINE_MAX_CHARACTERS
from project import settings

# Of mallopt.
M_ARENA_MAX = -8
HEAPS = 2

bind = f"0.0.0.0:{settings.PORT}"
worker_class = "project.server.worker.Worker"
workers = settings.WEB_CONCURRENCY
threads = settings.WEB_THREADS
# Streams of people who are just watching must not hold up a deployment.
graceful_timeout = 10
timeout = 60
keepalive = KEEPALIVE_SECONDS
worker_connections = max(CONNECTIONS_MAX, 2 * settings.WEB_THREADS)
limit_request_line = REQUEST_LINE_MAX_CHARACTERS
# A client on this machine could say otherwise where the application is mounted.
forwarder_headers = ""
# Sending goes through the connection, which has its deadlines (project.server.patient_socket).
sendfile = False
max_requests = 0
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """The first upload does not wait for what reads it."""
    from imports.reading.sandbox import SERVER

    SERVER.start()


def post_fork(server: object, worker: object) -> None:
    """A few heaps for all threads. glibc gives each of many threads one, and what is freed in them stays taken."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)
