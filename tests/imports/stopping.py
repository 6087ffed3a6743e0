"""Imports run in this process, and met by something at one of their commits: a stop, a cancellation, another's change."""

from collections.abc import Callable

import pytest
from django.test import Client

from imports.models import ImportJob, Phase
from imports.pipeline import runner


def run_and_stop_when(job: ImportJob, condition: Callable[[ImportJob], bool]) -> None:
    """An attempt that goes no farther than to the first commit for which this holds."""
    with pytest.raises(runner.Requeued):
        runner.run(job.pk, should_stop=lambda: condition(ImportJob.objects.get(pk=job.pk)))


def stop_when_applying(job: ImportJob) -> None:
    with pytest.raises(runner.Requeued):
        runner.run(job.pk, should_stop=lambda: ImportJob.objects.get(pk=job.pk).phase == "applying")


def run_and_cancel_when(client: Client, job: ImportJob, condition: Callable[[ImportJob], bool]) -> None:
    """Cancelled at the first commit for which this holds."""

    def cancel_then() -> bool:
        job.refresh_from_db()
        if condition(job) and not job.cancel_requested:
            assert client.post(f"/api/jobs/{job.pk}/cancel").json()["status"] == "processing"
        return False

    runner.run(job.pk, should_stop=cancel_then)
    job.refresh_from_db()


def run_with(job: ImportJob, act: Callable[[], object]) -> None:
    acted: list[object] = []

    def act_once_planned() -> bool:
        if not acted and ImportJob.objects.get(pk=job.pk).phase == Phase.APPLYING:
            acted.append(act())
        return False

    runner.run(job.pk, should_stop=act_once_planned)
    assert acted
