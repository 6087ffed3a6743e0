"""`make run`: its refusals one by one, then a whole copy of the checkout that is started, hurt and stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from watchfiles import Change

from project.devserver import postgres, postmaster, processes, run
from project.devserver.processes import Child

ROOT = Path(__file__).resolve().parent.parent.parent
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "tests", "bench", "staticfiles")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.fixture
def keeps_ctrl_c() -> Iterator[None]:
    """Heard here even if these tests were started in the background; stopping ignores it at its end."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("name", ["tasks.py", "plan.sql", "overview.html"])
def test_it_restarts_for_what_is_read_once(name: str) -> None:
    assert run.SOURCES(Change.modified, f"/checkout/imports/{name}")


@pytest.mark.parametrize("name", ["__pycache__/tasks.pyc", ".#tasks.py", "tasks.py~", "console.css"])
def test_it_does_not_restart_for_other_files(name: str) -> None:
    assert not run.SOURCES(Change.modified, f"/checkout/imports/{name}")


def test_it_names_one_of_many_saved_files() -> None:
    changes = {(Change.modified, f"{run.ROOT}/lib/{name}.py") for name in ("limits", "moments", "places")}
    assert run.named(changes) == "lib/limits.py and 2 more"


def test_files_that_cannot_be_watched_are_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "WATCHED", [Path("/missing")])
    with pytest.raises(run.StartError, match="To poll them instead: WATCHFILES_FORCE_POLLING=1 make run"):
        next(run.saves())


def test_another_ctrl_c_kills_a_process_that_is_slow_to_end(keeps_ctrl_c: None) -> None:
    slow = Child("worker", "sleep", "60")
    slow.turn()
    # As if it had been asked to end.
    slow.is_stopping = True
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        run.stop([slow])
    assert slow.process is None


def test_a_restart_kills_a_process_that_does_not_end_when_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0)
    is_deaf = tmp_path / "deaf"
    deaf = Child("worker", "/bin/sh", "-c", f"trap '' TERM; touch {is_deaf}; sleep 60")
    deaf.turn()
    before = deaf.process
    while not is_deaf.exists():
        time.sleep(0.01)
    deaf.restart()
    deaf.turn()
    assert before and before.returncode == -signal.SIGKILL
    assert deaf.process and deaf.process is not before and not deaf.is_stopping
    deaf.kill()


def test_a_taken_port_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch, taken_port: int) -> None:
    monkeypatch.setattr(run, "PORT_PATIENCE_SECONDS", 0)
    with pytest.raises(run.StartError) as refusal:
        run.check_port(taken_port)
    assert str(refusal.value) == (
        f"Port {taken_port} is in use by another program. Use another one: PORT=9000 make run"
    )


def test_a_second_copy_is_refused_and_told_of_the_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "LOCK", tmp_path / "run.lock")
    with run.only_copy(8000), pytest.raises(run.StartError) as refusal, run.only_copy(9000):
        pass
    assert str(refusal.value) == (
        f"This checkout is already running (pid {os.getpid()}, http://127.0.0.1:8000). "
        "Stop it with Ctrl-C first."
    )


class Running:
    """A copy of the checkout in which `python -m project.devserver.run` runs."""

    def __init__(self, home: Path) -> None:
        self.home = home / "checkout"
        shutil.copytree(ROOT, self.home, ignore=NOT_COPIED)
        self.data = self.home / ".data" / "postgres"
        self.log = home / "log"
        self.start()

    def start(self) -> None:
        self.port = free_port()
        environment = {**os.environ, "PORT": str(self.port), "WEB_CONCURRENCY": "1"}
        environment.pop("DATABASE_URL", None)
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "project.devserver.run"]
            self.runner = subprocess.Popen(command, cwd=self.home, env=environment, stdout=log, stderr=log)
        self.wait_for(lambda: "is running" in self.log.read_text() or self.runner.poll() is not None)
        assert self.runner.poll() is None, self.log.read_text()

    def wait_for(self, condition: Callable[[], object], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def children(self) -> dict[str, psutil.Process]:
        found: dict[str, psutil.Process] = {}
        for process in psutil.Process(self.runner.pid).children():
            # Unless it has just ended.
            with suppress(psutil.Error):
                command = process.cmdline()
                found |= {name: process for name in ("gunicorn", "procrastinate") if name in command}
        return found

    def has_replaced(self, children: dict[str, psutil.Process]) -> bool:
        """Whether each runs again, under another process id."""
        return len(self.children()) == 2 and not {*children.values()} & {*self.children().values()}

    def answers(self) -> bool:
        try:
            return bool(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).status)
        except OSError as error:
            return isinstance(error, urllib.error.HTTPError)

    def stop(self) -> int:
        self.runner.send_signal(signal.SIGINT)
        return self.runner.wait(60)


