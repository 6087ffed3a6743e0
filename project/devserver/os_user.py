"""The operating system user that runs PostgreSQL: the current one, or another one for root, whom PostgreSQL rejects.

That user needs access to the programs and the data, which it lacks for a checkout below /root or another closed folder.
Permissions of existing folders are not changed: the data is then kept in ELSEWHERE, and the programs are copied there."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

# Only root can write there, and it survives a restart.
ELSEWHERE = Path("/var/lib/product-importer")
PREFERRED, SHARED = "postgres", "nobody"


class Account(NamedTuple):
    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """Return the user to run as; None for the current one. An existing data directory keeps its owner."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get(PREFERRED) or known[SHARED]
    return Account(entry.pw_uid, entry.pw_gid)


def is_shared(account: Account | None) -> bool:
    """Whether other programs run as this user, which can then read and change the data."""
    return account is not None and pwd.getpwuid(account.uid).pw_name == SHARED


def run(account: Account | None, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program that the terminal's Ctrl-C does not reach, without settings meant for another server."""
    return subprocess.run(
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


def change_owner(account: Account | None, path: Path) -> None:
    """Make the account the owner of a file or a whole directory."""
    if account is None or path.stat().st_uid == account.uid:
        return
    for inside in [path, *path.rglob("*")]:
        os.chown(inside, *account, follow_symlinks=False)


def closed_above(account: Account | None, path: Path) -> Path | None:
    """Return the first folder above `path` that the account cannot pass through."""
    if account is None:
        return None
    return next((folder for folder in reversed(path.parents) if not may_pass(account, folder)), None)


def may_pass(account: Account, folder: Path) -> bool:
    status = folder.stat() if folder.exists() else None
    return status is None or status.st_uid == account.uid or bool(status.st_mode & stat.S_IXOTH)


def readable_programs(account: Account | None, installed: Path) -> Path:
    """Return `installed`, the folder of the server's package, or a copy of it that the account can read."""
    installed = installed.resolve()
    program = next(installed.glob("*/bin/postgres"))
    is_readable = bool(program.stat().st_mode & stat.S_IROTH) and bool(program.stat().st_mode & stat.S_IXOTH)
    if account is None or (is_readable and not closed_above(account, program)):
        return installed
    version = f"{installed}\0{program.stat().st_mtime_ns}"
    copy = ELSEWHERE / f"programs-{hashlib.sha256(version.encode()).hexdigest()[:16]}"
    if not copy.exists():
        copy_programs(installed, copy)
    return copy / installed.name


def copy_programs(installed: Path, copy: Path) -> None:
    make_passable(copy.parent)
    # Copied under another name and then renamed: a partial copy is never used.
    new = Path(tempfile.mkdtemp(prefix=f"{copy.name}.new-", dir=copy.parent))
    # The libraries are beside the package.
    for folder in (installed, installed.with_name(f"{installed.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, new / folder.name, symlinks=True)
    for path in [new, *new.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
    with suppress(OSError):
        new.rename(copy)
    # If another process was faster, its copy is used.
    shutil.rmtree(new, ignore_errors=True)


def make_passable(folder: Path) -> None:
    """Create a folder that every user can pass through, whatever the umask is."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)
