"""Run a bulk change, or its undo, from the queue to its end.

Each chunk is one commit of products, events, journal, counters and checkpoint, so an attempt continues where an earlier one
stopped. The attempt's number is checked in every commit."""

import logging
from collections.abc import Callable
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils.timezone import now
from psycopg.errors import DiskFull

from catalog.bulk import chunks
from catalog.bulk.failures import CRASH_LOOP, STORAGE_FULL
from catalog.models import UNDO, UNFINISHED, BulkChange, BulkChangeTakenOver, BulkStatus

MAX_ATTEMPTS_WITHOUT_PROGRESS = 5
# How long a worker that was paused within a chunk keeps its locks.
PAUSE_SECONDS = 10

logger = logging.getLogger(__name__)


class Requeued(Exception):
    """The worker is shutting down: the change goes back to the queue and continues from its last commit."""


def run(change_id: UUID, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Apply the change, or undo it if that was requested, to its end.

    Raises Requeued if `should_stop` returned True; the change must then run again."""
    try:
        change = claim(change_id)
        if change is not None:
            run_guarded(change, should_stop)
    except BulkChangeTakenOver as taken_over:
        logger.warning("%s", taken_over)


def run_guarded(change: BulkChange, should_stop: Callable[[], bool]) -> None:
    try:
        run_chunks(change, should_stop)
        finish(change)
    except OperationalError as error:
        if not isinstance(error.__cause__, DiskFull):
            raise
        fail(change, STORAGE_FULL, "The database server ran out of disk space.")


def claim(change_id: UUID) -> BulkChange | None:
    """Take the change over from any earlier attempt. None if it is, or now is, at its end."""
    with transaction.atomic():
        taken = BulkChange.objects.filter(pk=change_id, status__in=UNFINISHED).update(
            status=Case(
                When(status__in=UNDO, then=Value(BulkStatus.UNDOING)), default=Value(BulkStatus.RUNNING)
            ),
            attempt=F("attempt") + 1,
            attempts_without_progress=F("attempts_without_progress") + 1,
            started_at=Coalesce("started_at", Now()),
        )
        if not taken:
            return None
        change = BulkChange.objects.get(pk=change_id)
    if change.attempts_without_progress > MAX_ATTEMPTS_WITHOUT_PROGRESS:
        message = f"It failed {MAX_ATTEMPTS_WITHOUT_PROGRESS} times at the same point, so it was stopped."
        fail(change, CRASH_LOOP, message)
        return None
    return change


def run_chunks(change: BulkChange, should_stop: Callable[[], bool]) -> None:
    run_next = revert_next if change.is_undo else apply_next
    while change.chunks_left:
        if should_stop():
            change.checkpoint(attempts_without_progress=0)
            raise Requeued
        with transaction.atomic():
            limit_pauses()
            run_next(change)


def limit_pauses() -> None:
    """Let the server end this session if the worker pauses within the transaction, because another waits for its locks."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{PAUSE_SECONDS}s'")


def apply_next(change: BulkChange) -> None:
    products, changed = chunks.apply_next(change)
    change.checkpoint(
        applied_chunks=change.applied_chunks + 1,
        changed_count=change.changed_count + changed,
        skipped_count=change.skipped_count + products - changed,
        attempts_without_progress=0,
    )


def revert_next(change: BulkChange) -> None:
    changed, reverted = chunks.revert_next(change)
    change.checkpoint(
        reverted_chunks=change.reverted_chunks + 1,
        reverted_count=change.reverted_count + reverted,
        kept_count=change.kept_count + changed - reverted,
        attempts_without_progress=0,
    )


def finish(change: BulkChange) -> None:
    if change.is_undo:
        change.checkpoint(status=BulkStatus.UNDONE, undo_ended_at=now())
    else:
        change.checkpoint(status=BulkStatus.COMPLETED, ended_at=now())


def fail(change: BulkChange, code: str, message: str) -> None:
    """End the change. What it has committed stays and is counted."""
    logger.warning("Bulk change %s failed: %s %s", change.pk, code, message)
    failure = {"failure_code": code, "failure_message": message}
    if change.is_undo:
        change.checkpoint(status=BulkStatus.UNDO_FAILED, undo_ended_at=now(), **failure)
    else:
        change.checkpoint(status=BulkStatus.FAILED, ended_at=now(), **failure)
