"""Somebody who watches a job by server-sent events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import StreamingHttpResponse
from django.test import Client

from imports.models import ImportJob

# A stream that hangs tells so by its heartbeats; no test needs more of them than this.
PATIENCE = 100
STARTS = ("id: ", "retry: ")


@dataclass
class Told:
    id: int
    name: str
    data: dict[str, Any]

    @classmethod
    def read(cls, text: str) -> "Told":
        fields = dict(line.split(": ", 1) for line in text.strip().splitlines())
        return cls(int(fields["id"]), fields["event"], json.loads(fields["data"]))


class Reader:
    """Somebody who watches a job."""

    def __init__(self, client: Client, job: ImportJob, last_event_id: str | None = None) -> None:
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        self.answer = client.get(f"/api/jobs/{job.pk}/events", headers=headers)
        assert isinstance(self.answer, StreamingHttpResponse), self.answer.content
        self.pieces: Iterator[bytes] = iter(self.answer)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()

    def piece(self) -> str:
        return next(self.pieces).decode()

    def event(self) -> Told:
        for _ in range(PATIENCE):
            text = self.piece()
            if text.startswith(STARTS):
                return Told.read(text)
        raise AssertionError("Nothing came.")

    def rest(self) -> list[Told]:
        return [Told.read(text) for piece in self.pieces if (text := piece.decode()).startswith(STARTS)]
