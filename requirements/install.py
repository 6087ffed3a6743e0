"""Makes `.venv` hold exactly what one lock of this folder names; the Makefile calls it before every target.

`python3 requirements/install.py local [DIRECTORY]`. Runs on a bare Python, an old one included, so that it can
say what is missing. Does nothing when the lock was installed before; a run that was interrupted starts afresh.
"""

import fcntl
import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent


def main(lock_name: str, directory: str) -> None:
    refuse_unsuitable_python()
    lock = REQUIREMENTS / (lock_name + ".txt")
    venv = REQUIREMENTS.parent / directory
    with open(str(venv) + ".lock", "w") as gate:  # noqa: PTH123 - two `make` at once must not install at once
        fcntl.flock(gate, fcntl.LOCK_EX)
        if stamp(venv, lock_name) != digest(lock):
            install(venv, lock)


def refuse_unsuitable_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one can be what runs this file
        sys.exit("This needs Python 3.11 or newer, and this is {}.{}.".format(*sys.version_info[:2]))
    if not importlib.util.find_spec("ensurepip"):
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        sys.exit(
            "Python is here, but its venv module is not. On Debian or Ubuntu: apt-get install " + package
        )


def stamp(venv: Path, lock_name: str) -> "str | None":
    """The digest of the lock that was installed, or None if none was or the environment is broken."""
    if (venv / "unfinished").exists() or not works(venv):
        return None
    made = venv / (lock_name + ".installed")
    return made.read_text() if made.exists() else None


def works(venv: Path) -> bool:
    """False when the environment's Python is not there, or was removed by an upgrade of the system."""
    python = venv / "bin" / "python"
    test = [str(python), "-c", "import pip"]
    return python.exists() and subprocess.call(test, stderr=subprocess.DEVNULL) == 0


def digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def install(venv: Path, lock: Path) -> None:
    unfinished = venv / "unfinished"
    if unfinished.exists() or not works(venv):
        run([sys.executable, "-m", "venv", "--clear", str(venv)])
    print(f"Installing requirements/{lock.name} into {venv.name} (once) ...", flush=True)
    unfinished.touch()
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run([*pip, "install", "--require-hashes", "-r", str(lock)])
    (venv / (lock.stem + ".installed")).write_text(digest(lock))
    unfinished.unlink()


def run(command: "list[str]") -> None:
    result = subprocess.call(command)
    if result:
        sys.exit("This failed, and the next `make` tries again: " + " ".join(command))


if __name__ == "__main__":
    try:
        main(*[*sys.argv[1:], ".venv"][:2])
    except KeyboardInterrupt:
        sys.exit("Interrupted. The next `make` installs it afresh.")
