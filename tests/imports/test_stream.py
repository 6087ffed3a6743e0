"""GET /jobs/{id}/events: what is told while an import runs, to whom, and what it costs the server."""

import uuid
from collections.abc import Iterator
from threading import Timer

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from pytest_django import Settings

from imports import jobs
from imports.models import ImportJob
from imports.pipeline import runner
from imports.progress import sse
from tests.factories import make_csv, make_import, make_job
from tests.imports.watcher import Reader, Told

# The listener is a thread with a connection of its own: it sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


# A stream that hangs tells so by its heartbeats; nothing here needs more of them than this.
@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sse, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(sse, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.1)
    yield
    left_over = dict(sse.listener.mailboxes)
    sse.listener.mailboxes.clear()
    assert not left_over


def make_running_job() -> ImportJob:
    """An import that a worker has begun."""
    job = runner.claim(make_job(make_csv("A1,Mug,,,")).pk)
    assert job
    return job


def test_stream_is_one_of_server_sent_events(client: Client) -> None:
    with Reader(client, make_running_job()) as reader:
        assert reader.answer.headers["Content-Type"] == "text/event-stream"
        assert reader.answer.headers["Cache-Control"] == "no-store"
        assert reader.answer.headers["X-Accel-Buffering"] == "no"
        assert reader.piece().startswith("retry: 2000\nid: ")


def test_every_block_has_data(client: Client) -> None:
    """Some clients make an event without data of any other, and cannot read it."""
    job = make_running_job()
    with Reader(client, job) as reader:
        text = reader.piece() + reader.piece()
        job.checkpoint(progress=17)
        while text.count("event: ") < 2:
            text += reader.piece()
    blocks = text.split("\n\n")
    assert blocks.pop() == ""
    assert len(blocks) == 2
    assert all("\ndata: {" in block for block in blocks)
    assert ": still here\n" in text


