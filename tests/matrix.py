"""`make test-matrix`: the suite on each PostgreSQL and Python that is promised, one after the other.

What this machine lacks is installed if that is possible without asking, or reported as left out."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from tests.servers import INSTALLED, InstalledServer

ROOT = Path(__file__).resolve().parent.parent
DEBIAN_POSTGRES = Path("/usr/lib/postgresql/15/bin")


def main() -> int:
    results = {
        "PostgreSQL 15": on_postgres_15(),
        "PostgreSQL 18 (embedded)": suite(sys.executable, database_url=""),
        "Python 3.13, Django 6.1": on_django_61(),
    }
    print()
    for name, code in results.items():
        print(f"{name:26} {'left out' if code is None else 'passed' if code == 0 else 'FAILED'}")
    return 1 if any(results.values()) else 0


def on_postgres_15() -> int | None:
    binaries = postgres_15()
    if not binaries:
        print("PostgreSQL 15 is not here. On Debian 12: apt-get install postgresql-15")
        return None
    with (
        tempfile.TemporaryDirectory(prefix="pi-") as home,
        InstalledServer.running(binaries, Path(home)) as server,
    ):
        url = f"postgresql://postgres@/postgres?host={quote(str(server.host), safe='')}"
        # The servers that tests stop are of the same version.
        return suite(sys.executable, database_url=url, **{INSTALLED: str(binaries)})


def on_django_61() -> int | None:
    python = shutil.which("python3.13")
    if not python or subprocess.call([python, "-c", ""], stderr=subprocess.DEVNULL):
        print("Python 3.13 is not here.")
        return None
    subprocess.run([python, ROOT / "requirements/install.py", "django61", ".venv-django61"], check=True)
    return suite(str(ROOT / ".venv-django61/bin/python"), database_url="")


def suite(python: str, database_url: str, **settings: str) -> int:
    """An empty URL means the embedded server."""
    print(f"\n=== {python} {database_url}", flush=True)
    environment = {**os.environ, **settings, "DATABASE_URL": database_url}
    return subprocess.call([python, "-m", "pytest", "-q"], cwd=ROOT, env=environment)


def postgres_15() -> Path | None:
    if not DEBIAN_POSTGRES.exists() and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.call(["apt-get", "update", "-qq"])
        subprocess.call(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "postgresql-15"])
    if DEBIAN_POSTGRES.exists():
        return DEBIAN_POSTGRES
    found = shutil.which("initdb")
    is_15 = found and " 15." in subprocess.check_output([found, "--version"], text=True)
    return Path(found).parent if found and is_15 else None


if __name__ == "__main__":
    sys.exit(main())
