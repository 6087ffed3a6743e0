#!/usr/bin/env python
"""Django's commands. In development they run with the embedded PostgreSQL (project.devserver.postgres) started for them."""

from __future__ import annotations  # so that an old Python gets as far as the message below

import os
import signal
import sys
from collections.abc import Callable
from importlib.util import find_spec

# Commands that never ask the database, and also run where there is none, such as a build.
WITHOUT_DATABASE = {"collectstatic", "help", "version", "check"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    check_python()
    from django.core.management import execute_from_command_line

    if asks_database(sys.argv[1:]):
        with_database(execute_from_command_line)
    else:
        execute_from_command_line(sys.argv)


def check_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one can be what runs this file
        sys.exit("This needs Python 3.11 or newer. `make run` finds one, or use .venv/bin/python manage.py")
    if find_spec("django") is None:
        sys.exit(
            "Django is not installed for this Python. `make run` makes .venv; then use .venv/bin/python manage.py"
        )


def asks_database(arguments: list[str]) -> bool:
    if not arguments or {"-h", "--help", "--version"} & set(arguments):
        return False
    return arguments[0] not in WITHOUT_DATABASE or "--database" in arguments


def with_database(execute: Callable[[list[str]], None]) -> None:
    from django.conf import settings

    if not settings.EMBEDDED_DATABASE:
        execute(sys.argv)
        return
    from project.devserver import postgres

    # A plain SIGTERM would end this process without stopping the server, which would keep running unused.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        with postgres.running(postgres.DATA):
            execute(sys.argv)
    except postgres.DatabaseUnavailable as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