def test_stream_begins_with_the_present_state(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,,"))
    polled = client.get(f"/api/jobs/{job.pk}").json()
    del polled["columns"], polled["errors"]
    with Reader(client, job) as reader:
        assert reader.event() == Told(0, "progress", polled)


def test_news_come_with_their_version_as_the_id(client: Client) -> None:
    job = make_running_job()
    with Reader(client, job) as reader:
        first = reader.event()
        job.checkpoint(progress=17)
        second = reader.event()
    assert (second.id, second.name, second.data["progress"]) == (first.id + 1, "progress", 17)


def test_news_of_another_job_do_not_come(client: Client) -> None:
    job, other = make_running_job(), make_running_job()
    with Reader(client, job) as reader:
        reader.event()
        other.checkpoint(progress=50)
        job.checkpoint(progress=17)
        assert reader.event().data["job_id"] == str(job.pk)


def test_everybody_who_watches_is_told(client: Client) -> None:
    job = make_running_job()
    with Reader(client, job) as one, Reader(client, job) as another:
        one.event(), another.event()
        job.checkpoint(progress=17)
        assert one.event() == another.event()


def test_stream_ends_with_the_final_state_and_its_errors(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,abc,"))
    with Reader(client, job) as reader:
        reader.event()
        runner.run(job.pk)
        final = reader.rest()[-1]
    assert (final.name, final.data) == ("final", client.get(f"/api/jobs/{job.pk}").json())
    assert [error["code"] for error in final.data["errors"]] == ["price.invalid"]


def test_stream_of_a_finished_job_is_its_final_state_alone(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    with Reader(client, job) as reader:
        [final] = reader.rest()
    assert (final.id, final.name, final.data["status"]) == (job.version, "final", "completed")


def test_final_state_is_written_as_the_api_writes_it(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,", "B2,,,x,"), dry_run=True)
    with Reader(client, job) as reader:
        data = reader.piece().partition("data: ")[2].strip()
    assert data == client.get(f"/api/jobs/{job.pk}").content.decode()


def test_final_state_of_a_failed_job_says_why(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,,"))
    default_storage.delete(job.stored_as)
    with Reader(client, job) as reader:
        runner.run(job.pk)
        final = reader.rest()[-1]
    assert (final.name, final.data["status"]) == ("final", "failed")
    assert [error["code"] for error in final.data["errors"]] == ["file.missing"]


def test_cancelling_a_waiting_job_ends_its_stream_with_the_final_state(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,,"))
    with Reader(client, job) as reader:
        reader.event()
        jobs.cancel(job.pk)
        assert [(event.name, event.data["status"]) for event in reader.rest()] == [("final", "cancelled")]


def test_request_to_cancel_is_reported_before_it_takes_effect(client: Client) -> None:
    job = make_running_job()
    with Reader(client, job) as reader:
        reader.event()
        jobs.cancel(job.pk)
        told = reader.event()
    assert (told.name, told.data["cancel_requested"]) == ("progress", True)


def test_reader_who_has_seen_the_final_state_is_told_not_to_reconnect(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    answer = client.get(f"/api/jobs/{job.pk}/events", headers={"Last-Event-ID": str(job.version)})
    assert (answer.status_code, answer.content) == (204, b"")


def test_reader_who_comes_back_is_reported_the_final_state_they_missed(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    with Reader(client, job, last_event_id=str(job.version - 1)) as reader:
        assert [event.id for event in reader.rest()] == [job.version]


def test_reader_who_comes_back_is_not_reported_again_what_they_know(client: Client) -> None:
    job = make_running_job()
    with Reader(client, job, last_event_id=str(job.version)) as reader:
        job.checkpoint(progress=17)
        assert reader.event().data["progress"] == 17


@pytest.mark.parametrize("garbage", ["", "abc", "-1", "1.5", "9" * 100, "x" * 1000])
def test_last_event_id_that_is_none_of_ours_is_ignored(client: Client, garbage: str) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    with Reader(client, job, last_event_id=garbage) as reader:
        assert [event.name for event in reader.rest()] == ["final"]


def test_silence_is_broken_by_heartbeats(client: Client) -> None:
    with Reader(client, make_running_job()) as reader:
        reader.event()
        assert reader.piece() == ": still here\n"


def test_looking_again_without_news_does_not_put_heartbeats_off(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "RESYNC_TICKS", 1)
    job = make_running_job()
    news_at_last = Timer(1, give_news, [job])
    with Reader(client, job) as reader:
        reader.event()
        news_at_last.start()
        assert reader.piece() == ": still here\n"
    news_at_last.join()


def give_news(job: ImportJob) -> None:
    job.checkpoint(progress=17)
    connection.close()


def test_one_reader_too_many_is_sent_to_poll(client: Client, settings: Settings) -> None:
    settings.STREAMS_MAX = 1
    job = make_running_job()
    with Reader(client, job):
        answer = client.get(f"/api/jobs/{job.pk}/events")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json() == {
        "type": "urn:problem:streams.too_many",
        "title": "Service unavailable",
        "status": 503,
        "detail": "Too many open event streams. Poll /jobs/{job_id} instead.",
    }


def test_reader_who_leaves_makes_room(client: Client, settings: Settings) -> None:
    settings.STREAMS_MAX = 1
    job = make_running_job()
    with Reader(client, job) as reader:
        reader.event()
    with Reader(client, job) as reader:
        assert reader.event().name == "progress"


def test_reader_who_leaves_before_the_first_event_makes_room(client: Client, settings: Settings) -> None:
    settings.STREAMS_MAX = 1
    job = make_running_job()
    with Reader(client, job):
        pass
    with Reader(client, job) as reader:
        assert reader.event().name == "progress"


def test_stream_that_cannot_begin_keeps_no_place(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(job: ImportJob) -> sse.Event:
        raise RuntimeError("The database went away.")

    job = make_running_job()
    monkeypatch.setattr(sse, "event_of", fail)
    with pytest.raises(RuntimeError):
        sse.watch(job, None)
    assert not sse.listener.mailboxes


def test_stream_holds_no_database_connection(client: Client) -> None:
    with Reader(client, make_running_job()) as reader:
        reader.event()
        assert connection.connection is None


def listening() -> list[int]:
    """The sessions of the server that listen for news."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname = current_database()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def test_many_readers_share_one_listening_connection(client: Client) -> None:
    job = make_running_job()
    with Reader(client, job) as one, Reader(client, job) as another:
        one.event(), another.event()
        job.checkpoint(progress=17)
        one.event(), another.event()
        assert len(listening()) == 1


def test_stream_outlives_the_end_of_its_connection(client: Client) -> None:
    job = make_running_job()
    with Reader(client, job) as reader:
        reader.event()
        job.checkpoint(progress=17)
        assert reader.event().data["progress"] == 17
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [listening()])
        job.checkpoint(progress=18)
        assert reader.event().data["progress"] == 18


def test_unknown_job_is_not_found(client: Client) -> None:
    job_id = uuid.uuid4()
    answer = client.get(f"/api/jobs/{job_id}/events")
    assert (answer.status_code, answer.json()["detail"]) == (404, f"No job has the ID {job_id}.")
