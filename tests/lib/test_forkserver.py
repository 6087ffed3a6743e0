"""lib.forkserver and lib.forking: children that know nothing, and are gone when nobody wants them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.forkserver import ForkServer, ServerGone

ROOT = Path(__file__).parents[2]


def echo(talks: socket.socket, asks: socket.socket) -> None:
    """A child that says who it is, and what it was told."""
    talks.sendall(f"{os.getpid()} ".encode())
    while said := talks.recv(100):
        talks.sendall(said)


@pytest.fixture
def server() -> Iterator[ForkServer]:
    server = ForkServer(f"{__name__}:echo")
    yield server
    server.stop()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def ends(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(pid)


def test_child_runs_the_function_and_tells_its_exit_code(server: ForkServer) -> None:
    with server.fork() as child:
        assert int(child.sockets[0].recv(100)) > 0
        child.sockets[0].sendall(b"hello")
        assert child.sockets[0].recv(100) == b"hello"
        child.sockets[0].shutdown(socket.SHUT_WR)
        assert child.exit_code() == 0


def test_child_that_is_closed_is_killed(server: ForkServer) -> None:
    with server.fork() as child:
        pid = int(child.sockets[0].recv(100))
    assert ends(pid)


def test_environment_of_the_program_is_not_handed_on(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for everybody")
    with server.fork() as child:
        pid = int(child.sockets[0].recv(100))
        names = {line.partition(b"=")[0] for line in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
    assert names <= {b"PATH", b"LANG", b"LC_ALL", b"LD_LIBRARY_PATH", b"PYTHONHOME", b"PYTHONPATH", b""}


def test_child_has_no_file_of_the_program(server: ForkServer, tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file, server.fork() as child:
        os.set_inheritable(file.fileno(), True)
        pid = int(child.sockets[0].recv(100))
        links = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}  # noqa: PTH115 - it is a link
    assert len([link for link in links if link.startswith("socket:")]) == 2
    assert str(tmp_path / "open") not in links


def test_server_that_was_killed_is_started_again_and_takes_its_children_along(server: ForkServer) -> None:
    with server.fork() as child:
        pid = int(child.sockets[0].recv(100))
        assert server.process
        server.process.kill()
        assert ends(pid)
        with pytest.raises(ServerGone):
            child.exit_code()
    with server.fork() as child:
        assert int(child.sockets[0].recv(100)) != pid


PROGRAM = f"""
import time
from lib.forkserver import ForkServer
child = ForkServer({__name__!r} + ":echo").fork()
print(int(child.sockets[0].recv(100)), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_child_ends_when_the_program_was_killed(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        pid = int(program.stdout.readline())
        program.send_signal(number)
    assert ends(pid)


def test_signals_for_the_program_leave_its_children_alone(server: ForkServer) -> None:
    with server.fork() as child:
        pid = int(child.sockets[0].recv(100))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, number)
        child.sockets[0].sendall(b"hello")
        assert child.sockets[0].recv(100) == b"hello"
