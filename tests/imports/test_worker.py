"""Workers and the queue: an orderly end, poison, one import at a time, and what keeps both in order."""

import statistics
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils.timezone import now
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from bench import sample
from catalog.models import Product
from imports import maintenance
from imports.models import ImportJob, Status, StoredFile
from lib import limits
from project import tasks
from tests.factories import make_csv, make_import, make_job
from tests.imports.poisoned_worker import POISON
from tests.imports.workers import HASTY, Worker, outcome, until, watching, working
from tests.servers import Server

transactional = pytest.mark.django_db(transaction=True)
slow = pytest.mark.slow

STOPS_WITHIN_SECONDS = 25
POISONED_COMMAND = ("tests/imports/poisoned_worker.py", "procrastinate", "worker")
FILE = make_csv("A1,Mug,,1,", "B2,Cup,,2,")


def queued() -> list[str]:
    """The states of the queue's entries for imports."""
    entries = ProcrastinateJob.objects.filter(task_name="imports.tasks.run_import").order_by("id")
    return list(entries.values_list("status", flat=True))


def tell_queue(statement: str, *parameters: str | int) -> None:
    """Its models are read-only."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.mark.usefixtures("without_search_index")
@slow
@transactional
def test_worker_that_is_reported_to_stop_hands_its_import_to_the_next(tmp_path: Path) -> None:
    truth = sample.write(tmp_path / "sample.csv", 200_000)
    job = make_job((tmp_path / "sample.csv").read_bytes())
    with watching(job.pk) as watch:
        with working() as worker:
            watch.until(lambda seen: seen.is_within("staging"), "the import is being staged")
            code = worker.stop(STOPS_WITHIN_SECONDS)
        job.refresh_from_db()
        handed_back = (job.status, job.attempt, job.attempts_without_progress, queued())
        with working():
            watch.until_final()
            until(lambda: not queued(), "the queue is done with it")
    assert code == 0
    assert handed_back == (Status.PROCESSING, 1, 0, ["todo"])
    found = outcome(job.pk)
    assert (found.created, found.errors, found.superseded) == (truth.products, truth.bad, truth.superseded)
    assert found.products == truth.products
    assert (watch.last.attempt, watch.wrong) == (2, [])


@slow
@transactional
def test_import_that_kills_its_worker_is_given_up_and_the_next_one_runs() -> None:
    poison = make_job(make_csv("P1,Poison,,1,"), POISON)
    harmless = make_job(FILE)
    with (
        working(command=POISONED_COMMAND, WORKER_STALLED_SECONDS="1") as worker,
        watching(harmless.pk) as watch,
    ):

        def has_ended() -> bool:
            worker.keep_running()
            return watch.last.is_final and not queued()

        until(has_ended, "the import behind the poison ends", 180)
    poison.refresh_from_db()
    assert (poison.status, poison.failure_code) == (Status.FAILED, "job.crash_loop")
    # The first got as far as it could, five more got no farther, and the last gave up.
    assert poison.attempt == 7
    assert watch.last.status == Status.COMPLETED
    assert set(Product.objects.values_list("sku", flat=True)) == {"A1", "B2"}


@slow
def test_worker_hears_of_new_imports_at_once_again_after_the_server_crashed(own_server: Server) -> None:
    with working(**HASTY) as worker:
        make_pick_up(worker)
        before = [make_pick_up(worker) for _ in range(8)]
        own_server.crash()
        own_server.start()
        limit = max(0.3, 2 * max(before))
        after: list[float] = []

        def heals() -> bool:
            after.append(make_pick_up(worker))
            return len(after) >= 8 and max(after[-8:]) <= limit

        until(heals, f"eight imports in a row are picked up within {limit:.2f} s")
    # Polling alone takes half a second on the average.
    assert statistics.median(before) < 0.3


def make_pick_up(worker: Worker) -> float:
    """The seconds an import waits for its worker, by the server's clock."""
    job = make_job(make_csv())

    def is_done() -> bool:
        worker.keep_running()
        return not queued()

    until(is_done, "the worker is done with an import")
    job.refresh_from_db()
    assert job.started_at
    return (job.started_at - job.created_at).total_seconds()


@slow
@transactional
def test_two_workers_apply_one_import_at_a_time_in_the_order_of_upload() -> None:
    files = [make_csv(*(f"A{row},Mug {number},,1," for row in range(20_000))) for number in range(3)]
    jobs = [make_job(file) for file in files]
    with working(**HASTY), working(**HASTY):
        until(lambda: not queued(), "all imports have ended")
    for job in jobs:
        job.refresh_from_db()
    assert [job.status for job in jobs] == [Status.COMPLETED] * 3
    assert [job.updated_count for job in jobs] == [0, 20_000, 20_000]
    for earlier, later in pairwise(jobs):
        assert later.started_at and earlier.completed_at
        assert later.started_at >= earlier.completed_at


@slow
@transactional
def test_import_whose_entry_in_the_queue_vanished_is_run_all_the_same() -> None:
    job = make_job(FILE)
    tell_queue("DELETE FROM procrastinate_jobs")
    with working(), watching(job.pk) as watch:
        watch.until_final()
    assert watch.last.status == Status.COMPLETED


@transactional
def test_import_whose_entry_failed_is_lost() -> None:
    job = make_job(FILE)
    tell_queue("UPDATE procrastinate_jobs SET status = 'failed'")
    assert maintenance.orphaned_jobs() == [job.pk]


@transactional
@pytest.mark.parametrize("status", ["todo", "doing"])
def test_import_the_queue_knows_of_is_not_lost(status: str) -> None:
    make_job(FILE)
    tell_queue("UPDATE procrastinate_jobs SET status = %s", status)
    assert maintenance.orphaned_jobs() == []


