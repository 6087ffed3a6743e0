"""The database server is stopped at once while the plan is carried out: the import ends as if it had not been.

Its rows differ much in length and come in shuffled order, so that they do not lie on disk in the order of their keys."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import InterfaceError, OperationalError

from bench import sample
from catalog.models import Product
from imports.models import ImportJob
from imports.pipeline import chunks, ordered, plan, runner, staging
from tests.factories import make_import, make_job
from tests.imports.crashing import make_undisturbed
from tests.imports.workers import outcome
from tests.servers import Server

ROWS = 2_000
CHUNK_ROWS = 400


def make_uneven(folder: Path, rows: int = ROWS) -> bytes:
    sample.write_uneven(folder / "uneven.csv", rows)
    return (folder / "uneven.csv").read_bytes()


def run_with_stops(job: ImportJob, server: Server) -> list[int]:
    """Attempts at the import, each ended by a stop of the server once it has committed a chunk. Where each stopped."""
    stops: list[int] = []
    while not ImportJob.objects.get(pk=job.pk).is_final:
        with suppress(OperationalError, InterfaceError):
            runner.run(job.pk, should_stop=stop_after_a_chunk(job, server, stops))
    return stops


def stop_after_a_chunk(job: ImportJob, server: Server, stops: list[int]) -> Callable[[], bool]:
    before = ImportJob.objects.get(pk=job.pk).applied_key

    def stop() -> bool:
        now = ImportJob.objects.get(pk=job.pk)
        if now.applied_key != before:
            stops.append(now.success_count)
            server.crash()
            # Back at once, so that nobody waits for it: what was under way is lost all the same.
            server.start()
            raise OperationalError("The server was stopped.")
        return False

    return stop


@pytest.mark.slow
def test_import_whose_server_stops_after_each_chunk_ends_as_if_it_had_not(
    own_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", CHUNK_ROWS)
    monkeypatch.setattr(ordered, "WORKERS", 1)
    content = make_uneven(tmp_path)
    undisturbed = make_undisturbed(content)
    job = make_job(content)
    stops = run_with_stops(job, own_server)
    assert outcome(job.pk) == undisturbed
    assert stops == [400, 800, 1_200, 1_600]


@pytest.mark.slow
def test_changes_whose_server_stops_after_each_chunk_are_all_made_and_all_told(
    own_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", CHUNK_ROWS)
    content = make_uneven(tmp_path)
    make_import(content)
    job = make_job(content.replace(b".50,true", b".75,true"))
    assert run_with_stops(job, own_server)
    job.refresh_from_db()
    assert (job.updated_count, job.processed_rows) == (Product.objects.count(), ROWS)
    assert sum(len(each.product_ids) for each in job.changed.all()) == Product.objects.count()
    assert not Product.objects.filter(price__endswith=".50").exists()


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["staging", "classifying", "applying"])
def test_server_that_is_back_before_anybody_asks_for_it_loses_no_row(
    phase: str, own_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", CHUNK_ROWS)
    monkeypatch.setattr(plan, "SMALL_ROWS", 0)
    monkeypatch.setattr(staging, "FIRST_BATCH_SECONDS", 0.001)
    monkeypatch.setattr(staging, "BATCH_SECONDS", 0.001)
    content = make_uneven(tmp_path, 5_000)
    undisturbed = make_undisturbed(content)
    job = make_job(content)
    restarts: list[str] = []

    def restart_once() -> bool:
        seen = ImportJob.objects.get(pk=job.pk)
        if seen.phase == phase and (phase != "applying" or seen.applied_rows) and not restarts:
            restarts.append(seen.phase)
            own_server.crash()
            own_server.start()
        return False

    while not ImportJob.objects.get(pk=job.pk).is_final:
        with suppress(OperationalError, InterfaceError):
            runner.run(job.pk, should_stop=restart_once)
    assert restarts == [phase]
    assert outcome(job.pk) == undisturbed
