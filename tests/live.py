"""Real processes on the test database: gunicorn and a worker, as production has them, for tests that speak HTTP."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from django.db import connection

from tests.programs import ROOT, Program

PRODUCTION = {
    "DEBUG": "False",
    "SECRET_KEY": "a key for one run of the tests, which guards nothing else",
    "ALLOWED_HOSTS": "127.0.0.1",
    "HTTPS_ONLY": "False",
}
START_SECONDS = 30


@contextmanager
def web(config: str = "project.gunicorn", **variables: str) -> Iterator[str]:
    """A web server of one process; its address."""
    address = f"127.0.0.1:{free_port()}"
    gunicorn = ["gunicorn", "project.wsgi", "-c", f"python:{config}", "--log-level", "warning"]
    with child("-m", *gunicorn, "--bind", address, WEB_CONCURRENCY="1", **variables):
        wait_for(f"http://{address}/healthz")
        yield f"http://{address}"


NGINX = """
{user}daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@contextmanager
def nginx(behind: str, header_timeout: str = "20s") -> Iterator[str]:
    """deploy/nginx.conf before a web server, both on ports of their own; its address."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "There is no nginx; .ci/nginx installs it."
    port = free_port()
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    assert site.count("listen 80;") == site.count("server 127.0.0.1:8000;") == 1
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
    site = site.replace("server 127.0.0.1:8000;", f"server {urlsplit(behind).netloc};")
    site = site.replace("client_header_timeout 20s;", f"client_header_timeout {header_timeout};")
    with tempfile.TemporaryDirectory(prefix="pi-nginx-") as folder:
        Path(folder, "site.conf").write_text(site)
        user = "user root;\n" if os.getuid() == 0 else ""
        Path(folder, "nginx.conf").write_text(NGINX.format(folder=folder, user=user))
        command = [program, "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
        with subprocess.Popen(command) as process:
            try:
                wait_for(f"http://127.0.0.1:{port}/healthz")
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


@contextmanager
def worker(**variables: str) -> Iterator[None]:
    with child("manage.py", "procrastinate", "worker", **variables):
        yield


@contextmanager
def child(*arguments: str, **variables: str) -> Iterator[Program]:
    program = Program(arguments, {**os.environ, "DATABASE_URL": database_url(), **variables})
    try:
        yield program
    finally:
        program.terminate()
        program.wait(30)


def database_url() -> str:
    """The address of the database that the tests use; DATABASE_URL names another on the same server."""
    name = connection.settings_dict["NAME"]
    # Set up by pytest-django only if a test is marked with django_db.
    assert name.startswith("test_"), f"{name} is no test database."
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.get(url)
            return
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer within {START_SECONDS} seconds.")


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"It did not come within {seconds} seconds."
        time.sleep(0.05)