@transactional
def test_import_that_ended_is_not_lost() -> None:
    make_import(FILE)
    tell_queue("DELETE FROM procrastinate_jobs")
    assert maintenance.orphaned_jobs() == []


@transactional
def test_lost_imports_are_found_in_the_order_of_upload() -> None:
    jobs = [make_job(FILE) for _ in range(3)]
    tell_queue("DELETE FROM procrastinate_jobs")
    assert maintenance.orphaned_jobs() == [job.pk for job in jobs]


@transactional
def test_entry_of_a_dead_worker_is_replaced_by_one_that_comes_first() -> None:
    """A paused worker that wakes ends the entry it had, which is not the one another worker has by then."""
    earlier, later = make_job(FILE), make_job(FILE)
    tell_queue(
        "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (SELECT min(id) FROM procrastinate_jobs)"
    )
    dead = ProcrastinateJob.objects.get(status="doing")
    run_maintenance(tasks.rescue)
    entries = ProcrastinateJob.objects.order_by("-priority", "id")
    assert [entry.args["job_id"] for entry in entries] == [str(earlier.pk), str(later.pk)]
    assert [entry.status for entry in entries] == ["todo", "todo"]
    assert dead.pk not in [entry.pk for entry in entries]


@transactional
def test_entries_that_ended_a_week_ago_are_removed() -> None:
    for _ in range(3):
        make_job(FILE)
    old, young, waiting = ProcrastinateJob.objects.order_by("id")
    tell_queue("UPDATE procrastinate_jobs SET status = 'failed' WHERE id IN (%s, %s)", old.pk, young.pk)
    eight_days_ago = "UPDATE procrastinate_events SET at = at - interval '8 days' WHERE job_id IN (%s, %s)"
    tell_queue(eight_days_ago, old.pk, waiting.pk)
    run_maintenance(tasks.prune)
    assert set(ProcrastinateJob.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}


def run_maintenance(task: object) -> None:
    """As the worker runs it, which has the application for it in the context."""
    async_to_sync(task.func)(SimpleNamespace(app=app), timestamp=0)  # type: ignore[attr-defined] # every task has it


def make_ended(days_ago: float) -> ImportJob:
    job = make_import(FILE)
    ImportJob.objects.filter(pk=job.pk).update(completed_at=now() - timedelta(days=days_ago))
    return job


def make_orphan(hours_ago: float) -> str:
    name = default_storage.save(f"orphan-{hours_ago}", ContentFile(b"sku,name\n"))
    StoredFile.objects.filter(name=name).update(created_at=now() - timedelta(hours=hours_ago))
    return name


@transactional
def test_file_of_an_import_that_ended_31_days_ago_is_removed_and_its_job_stays() -> None:
    job = make_ended(days_ago=31)
    assert maintenance.prune_files() == 1
    assert not default_storage.exists(job.stored_as)
    job.refresh_from_db()
    assert (job.status, job.stored_as, job.created_count) == (Status.COMPLETED, "", 2)


@transactional
def test_file_of_an_import_that_ended_29_days_ago_stays() -> None:
    job = make_ended(days_ago=29)
    assert maintenance.prune_files() == 0
    assert default_storage.exists(job.stored_as)


@transactional
def test_file_that_waits_for_its_import_stays_however_old() -> None:
    job = make_job(FILE)
    ImportJob.objects.update(created_at=now() - timedelta(days=100))
    StoredFile.objects.update(created_at=now() - timedelta(days=100))
    assert maintenance.prune_files() == 0
    assert default_storage.exists(job.stored_as)


@transactional
def test_upload_that_never_became_an_import_is_removed_after_a_day() -> None:
    old, young = make_orphan(hours_ago=25), make_orphan(hours_ago=23)
    assert maintenance.prune_files() == 1
    assert (default_storage.exists(old), default_storage.exists(young)) == (False, True)


def make_ended_with_errors(days_ago: float) -> ImportJob:
    job = make_import(make_csv("A1,Mug,red,1,", "B2,Cup,,x,", header="sku,name,colour,price,is_active"))
    assert job.warnings
    ImportJob.objects.filter(pk=job.pk).update(completed_at=now() - timedelta(days=days_ago))
    return job


@transactional
def test_rejected_rows_and_warnings_are_removed_with_the_file_and_stay_counted() -> None:
    job = make_ended_with_errors(days_ago=31)
    maintenance.prune_files()
    maintenance.prune_rejections()
    job.refresh_from_db()
    assert (job.error_count, job.listed_count, job.warnings, job.rejected.count()) == (1, 0, [], 0)


@transactional
def test_rejected_rows_of_an_import_that_ended_29_days_ago_stay() -> None:
    job = make_ended_with_errors(days_ago=29)
    maintenance.prune_rejections()
    job.refresh_from_db()
    assert (job.listed_count, len(job.warnings), job.rejected.count()) == (1, 1, 1)


@transactional
def test_lines_of_rows_that_are_counted_alone_are_removed_once_the_import_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "LISTED_ROWS", 0)
    job = make_ended_with_errors(days_ago=0)
    waiting = make_import(make_csv("Z9,,,1,"), dry_run=True)
    maintenance.prune_rejections()
    assert (job.unlisted.count(), waiting.unlisted.count()) == (0, 1)


@transactional
def test_jobs_that_ended_more_than_a_year_ago_are_removed() -> None:
    make_ended(days_ago=366)
    young, waiting = make_ended(days_ago=364), make_job(FILE)
    ImportJob.objects.filter(pk=waiting.pk).update(created_at=now() - timedelta(days=400))
    assert maintenance.prune_jobs() == 1
    assert set(ImportJob.objects.all()) == {young, waiting}
    assert set(StoredFile.objects.values_list("name", flat=True)) == {young.stored_as, waiting.stored_as}
