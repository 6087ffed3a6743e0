"""A worker for which one file is poison: whenever it is about to commit some of it, it dies on the spot.

So does a worker whose import takes all memory. Run as `manage.py` is, with the same arguments; tests.imports.
test_worker does."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

POISON = "poison.csv"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    import django

    django.setup()
    poison()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def poison() -> None:
    from imports.models import ImportJob
    from imports.pipeline import applying

    commit = applying.commit

    def die_or_commit(job: ImportJob, *arguments: Any, **counted: Any) -> None:
        if job.filename == POISON:
            os.kill(os.getpid(), signal.SIGKILL)
        commit(job, *arguments, **counted)

    applying.commit = die_or_commit


if __name__ == "__main__":
    main()
