"""Tables of an import that another session locks, as pg_dump holds every table it saw until it has ended."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from imports import jobs, maintenance
from imports.models import ImportJob, Status
from imports.pipeline import runner
from imports.queries import Tables
from tests.factories import make_csv, make_job
from tests.imports.workers import database_url

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def held(tables: Tables, *names: str) -> Iterator[None]:
    with psycopg.connect(database_url()) as dump:
        for name in names:
            dump.execute(b"LOCK TABLE " + tables.name(name).as_bytes() + b" IN ACCESS SHARE MODE")
        yield


def make_ready() -> ImportJob:
    job = make_job(make_csv("A1,Mug,,1,", "B2,Cup,,1,"), dry_run=True)
    runner.run(job.pk)
    job.refresh_from_db()
    return job


def test_import_ends_although_its_tables_are_held() -> None:
    job = make_ready()
    with held(Tables(job), "stage", "plan"):
        jobs.confirm(job.pk)
        runner.run(job.pk)
        job.refresh_from_db()
    assert (job.status, job.created_count) == (Status.COMPLETED, 2)


def test_dry_run_is_cancelled_although_its_tables_are_held() -> None:
    job = make_ready()
    with held(Tables(job), "stage", "plan"):
        assert jobs.cancel(job.pk).status == Status.CANCELLED


def test_tables_that_were_held_are_dropped_afterwards() -> None:
    job = make_ready()
    tables = Tables(job)
    with held(tables, "stage", "plan"):
        jobs.cancel(job.pk)
    assert (tables.exists("stage"), tables.exists("plan")) == (True, True)
    maintenance.drop_leftover_tables()
    assert (tables.exists("stage"), tables.exists("plan")) == (False, False)


def test_tables_of_a_dry_run_that_waits_are_kept() -> None:
    tables = Tables(make_ready())
    maintenance.drop_leftover_tables()
    assert (tables.exists("stage"), tables.exists("plan")) == (True, True)


def test_tables_of_a_job_that_is_gone_are_dropped() -> None:
    job = make_ready()
    tables = Tables(job)
    ImportJob.objects.filter(pk=job.pk).delete()
    maintenance.drop_leftover_tables()
    assert (tables.exists("stage"), tables.exists("plan")) == (False, False)


def test_autovacuum_never_holds_a_table_of_an_import() -> None:
    make_ready()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE 'autovacuum_enabled=off' = ANY (reloptions)) FROM pg_class"
            " WHERE relkind = 'r' AND relname ~ '^imports_(stage|plan|slices)_'"
        )
        # The rows, the plan with its one part, and the slices.
        assert cursor.fetchone() == (4, 4)
