"""gunicorn's settings, for `make run` and the Procfile alike (`gunicorn project.wsgi -c python:project.gunicorn`).

Threads, because a synchronous endpoint costs least there, and because a progress stream is a waiting thread
on any server. project.settings caps the streams below the threads."""

from project import settings

bind = f"0.0.0.0:{settings.PORT}"
worker_class = "gthread"
workers = settings.WEB_CONCURRENCY
threads = settings.WEB_THREADS
# Streams of people who are just watching must not hold up a deployment.
graceful_timeout = 10
timeout = 60
keepalive = 5
max_requests = 0
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """The first upload does not wait for what reads it."""
    from imports.sandbox import SERVER

    SERVER.start()
