"""imports.reading.sandbox: a slip in a parser costs the one file, and nobody else notices."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Product
from imports.models import ImportJob, Status, StoredFile
from imports.pipeline import runner
from imports.queries import Tables
from imports.reading import sandbox
from lib.forkserver import ForkServer, ServerGone
from tests.factories import make_csv, make_job

pytestmark = pytest.mark.django_db(transaction=True)

Slip = Callable[[str], None]
COSTLY, CRASHED = "file.resource_limit", "file.reader_crashed"


@pytest.fixture
def slip(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slip]:
    """From now on files are read by a reader of tests.imports.slips."""
    servers: list[ForkServer] = []

    def read_by(reader: str) -> None:
        servers.append(ForkServer(f"tests.imports.slips:{reader}"))
        monkeypatch.setattr(sandbox, "SERVER", servers[-1])

    monkeypatch.setattr(sandbox, "READ_CPU_SECONDS", 1)
    monkeypatch.setattr(sandbox, "LOOK_CPU_SECONDS", 1)
    yield read_by
    for server in servers:
        server.stop()


def run(job: ImportJob) -> tuple[str, str]:
    runner.run(job.pk)
    job.refresh_from_db()
    assert not Tables(job).exists("stage")
    assert not Product.objects.exists()
    return job.status, job.failure_code


SLIPS = [("spinning", COSTLY), ("hungry", COSTLY), ("crashing", CRASHED), ("raising", CRASHED)]


@pytest.mark.parametrize(("reader", "code"), SLIPS)
def test_slip_of_a_parser_fails_its_import(slip: Slip, reader: str, code: str) -> None:
    job = make_job(make_csv("A1,Mug,,1,"))
    slip(reader)
    assert run(job) == (Status.FAILED, code)


@pytest.mark.parametrize(("reader", "code"), SLIPS)
def test_slip_of_a_parser_rejects_its_upload(client: Client, slip: Slip, reader: str, code: str) -> None:
    slip(reader)
    file = SimpleUploadedFile("products.csv", make_csv("A1,Mug,,1,"))
    answer = client.post("/api/upload", {"file": file})
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:problem:{code}")
    assert not ImportJob.objects.exists()
    assert not StoredFile.objects.exists()


def test_other_file_is_imported_after_one_that_made_its_reader_crash(slip: Slip) -> None:
    jobs = [make_job(make_csv("A1,Mug,,1,")) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "SERVER", ForkServer("tests.imports.slips:crashing"))
        assert run(jobs[0]) == (Status.FAILED, CRASHED)
        sandbox.SERVER.stop()
    runner.run(jobs[1].pk)
    jobs[1].refresh_from_db()
    assert (jobs[1].status, jobs[1].created_count) == (Status.COMPLETED, 1)


def test_process_that_waits_for_a_reader_goes_on_with_all_else(slip: Slip) -> None:
    job = make_job(make_csv("A1,Mug,,1,"))
    slip("spinning")
    longest, before = 0.0, time.monotonic()
    failing = threading.Thread(target=run_in_thread, args=(job,))
    failing.start()
    while failing.is_alive():
        time.sleep(0.01)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()
    assert ImportJob.objects.get(pk=job.pk).failure_code == COSTLY
    assert longest < 0.5


def run_in_thread(job: ImportJob) -> None:
    from django.db import connection

    try:
        runner.run(job.pk)
    finally:
        connection.close()


def test_cancelling_is_seen_while_a_reader_says_nothing(slip: Slip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "WAIT_SECONDS", 0.1)
    job = make_job(make_csv("A1,Mug,,1,"))
    slip("sleeping")
    cancel = threading.Timer(0.3, cancel_in_thread, [job])
    cancel.start()
    assert run(job) == (Status.CANCELLED, "")
    cancel.join()


def cancel_in_thread(job: ImportJob) -> None:
    from django.db import connection

    ImportJob.objects.filter(pk=job.pk).update(cancel_requested=True)
    connection.close()


def test_reader_that_says_nothing_for_too_long_fails_the_import(
    slip: Slip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(sandbox, "READ_STALL_SECONDS", 0.3)
    job = make_job(make_csv("A1,Mug,,1,"))
    slip("sleeping")
    assert run(job) == (Status.FAILED, COSTLY)


def test_import_is_tried_again_when_it_was_not_its_reader_that_ended(slip: Slip) -> None:
    job = make_job(make_csv("A1,Mug,,1,"))
    slip("leaving")
    with pytest.raises(ServerGone):
        runner.run(job.pk)
    job.refresh_from_db()
    assert job.status == Status.PROCESSING


def test_reader_may_read_the_currencies_of_all_countries() -> None:
    runner.run(make_job(make_csv("A1,Mug,,7 zł,")).pk)
    assert Product.objects.get().price == 7
