"""The whole thing as it runs in production, for measuring: PostgreSQL, gunicorn and a worker on this machine.

The database is DATABASE_URL's, or an embedded cluster of its own under .data/; what is in it is deleted."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
DATA = ROOT / ".data" / "bench-postgres"


@dataclass
class Stack:
    api: httpx.Client
    web: subprocess.Popen[bytes]
    worker: subprocess.Popen[bytes]

    def upload(self, path: Path, **options: str) -> str:
        with path.open("rb") as file:
            answer = self.api.post("/upload", files={"file": (path.name, file, "text/csv")}, data=options)
        answer.raise_for_status()
        return str(answer.json()["job_id"])

    def post(self, path: str) -> dict[str, object]:
        answer = self.api.post(path)
        answer.raise_for_status()
        return dict(answer.json())

    def wait(self, job_id: str, pause: float = 0.5) -> dict[str, object]:
        while True:
            job = self.api.get(f"/jobs/{job_id}").json()
            if job["status"] not in ("pending", "processing"):
                return dict(job)
            time.sleep(pause)

    def wait_undone(self, job_id: str, pause: float = 0.5) -> dict[str, object]:
        while True:
            job = self.api.get(f"/jobs/{job_id}").json()
            if job["undo"]["status"] not in ("pending", "processing"):
                return dict(job)
            time.sleep(pause)

    def worker_peak_mb(self) -> float:
        """The most memory the worker ever held, as the kernel counted it."""
        status = Path(f"/proc/{self.worker.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextmanager
def environment() -> Iterator[None]:
    """Settings as in production, but on plain HTTP; Django is set up in this process too."""
    from project.devserver import postgres

    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            stack.enter_context(postgres.running(DATA))
            host = postgres.socket_directory(DATA)
            os.environ["DATABASE_URL"] = f"postgresql://postgres@/product_importer?host={host}"
        os.environ |= {
            "ENV_FILE": os.devnull,
            "DEBUG": "False",
            "SECRET_KEY": "a key for measuring, which guards nothing but this run",
            "ALLOWED_HOSTS": "127.0.0.1",
            "HTTPS_ONLY": "False",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "project.settings",
        }
        import django

        django.setup()
        yield


@contextmanager
def running() -> Iterator[Stack]:
    from django.core.management import call_command

    from project.auth import api_keys
    from project.models import Scope

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    _, key = api_keys.issue("bench", Scope.WRITE)
    port = free_port()
    with ExitStack() as stack:
        gunicorn = [
            "-m",
            "gunicorn",
            "project.wsgi",
            "-c",
            "python:project.gunicorn",
            "--log-level",
            "warning",
        ]
        web = stack.enter_context(child(*gunicorn, "--bind", f"127.0.0.1:{port}"))
        worker = stack.enter_context(child("manage.py", "procrastinate", "worker"))
        api = stack.enter_context(
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}/api",
                headers={"Authorization": f"Bearer {key}"},
                timeout=httpx.Timeout(120),
            )
        )
        wait_for(api)
        yield Stack(api, web, worker)


def keys_to_watch(watchers: int) -> list[str]:
    """As many API keys as it takes for so many streams."""
    from lib.limits import STREAMS_AT_ONCE
    from project.auth import api_keys
    from project.models import Scope

    count = -(-watchers // STREAMS_AT_ONCE)
    return [api_keys.issue(f"watcher {number}", Scope.READ)[1] for number in range(count)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_for(api: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if api.get("/jobs").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("The web server did not answer within 30 seconds.")
