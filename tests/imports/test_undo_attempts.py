"""Undos whose worker is stopped, killed or taken over: what is reverted is counted once, and the rest follows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, LiteralString

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.utils.timezone import now
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import JobAborted
from psycopg.errors import DiskFull
from pytest_django import Settings

from catalog.models import Product
from hooks.models import Event
from imports import maintenance, removal, tasks
from imports.journal.undo import request
from imports.models import ImportJob
from imports.pipeline import runner, undo_chunks, undo_runner
from imports.queries import Tables
from tests.factories import make_csv, make_import, make_job, make_product, make_undone, make_webhook
from tests.imports.crashing import make_content
from tests.imports.workers import HASTY, database_url, until, working

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = 10


def make_undo() -> ImportJob:
    """An import whose undo is requested: a changed product and nine new ones."""
    make_product(sku="A0", name="Pot")
    job = make_import(make_csv(*(f"A{number},Mug,,1," for number in range(PRODUCTS))))
    return request(job.pk)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_chunks, "FIRST_CHUNK_PRODUCTS", 3)
    monkeypatch.setattr(undo_chunks, "CHUNK_PRODUCTS", 4)


def run_and_stop_after(job: ImportJob, chunks: int) -> None:
    stops = iter([*[False] * chunks, True])
    with pytest.raises(runner.Requeued):
        undo_runner.run(job.pk, should_stop=lambda: next(stops))
    job.refresh_from_db()


@contextmanager
def failing() -> Iterator[None]:
    """A database in which the product with the SKU A5 cannot be deleted."""
    execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF OLD.sku = 'A5' THEN RAISE 'no'; END IF; RETURN OLD; END $$"
    )
    execute("CREATE TRIGGER refuse BEFORE DELETE ON catalog_product FOR EACH ROW EXECUTE FUNCTION refuse()")
    try:
        yield
    finally:
        execute("DROP FUNCTION refuse CASCADE")


def execute(statement: LiteralString) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def figures(job: ImportJob) -> tuple[str, int, int, int]:
    job.refresh_from_db()
    return job.undo_status, job.undo_progress, job.reverted_count, job.kept_count


def skus() -> list[str]:
    return list(Product.objects.order_by("sku").values_list("sku", flat=True))


# --- Resumed ---


def test_undo_that_is_stopped_continues_after_its_last_chunk() -> None:
    job = make_undo()
    run_and_stop_after(job, 2)
    assert (*figures(job), job.attempts_without_progress) == ("processing", 70, 7, 0, 0)
    assert skus() == ["A0", "A7", "A8", "A9"]
    undo_runner.run(job.pk)
    assert figures(job) == ("completed", 100, 10, 0)
    assert list(Product.objects.values_list("sku", "name")) == [("A0", "Pot")]


def test_chunk_that_fails_changes_nothing_and_is_tried_again() -> None:
    job = make_undo()
    with failing(), pytest.raises(Exception, match="no"):
        undo_runner.run(job.pk)
    assert figures(job) == ("processing", 30, 3, 0)
    assert len(skus()) == 8
    undo_runner.run(job.pk)
    assert figures(job) == ("completed", 100, 10, 0)


def test_product_that_changes_between_two_attempts_is_kept() -> None:
    job = make_undo()
    run_and_stop_after(job, 1)
    Product.objects.get(sku="A9").change({"name": "Jar"})
    undo_runner.run(job.pk)
    assert figures(job) == ("completed", 100, 9, 1)
    assert list(Product.objects.values_list("sku", "name")) == [("A0", "Pot"), ("A9", "Jar")]


def test_product_that_was_reverted_and_then_changed_is_not_touched_again() -> None:
    job = make_undo()
    run_and_stop_after(job, 1)
    Product.objects.get(sku="A0").change({"name": "Pan"})
    undo_runner.run(job.pk)
    assert figures(job) == ("completed", 100, 10, 0)
    assert Product.objects.get().name == "Pan"


def test_each_reverted_product_is_one_event_over_all_attempts() -> None:
    job = make_undo()
    make_webhook()
    run_and_stop_after(job, 2)
    undo_runner.run(job.pk)
    events = Event.objects.values_list("event_type", flat=True)
    assert sorted(events) == ["product.deleted"] * 9 + ["product.updated"]


def test_worker_that_shuts_down_hands_its_undo_back() -> None:
    job = make_undo()
    stopping: Any = SimpleNamespace(should_abort=lambda: True)
    with pytest.raises(JobAborted):
        tasks.undo_import.func(stopping, job_id=str(job.pk))
    assert (*figures(job), job.attempts_without_progress) == ("processing", 0, 0, 0, 0)


def test_undo_that_has_ended_does_not_run_again() -> None:
    job = make_undone(make_import(make_csv("A1,Mug,,,")))
    make_import(make_csv("A1,Mug,,,"))
    before = ImportJob.objects.values().get(pk=job.pk)
    undo_runner.run(job.pk)
    assert ImportJob.objects.values().get(pk=job.pk) == before
    assert skus() == ["A1"]


@pytest.mark.slow
@pytest.mark.usefixtures("without_search_index")
def test_undo_whose_worker_is_killed_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    job = make_import(make_content(tmp_path))
    request(job.pk)
    look: LiteralString = "SELECT undo_status, attempt, reverted_count FROM imports_importjob"
    with psycopg.connect(database_url(), autocommit=True) as looking, working(**HASTY) as worker:

        def seen() -> tuple[Any, ...]:
            return looking.execute(look).fetchone() or ()

        until(lambda: seen()[2] > 0, "a chunk is committed")
        worker.kill()
        hit = seen()
        worker.start()
        until(lambda: seen()[0] == "completed", "the undo ends")
    job.refresh_from_db()
    assert (hit[0], hit[2] < job.created_count) == ("processing", True)
    assert (job.attempt, job.reverted_count, job.kept_count) == (hit[1] + 1, job.created_count, 0)
    assert not Product.objects.exists()


# --- One owner ---


def test_stale_attempt_commits_no_chunk() -> None:
    stale = undo_runner.claim(make_undo().pk)
    assert stale
    undo_runner.claim(stale.pk)
    taken_over = ImportJob.objects.values().get()
    undo_runner.run_guarded(stale, lambda: None)
    assert ImportJob.objects.values().get() == taken_over
    assert len(skus()) == PRODUCTS


def test_attempt_that_turns_stale_between_two_chunks_commits_no_more() -> None:
    job = undo_runner.claim(make_undo().pk)
    assert job

    def take_over_after_a_chunk() -> None:
        if ImportJob.objects.get().reverted_count:
            undo_runner.claim(job.pk)

    undo_runner.run_guarded(job, take_over_after_a_chunk)
    assert figures(job) == ("processing", 30, 3, 0)
    assert len(skus()) == 8


# --- Given up ---


def test_undo_that_crashes_at_one_point_is_given_up_and_continues_on_request(client: Client) -> None:
    job = make_undo()
    with failing():
        for _ in range(6):
            with pytest.raises(Exception, match="no"):
                undo_runner.run(job.pk)
        undo_runner.run(job.pk)
    assert figures(job) == ("failed", 30, 3, 0)
    told = client.get(f"/api/jobs/{job.pk}").json()["undo"]
    assert told["failure_code"] == "undo.crash_loop"
    assert told["failure_message"] == "The undo crashed 5 times at the same point, so it was stopped."
    make_undone(job)
    assert (figures(job), job.undo_failure_code) == (("completed", 100, 10, 0), "")


def test_disk_that_is_full_fails_the_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_no_room(*arguments: object) -> int:
        raise OperationalError from DiskFull("could not extend file")

    job = make_undo()
    monkeypatch.setattr(Tables, "execute", find_no_room)
    undo_runner.run(job.pk)
    assert (figures(job), job.undo_failure_code) == (("failed", 0, 0, 0), "undo.storage_full")
    assert len(skus()) == PRODUCTS


def test_undo_without_its_whole_history_reverts_nothing() -> None:
    job = make_undo()
    job.changed.all().delete()
    undo_runner.run(job.pk)
    assert (figures(job), job.undo_failure_code) == (("failed", 0, 0, 0), "undo.history_incomplete")
    assert job.undo_failure_message == "The change history has 9 of the 10 products that the import wrote."
    assert len(skus()) == PRODUCTS


# --- Beside other work ---


def test_undo_takes_its_turn_among_the_imports() -> None:
    job = make_undo()
    make_job(make_csv("B1,Mug,,,"))
    queued = ProcrastinateJob.objects.filter(
        args__job_id=str(job.pk), task_name="imports.tasks.undo_import"
    ).get()
    [first, second] = ProcrastinateJob.objects.filter(pk__gte=queued.pk).order_by("id")
    assert (first.lock, second.lock) == ("imports", "imports")


def test_undo_without_a_queue_entry_is_found_and_queued_again() -> None:
    job = make_undo()
    assert maintenance.orphaned_undos() == []
    execute("DELETE FROM procrastinate_jobs")
    assert maintenance.orphaned_undos() == [job.pk]
    tasks.recover(timestamp=0)
    assert ProcrastinateJob.objects.get().task_name == "imports.tasks.undo_import"
    assert maintenance.orphaned_jobs() == []


def test_import_that_is_being_undone_is_not_deleted(client: Client) -> None:
    job = make_undo()
    answer: Any = client.delete(f"/api/jobs/{job.pk}")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:job.not_ended")
    assert answer.json()["detail"] == "The import is being undone. It can be deleted afterwards."
    undo_runner.run(job.pk)
    removal.remove(job.pk)
    assert not ImportJob.objects.exists()


def test_old_import_keeps_its_history_until_its_undo_has_ended(settings: Settings) -> None:
    settings.IMPORT_KEEP_FILES_DAYS = settings.IMPORT_KEEP_JOBS_DAYS = 30
    job = make_undo()
    long_ago = now() - timedelta(days=31)
    ImportJob.objects.update(created_at=long_ago, started_at=long_ago, completed_at=long_ago)
    maintenance.prune_journals()
    assert maintenance.prune_jobs() == 0
    undo_runner.run(job.pk)
    assert figures(job) == ("completed", 100, 10, 0)
    maintenance.prune_journals()
    assert not job.created.exists()
    assert maintenance.prune_jobs() == 1


# --- Parts of a journal ---


def test_chunks_cover_each_product_of_the_journal_once() -> None:
    journal = [
        undo_chunks.Part("changed", 1, 0, 5),
        undo_chunks.Part("changed", 2, 0, 2),
        undo_chunks.Part("created", 1, 0, 7),
    ]
    assert list(undo_chunks.parts(journal, 4, 9)) == [
        ("changed", 1, 4, 5),
        ("changed", 2, 0, 2),
        ("created", 1, 0, 2),
    ]
    assert list(undo_chunks.parts(journal, 9, 19)) == [("created", 1, 2, 7)]
    assert list(undo_chunks.parts(journal, 14, 19)) == []


# --- Invariants ---


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"undo_status": "pending"}, "undo_has_a_time_iff_requested"),
        ({"undone_at": now()}, "undone_iff_its_undo_completed"),
        ({"undo_progress": 100}, "undone_iff_its_undo_completed"),
        ({"undo_status": "failed", "undo_requested_at": now()}, "failed_undo_has_a_code"),
        ({"undo_failure_code": "undo.crash_loop"}, "failed_undo_has_a_code"),
        ({"reverted_count": 1}, "reverts_only_for_an_undo"),
    ],
)
def test_undo_that_cannot_be_is_refused_by_the_database(changes: dict[str, object], constraint: str) -> None:
    make_import(make_csv("A1,Mug,,,"))
    with pytest.raises(IntegrityError, match=f"importjob_{constraint}"):
        ImportJob.objects.update(**changes)


def test_import_that_has_not_ended_has_no_undo_in_the_database() -> None:
    make_job(make_csv("A1,Mug,,,"))
    with pytest.raises(IntegrityError, match="importjob_undo_requested_only_once_ended"):
        ImportJob.objects.update(undo_status="pending", undo_requested_at=now())
