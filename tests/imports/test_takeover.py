"""An import has one owner: what an attempt does after another has taken over is not committed."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from catalog.models import Product
from imports.formats import source
from imports.models import AttemptFenced, ImportJob, RejectedRow, Status
from imports.pipeline import applying, plan, runner, sessions, staging
from imports.queries import Tables
from tests.factories import make_csv, make_job, make_product
from tests.imports.crashing import make_content, make_undisturbed
from tests.imports.workers import HASTY, database_url, outcome, queue_is_empty, until, watching, working

pytestmark = pytest.mark.django_db(transaction=True)

Session = psycopg.Connection[tuple[object, ...]]

FILE = make_csv("A1,Mug,,1,", "B2,Cup,,abc,")


def go_on() -> None:
    """Nobody asks the import to stop."""


def make_attempt(job: ImportJob) -> ImportJob:
    """The job as the worker has it that has just taken it over."""
    attempt = runner.claim(job.pk)
    assert attempt
    return attempt


@pytest.fixture
def session() -> Iterator[Session]:
    """A database session of another process."""
    with closing(psycopg.connect(database_url())) as session:
        yield session


def give(job: ImportJob, session: Session) -> None:
    """Make it a session of the job's attempt."""
    session.execute("SELECT set_config('application_name', %s, false)", [sessions.name_of(job.pk)])
    session.commit()


def row_of(job: ImportJob) -> dict[str, object]:
    return dict(ImportJob.objects.values().get(pk=job.pk))


def test_stale_attempt_stages_nothing() -> None:
    stale = make_attempt(make_job(FILE))
    taken_over = row_of(make_attempt(stale))
    with pytest.raises(AttemptFenced):
        staging.stage(stale, Tables(stale), go_on)
    assert row_of(stale) == taken_over
    assert not Tables(stale).exists("stage")
    assert not RejectedRow.objects.exists()


@pytest.mark.usefixtures("read_here")
def test_attempt_that_turns_stale_between_two_segments_stages_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(source, "READ_BYTES", 100)
    monkeypatch.setattr(staging, "BATCH_SECONDS", 0.001)
    stale = make_attempt(make_job(make_csv(*(f"A{number},Mug,,1," for number in range(1000)))))
    taken_over: list[dict[str, object]] = []
    with pytest.raises(AttemptFenced):
        staging.stage(stale, Tables(stale), lambda: taken_over.append(row_of(make_attempt(stale))))
    assert [row_of(stale)] == taken_over
    assert Tables(stale).count("stage") == taken_over[0]["lines_staged"]


def test_stale_attempt_makes_no_plan() -> None:
    stale = make_attempt(make_job(FILE))
    tables = Tables(stale)
    staging.stage(stale, tables, go_on)
    taken_over = row_of(make_attempt(stale))
    with pytest.raises(AttemptFenced):
        plan.make_plan(stale, tables, go_on)
    assert row_of(stale) == taken_over
    assert (tables.count("stage"), tables.exists("plan")) == (stale.lines_staged, False)


def test_stale_attempt_writes_no_product() -> None:
    stale = make_attempt(make_job(FILE))
    tables = Tables(stale)
    staging.stage(stale, tables, go_on)
    plan.make_plan(stale, tables, go_on)
    taken_over = row_of(make_attempt(stale))
    with pytest.raises(AttemptFenced):
        applying.apply(stale, tables, go_on)
    assert row_of(stale) == taken_over
    assert not Product.objects.exists()


def test_stale_attempt_does_not_end_the_job() -> None:
    stale = make_attempt(make_job(FILE))
    taken_over = row_of(make_attempt(stale))
    with pytest.raises(AttemptFenced):
        runner.finalise(stale, Tables(stale), Status.CANCELLED)
    assert row_of(stale) == taken_over


def test_taking_over_ends_a_session_that_hangs_in_copy_and_frees_its_locks(
    session: Session,
) -> None:
    mug = make_product(name="Mug")
    job = make_job(FILE)
    give(make_attempt(job), session)
    session.execute("UPDATE catalog_product SET name = 'Never'")
    session.execute("CREATE TEMPORARY TABLE lines (line text)")
    with pytest.raises(psycopg.OperationalError), session.cursor().copy("COPY lines FROM STDIN") as hanging:
        hanging.write("the first of many\n")
        make_attempt(job)
        mug.change({"name": "Cup"})
    assert Product.objects.get().name == "Cup"


def test_taking_over_leaves_the_session_of_another_import_alone(session: Session) -> None:
    job, other = make_job(FILE), make_job(FILE)
    give(other, session)
    make_attempt(job)
    assert session.execute("SELECT 1").fetchone() == (1,)


def test_session_of_a_job_that_was_handed_back_has_no_owner() -> None:
    """It serves another task in a moment; the next attempt would end it."""
    with pytest.raises(runner.Requeued):
        runner.run(make_job(FILE).pk, should_stop=lambda: True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'import %'"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.usefixtures("without_search_index")
@pytest.mark.slow
@pytest.mark.parametrize("phase", ["staging", "applying"])
def test_paused_worker_that_was_taken_over_writes_nothing_when_it_wakes(phase: str, tmp_path: Path) -> None:
    content = make_content(tmp_path, 200_000)
    undisturbed = make_undisturbed(content)
    job_id = make_job(content).pk
    with working(**HASTY) as paused, watching(job_id) as watch:
        watch.until(lambda seen: seen.is_within(phase) or seen.is_final, f"the import is {phase}")
        paused.send(signal.SIGSTOP)
        with working(**HASTY):
            watch.until(lambda seen: seen.attempt == 2, "another worker takes over")
            paused.send(signal.SIGCONT)
            watch.until_final()
            until(queue_is_empty, "the queue is done with it")
    assert outcome(job_id) == undisturbed
    assert watch.wrong == []
    # Nor does the paused one have it run again, and again.
    assert watch.last.attempt == 2
