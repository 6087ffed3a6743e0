"""Limits on concurrent long operations of each API key and account, over all web processes.

A place is a PostgreSQL advisory lock, held by one session of this process outside of Django's pool. So places are counted
over all processes, need no table and no clean-up, and are released as soon as a process dies."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar

import psycopg
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest

from lib import connections
from lib.errors import Explanation, QuotaReached


class PlacesTaken(QuotaReached):
    """Each Places adds its code."""

    codes: ClassVar[dict[str, Explanation]] = {}

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code)


def holder_of(request: HttpRequest) -> str | None:
    """Return the key or account of the request. None in open development, which has no limits."""
    requester = getattr(request, "auth", None) or getattr(request, "user", None)
    return f"{requester._meta.label} {requester.pk}" if isinstance(requester, Model) else None


@dataclass(frozen=True)
class Places:
    name: str
    at_once: int
    code: str
    explanation: Explanation

    def __post_init__(self) -> None:
        PlacesTaken.codes[self.code] = self.explanation

    @contextmanager
    def held(self, holder: str | None) -> Iterator[None]:
        """Hold a place meanwhile. Raises PlacesTaken if the holder has no free one."""
        number = None if holder is None else session.take(self.numbers(holder))
        if holder is not None and number is None:
            raise PlacesTaken(self.code, " ".join(self.explanation))
        try:
            yield
        finally:
            if number is not None:
                session.release(number)

    def numbers(self, holder: str) -> list[int]:
        """Return the lock numbers of the holder's places."""
        return [number_of(f"{self.name} {holder} {place}") for place in range(self.at_once)]


def number_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


class Session:
    """The session of this process that holds the locks, shared by its threads."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.connection: psycopg.Connection[tuple[bool]] | None = None
        # PostgreSQL grants a session a lock it already holds, so these are skipped.
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
            # A lost session holds no locks.
            if self.connection is not None and not self.connection.closed:
                self.ask("pg_advisory_unlock", number)

    def ask(self, function: str, number: int) -> bool:
        try:
            return self.call(function, number)
        except psycopg.OperationalError:
            # The server was restarted.
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
    """Open a connection outside of Django's pool, because it is kept."""
    return psycopg.connect(**connections.parameters("places"))


session = Session()
