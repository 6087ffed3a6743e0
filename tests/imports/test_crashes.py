"""Workers that are killed and a server that crashes in the middle of an import: it ends as if nothing had been."""

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import OperationalError
from psycopg import Copy
from psycopg.errors import DiskFull

from catalog.models import Product
from imports.models import ImportJob, Status
from imports.pipeline import chunks, runner
from imports.queries import Tables
from lib import limits
from tests.factories import make_csv, make_job, make_product
from tests.imports.crashing import ROWS, empty_tables, make_content, make_undisturbed
from tests.imports.stopping import run_and_stop_when
from tests.imports.workers import (
    HASTY,
    Watch,
    Worker,
    kill_at,
    kill_points,
    outcome,
    until,
    until_no_tables,
    watching,
    working,
)
from tests.servers import Server

slow = pytest.mark.slow
transactional = pytest.mark.django_db(transaction=True)

SEED = 20261122
# Some percent into the last phase, which begins at 60.
CARRYING_OUT = 62
RUNS_AGAIN_WITHIN_SECONDS = 45


@pytest.mark.usefixtures("without_search_index")
@slow
@transactional
def test_import_whose_worker_is_killed_ten_times_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    content = make_content(tmp_path)
    undisturbed = make_undisturbed(content)
    chance = random.Random(SEED)  # noqa: S311 - the same kills in every run
    job_id = make_job(content).pk
    with working(**HASTY) as worker, watching(job_id) as watch:
        kills = kill_at(worker, watch, kill_points(10, chance, CARRYING_OUT), chance)
        watch.until_final()
    assert outcome(job_id) == undisturbed
    assert watch.wrong == []
    assert len(kills) == 10
    assert {"staging", "applying"} <= {kill.phase for kill in kills}


@pytest.mark.usefixtures("without_search_index")
@slow
@transactional
def test_import_of_a_killed_worker_runs_again_within_45_seconds(tmp_path: Path) -> None:
    job_id = make_job(make_content(tmp_path)).pk
    with working() as worker, watching(job_id) as watch:
        kills = kill_at(worker, watch, [1], random.Random(SEED))  # noqa: S311 - as above
        watch.until_final()
    assert [kill.seconds < RUNS_AGAIN_WITHIN_SECONDS for kill in kills] == [True]
    assert watch.wrong == []


@slow
@pytest.mark.parametrize("phase", ["staging", "applying"])
def test_import_during_which_the_server_crashed_ends_as_if_it_had_not(
    phase: str, own_server: Server, tmp_path: Path
) -> None:
    content = make_content(tmp_path, 2 * ROWS)
    undisturbed = make_undisturbed(content)
    job_id = make_job(content).pk
    with working(**HASTY) as worker, watching(job_id) as watch:
        watch.until(lambda seen: seen.is_within(phase) or seen.is_final, f"the import is {phase}")
        own_server.crash()
        hit = watch.last
        own_server.start()
        keep_running_until_final(worker, watch)
    assert outcome(job_id) == undisturbed
    assert watch.wrong == []
    assert (hit.phase, hit.is_final) == (phase, False)


def keep_running_until_final(worker: Worker, watch: Watch) -> None:
    def ended() -> bool:
        worker.keep_running()
        return watch.last.is_final

    until(ended, "the import ends", 120)
    until_no_tables()


@transactional
def test_last_of_many_rows_of_a_sku_wins_although_the_server_crashed_among_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 1)
    job = make_job(
        make_csv(
            *(f"A1,Mug {number},,1," for number in range(500)),
            *(f"B{number},Cup,,1," for number in range(2, 7)),
        )
    )
    run_and_stop_when(job, lambda seen: seen.applied_rows > 0)
    empty_tables(job)
    runner.run(job.pk)
    assert Product.objects.get(sku="A1").name == "Mug 499"
    job.refresh_from_db()
    assert (job.created_count, job.superseded_count, job.unchanged_count) == (6, 499, 0)


# Rows that are rejected as they are read, for their price, once the file is read, and for what is in the catalog.
REFUSED = make_csv(
    *(
        line
        for number in range(300)
        for line in (f"A{number},Mug,,x,", f"B{number},Cup,,5,", f"C{number},,,1,")
    )
)


@transactional
@pytest.mark.parametrize("listed", [0, 250, 450, 1_000])
@pytest.mark.parametrize("phase", ["staging", "applying"])
def test_rows_that_are_counted_alone_stay_rejected_although_the_server_crashed(
    monkeypatch: pytest.MonkeyPatch, phase: str, listed: int
) -> None:
    monkeypatch.setattr(limits, "LISTED_ROWS", listed)
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 50)
    undisturbed = make_undisturbed(REFUSED)
    job = make_job(REFUSED)
    run_and_stop_when(job, lambda seen: seen.phase == phase and (phase == "staging" or seen.applied_rows > 0))
    empty_tables(job)
    runner.run(job.pk)
    assert outcome(job.pk) == undisturbed
    job.refresh_from_db()
    assert (job.error_count, job.listed_count, job.created_count) == (600, min(listed, 600), 300)


@transactional
def test_product_that_comes_after_a_crash_takes_no_row_that_was_rejected_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "LISTED_ROWS", 1)
    job = make_job(make_csv("A1,,,1,", "B2,,,2,", "C3,Cup,,3,"))
    run_and_stop_when(job, lambda seen: seen.error_count == 2)
    empty_tables(job)
    make_product(sku="B2", name="Pot", price=Decimal(9))
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error_count, job.created_count, job.updated_count) == ("completed", 2, 1, 0)
    assert Product.objects.get(sku="B2").price == 9


@transactional
def test_import_whose_plan_crashes_the_server_every_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
        empty_tables(job)
        raise OperationalError("server closed the connection unexpectedly")

    job = make_job(make_csv("A1,Mug,,1,"))
    monkeypatch.setattr(runner, "make_plan", crash)
    for _ in range(6):
        with pytest.raises(OperationalError):
            runner.run(job.pk)
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code) == (Status.FAILED, "job.crash_loop")


@transactional
def test_disk_that_is_full_while_rows_are_staged_fails_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_no_room(*arguments: object) -> None:
        raise DiskFull("could not extend file")

    job = make_job(make_csv("A1,Mug,,1,"))
    monkeypatch.setattr(Copy, "write", find_no_room)
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code) == (Status.FAILED, "job.storage_full")
    assert not Product.objects.exists()
    assert not Tables(job).exists("stage")
