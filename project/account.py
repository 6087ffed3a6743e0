"""Who runs PostgreSQL's programs: ourselves, or another account when we are root, whom PostgreSQL refuses.

project.cluster runs every program through `run`, and lets `give` and `open_way` prepare files for that account."""

import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import NamedTuple


class Account(NamedTuple):
    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """None means ourselves. A data directory that has an owner keeps it."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return Account(entry.pw_uid, entry.pw_gid)


def run(account: Account | None, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program out of reach of the terminal's Ctrl-C, and of settings meant for another server."""
    return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env={name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        | {"LC_ALL": "C"},
        start_new_session=True,
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def give(account: Account | None, path: Path) -> None:
    """Make a file or a whole directory the account's own."""
    if account is None or path.stat().st_uid == account.uid:
        return
    for inside in [path, *path.rglob("*")]:
        os.chown(inside, *account, follow_symlinks=False)


def open_way(account: Account | None, path: Path) -> None:
    """Let the account pass (not list) the directories above `path` that only root may enter."""
    if account is None:
        return
    for parent in path.parents:
        status = parent.stat()
        if status.st_uid != account.uid and not status.st_mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)


def open_programs(account: Account | None, binaries: Path) -> None:
    """Let the account read the server's programs, also when a strict umask installed them."""
    if account is None:
        return
    open_way(account, binaries)
    for path in [binaries.parent, *binaries.parent.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode != wanted:
            path.chmod(wanted)
