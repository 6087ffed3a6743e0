"""Finds the server process of a data directory, and cleans up after a killed one.

`postmaster.pid` alone cannot be trusted: after a crash its pid is dead or belongs to an unrelated process. So every server
has a name derived from its directory's inode, which is in the command line of all its processes, follows the directory
when the checkout is moved, and differs in a copy."""

from pathlib import Path

PREFIX = "product_importer."


def server_name(data: Path) -> str:
    status = data.stat()
    return f"{PREFIX}{status.st_dev:x}.{status.st_ino:x}."


def find(data: Path) -> int | None:
    """Return the pid of the server on this directory, however it was started."""
    pid = _recorded_pid(data)
    return pid if pid and _serves(_command_line(pid), data) else None


def is_ready(data: Path, sockets: Path) -> bool:
    """Return True if the server runs and listens at the expected socket."""
    recorded = _record(data)
    return (
        len(recorded) > 7
        and recorded[4].strip() == str(sockets)
        and recorded[7].strip() == "ready"
        and (sockets / ".s.PGSQL.5432").exists()
        and find(data) is not None
    )


def is_changing(data: Path) -> bool:
    """Return True while the server starts or stops."""
    recorded = _record(data)
    settled = len(recorded) > 7 and recorded[7].strip() == "ready"
    return not settled and find(data) is not None


def is_named(data: Path) -> bool:
    """Return True if the running server was started by this package, not by hand with other settings."""
    pid = find(data)
    return pid is not None and server_name(data) in " ".join(_command_line(pid))


def clear_leftovers(data: Path, sockets: Path) -> None:
    """End the orphans of a killed server, then remove its pid file. Only call it if `find` finds none.

    The order matters: two servers' processes on one directory would ruin it."""
    _kill_orphans(server_name(data))
    (data / "postmaster.pid").unlink(missing_ok=True)
    (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _kill_orphans(name: str) -> None:
    import psutil  # production has neither it nor an embedded server

    orphans = [
        process
        for process in psutil.process_iter(["cmdline"])
        if name in " ".join(process.info["cmdline"] or [])
    ]
    for orphan in orphans:
        orphan.kill()
    psutil.wait_procs(orphans, timeout=10)


def _recorded_pid(data: Path) -> int | None:
    recorded = _record(data)
    return int(recorded[0]) if recorded and recorded[0].strip().isdecimal() else None


def _record(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _command_line(pid: int) -> list[str]:
    """Return the command line; empty for a process that is gone, and for a zombie."""
    import psutil

    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return []


def _serves(command: list[str], data: Path) -> bool:
    if not command or Path(command[0]).name != "postgres":
        return False
    if PREFIX in " ".join(command):
        return server_name(data) in " ".join(command)
    # Started by hand. In doubt it counts as this directory's: an error is better than a second server.
    named = command[command.index("-D") + 1] if "-D" in command[:-1] else ""
    return not Path(named).is_absolute() or Path(named).resolve() == data
