"""`make lock`: writes every lock of this folder anew from pyproject.toml.

The locks pin hashes and name no index, so that they install from whichever index or mirror pip is set to."""

import subprocess
import sys
import tempfile
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent
# Lock: Python's version, Django's, groups of pyproject.toml. The first three are the reference.
LOCKS = {
    "production": ("3.11", "django<6", []),
    "local": ("3.11", "django<6", ["local"]),
    "development": ("3.11", "django<6", ["local", "test"]),
    "django61": ("3.13", "django>=6.1,<6.2", ["local", "test"]),
}


def main() -> None:
    run("pip", "--quiet", "--disable-pip-version-check", "install", "uv")
    for name, (python, django, groups) in LOCKS.items():
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
            constraints.write(django)
            constraints.flush()
            compile_lock(REQUIREMENTS / f"{name}.txt", python, constraints.name, groups)


def compile_lock(lock: Path, python: str, constraints: str, groups: list[str]) -> None:
    group_options = [option for group in groups for option in ("--group", group)]
    # One lock for every platform, and nothing in it that depends on where it was made.
    form = ["--universal", "--generate-hashes", "--no-annotate", "--no-header", "--quiet"]
    versions = ["--upgrade", "--python-version", python, "--constraints", constraints]
    run(
        "uv", "pip", "compile", "pyproject.toml", *group_options, *form, *versions, "--output-file", str(lock)
    )


def run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=REQUIREMENTS.parent, check=True)


if __name__ == "__main__":
    main()
