"""One process of `make run`: its output, its end, its return."""

from collections.abc import Iterator

import pytest

from project.devserver import processes
from project.devserver.processes import Child


@pytest.fixture
def sleeper() -> Iterator[Child]:
    child = Child("web", "sleep", "60")
    child.turn()
    yield child
    child.kill()


def test_each_line_has_the_name_of_its_process(capfd: pytest.CaptureFixture[str]) -> None:
    child = Child("web", "printf", "one\\ntwo")
    child.turn()
    child.wait()
    child.kill()
    assert capfd.readouterr().out == "web    | one\nweb    | two\n"


def test_a_process_that_ended_by_itself_is_reported(capfd: pytest.CaptureFixture[str]) -> None:
    ended("false")
    assert capfd.readouterr().out == (
        "The worker process ended with code 1. It starts again when a file is saved, or in 10 seconds.\n"
    )


def test_it_stays_down_until_a_file_is_saved() -> None:
    child = ended("false")
    child.turn()
    assert child.process is None
    child.restart()
    child.turn()
    assert child.process
    child.kill()


def test_it_starts_again_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PAUSE_SECONDS", 0)
    child = ended("false")
    child.turn()
    assert child.process
    child.kill()


def test_a_restart_asks_once_and_waits(sleeper: Child) -> None:
    first = sleeper.process
    assert first
    sleeper.restart()
    sleeper.restart()
    assert first.wait(10) == -15
    sleeper.turn()
    assert sleeper.process
    assert sleeper.process.pid != first.pid


def test_a_process_ends_when_its_pipe_closes(sleeper: Child) -> None:
    assert sleeper.process
    assert sleeper.process.stdin
    sleeper.process.stdin.close()
    assert sleeper.process.wait(10) == -15


def ended(command: str) -> Child:
    child = Child("worker", command)
    child.turn()
    assert child.process
    child.process.wait()
    child.turn()
    return child
