"""Database servers of the tests' own, which they may stop in the middle of things: the embedded one, or an installed
PostgreSQL of another version."""

import os
import signal
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from project.devserver import postgres, postmaster
from project.devserver.os_user import account_for, change_owner, run

# What `make test-matrix` sets: the folder of an installed PostgreSQL's programs.
INSTALLED = "TEST_POSTGRES_PROGRAMS"


class Server(ABC):
    host: Path

    def start(self) -> None:
        """Bring it up, from whatever state it is in. Connections from before are let go of."""
        leave_server()
        self.bring_up()

    @abstractmethod
    def bring_up(self) -> None: ...

    @abstractmethod
    def crash(self) -> None:
        """What `pg_ctl stop -m immediate` does: nothing is finished, and the next start recovers."""


def leave_server() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # PostgreSQL's has it


@contextmanager
def running_server() -> Iterator[Server]:
    # Not tmp_path: its name is too long for a socket.
    with tempfile.TemporaryDirectory(prefix="pi-") as name:
        home = Path(name).resolve()
        programs = os.environ.get(INSTALLED)
        with InstalledServer.running(Path(programs), home) if programs else Embedded.running(home) as server:
            yield server


class Embedded(Server):
    def __init__(self, data: Path) -> None:
        self.data = data
        self.host = postgres.socket_directory(data)

    @classmethod
    @contextmanager
    def running(cls, home: Path) -> Iterator["Embedded"]:
        with postgres.running(home / "postgres", durable=False):
            yield cls(home / "postgres")

    def bring_up(self) -> None:
        postgres.ensure_started(self.data, durable=False)

    def crash(self) -> None:
        pid = postmaster.find(self.data)
        assert pid
        os.kill(pid, signal.SIGQUIT)
        while postmaster.find(self.data) is not None:
            time.sleep(0.01)


class InstalledServer(Server):
    """Without fsync, which matters to a machine that stops, not to a server that does."""

    def __init__(self, programs: Path, home: Path) -> None:
        self.programs = programs
        self.host = home
        self.account = account_for(home)

    @classmethod
    @contextmanager
    def running(cls, programs: Path, home: Path) -> Iterator["InstalledServer"]:
        server = cls(programs, home)
        change_owner(server.account, home)
        server.call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        server.bring_up()
        try:
            server.create_database()
            yield server
        finally:
            server.crash()

    def bring_up(self) -> None:
        if self.is_running():
            return
        options = f"-c listen_addresses='' -c unix_socket_directories={self.host} -c fsync=off -c max_connections=200"
        self.call("pg_ctl", "start", "-w", "-l", f"{self.host}/log", "-o", options)

    def is_running(self) -> bool:
        return (
            run(self.account, [str(self.programs / "pg_ctl"), "status", "-D", f"{self.host}/data"]).returncode
            == 0
        )

    def crash(self) -> None:
        self.call("pg_ctl", "stop", "-w", "-m", "immediate")

    def create_database(self) -> None:
        result = run(
            self.account,
            [str(self.programs / "createdb"), "-h", str(self.host), "-U", "postgres", postgres.NAME],
        )
        assert result.returncode == 0, result.stdout

    def call(self, program: str, *arguments: str) -> None:
        result = run(self.account, [str(self.programs / program), "-D", f"{self.host}/data", *arguments])
        if result.returncode:
            raise SystemExit(result.stdout)