@pytest.fixture(scope="module")
def checkout() -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="pi-") as home:
        # As root, below a closed folder the data would be kept elsewhere (project.devserver.postgres).
        Path(home).chmod(0o711)
        running = Running(Path(home).resolve())
        yield running
        running.stop()


@pytest.fixture
def copy(checkout: Running) -> Running:
    """The copy, running also when the test before stopped it."""
    if checkout.runner.poll() is not None:
        checkout.start()
    return checkout


@pytest.mark.slow
def test_it_says_where_to_go_and_stops_without_a_trace_on_ctrl_c(copy: Running) -> None:
    children = copy.children()
    assert set(children) == {"gunicorn", "procrastinate"}
    assert f"http://127.0.0.1:{copy.port}/api/docs/" in copy.log.read_text()
    assert copy.answers()
    assert copy.stop() == 0
    assert copy.log.read_text().endswith("Stopping PostgreSQL ...\nStopped.\n")
    assert not any(child.is_running() for child in children.values())
    assert not postgres.is_running(copy.data)


@pytest.mark.slow
def test_it_brings_back_processes_that_were_killed(copy: Running) -> None:
    killed = copy.children()
    for child in killed.values():
        child.kill()
    copy.wait_for(lambda: "The web process ended with code -9." in copy.log.read_text())
    copy.wait_for(lambda: "The worker process ended with code -9." in copy.log.read_text())
    copy.wait_for(lambda: copy.answers() and copy.has_replaced(killed))


@pytest.mark.slow
def test_it_restarts_both_processes_when_a_file_is_saved(copy: Running) -> None:
    before = copy.children()
    # As many editors do it.
    new = copy.home / "lib" / "limits.py.new"
    new.write_text((copy.home / "lib" / "limits.py").read_text())
    new.replace(copy.home / "lib" / "limits.py")
    copy.wait_for(lambda: copy.answers() and copy.has_replaced(before))
    line = "lib/limits.py changed. Restarting the web server and the worker ...\n"
    assert "ended with code" not in copy.log.read_text().split(line)[1]


@pytest.mark.slow
def test_it_waits_for_the_correction_of_a_syntax_error(copy: Running) -> None:
    limits = copy.home / "lib" / "limits.py"
    text = limits.read_text()
    limits.write_text(f"{text}\ndef broken(:\n")
    copy.wait_for(lambda: "worker |     def broken(:\n" in copy.log.read_text())
    copy.wait_for(lambda: "The web process ended with code 1." in copy.log.read_text())
    limits.write_text(text)
    copy.wait_for(copy.answers)
    copy.wait_for(lambda: "procrastinate" in copy.children())


@pytest.mark.slow
def test_it_brings_back_a_database_that_was_killed(copy: Running) -> None:
    pid = postmaster.find(copy.data)
    assert pid
    os.kill(pid, signal.SIGKILL)
    copy.wait_for(lambda: postmaster.find(copy.data) not in {pid, None} and postgres.is_running(copy.data))


@pytest.mark.slow
def test_its_children_end_when_it_is_killed(copy: Running) -> None:
    # The worker may be down for a moment: it ended when the database was killed.
    copy.wait_for(lambda: set(copy.children()) == {"gunicorn", "procrastinate"})
    children = copy.children()
    copy.runner.kill()
    copy.runner.wait()
    copy.wait_for(lambda: not any(child.is_running() for child in children.values()))


@pytest.mark.slow
def test_it_starts_again_after_everything_was_killed(copy: Running) -> None:
    runner = psutil.Process(copy.runner.pid)
    server = psutil.Process(postmaster.find(copy.data))
    for process in [runner, *runner.children(recursive=True), server]:
        process.kill()
    copy.runner.wait()
    copy.start()
    assert copy.answers()
