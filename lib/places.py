"""Places for what takes long, of which each API key and each account may hold a few at once, over all web processes.

A place is an advisory lock of PostgreSQL, held by one session of this process outside Django's pool. So places are
counted over processes, need no table and no sweep, and are free as soon as a process dies, whatever it died of."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest


class PlacesTaken(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def holder_of(request: HttpRequest) -> str | None:
    """The key or the account that asks. None in open development, where nobody could take another's places."""
    shown = getattr(request, "auth", None) or getattr(request, "user", None)
    return f"{shown._meta.label} {shown.pk}" if isinstance(shown, Model) else None


@dataclass(frozen=True)
class Places:
    name: str
    at_once: int
    code: str
    detail: str

    @contextmanager
    def held(self, holder: str | None) -> Iterator[None]:
        """Raises PlacesTaken if the holder has all of its places."""
        number = None if holder is None else session.take(self.numbers(holder))
        if holder is not None and number is None:
            raise PlacesTaken(self.code, self.detail)
        try:
            yield
        finally:
            if number is not None:
                session.release(number)

    def numbers(self, holder: str) -> list[int]:
        """The locks that the places of a holder are."""
        return [number_of(f"{self.name} {holder} {place}") for place in range(self.at_once)]


def number_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


class Session:
    """The session of this process that holds the locks; threads take turns."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.connection: psycopg.Connection[tuple[bool]] | None = None
        # PostgreSQL gives a session what it has already once more.
        self.held: set[int] = set()

    def take(self, numbers: list[int]) -> int | None:
        with self.turn, connection.wrap_database_errors:
            for number in numbers:
                if number not in self.held and self.ask("pg_try_advisory_lock", number):
                    self.held.add(number)
                    return number
        return None

    def release(self, number: int) -> None:
        with self.turn, suppress(psycopg.Error):
            self.held.discard(number)
            # A session that was lost has no locks any more.
            if self.connection is not None and not self.connection.closed:
                self.ask("pg_advisory_unlock", number)

    def ask(self, function: str, number: int) -> bool:
        try:
            return self.call(function, number)
        except psycopg.OperationalError:
            # The server was started again since.
            self.connection = None
            return self.call(function, number)

    def call(self, function: str, number: int) -> bool:
        if self.connection is None or self.connection.closed:
            self.connection = connect()
            for held in self.held:
                self.connection.execute("SELECT pg_try_advisory_lock(%s)", [held])
        found = self.connection.execute(f"SELECT {function}(%s)", [number]).fetchone()
        return found is not None and found[0]


def connect() -> psycopg.Connection[tuple[bool]]:
    """A connection outside Django's pool, because it stays."""
    parameters = connection.get_connection_params()
    for of_django in ("cursor_factory", "context"):
        parameters.pop(of_django, None)
    return psycopg.connect(**parameters, autocommit=True)


session = Session()
