"""Progress as the command shows it, on a terminal and elsewhere."""

import io
from datetime import UTC, datetime, timedelta

import pytest

from imports.cli import progress_bar
from imports.cli.progress_bar import Step, Steps, importing
from imports.models import ImportJob
from imports.progress.summary import job_summary
from imports.schemas import JobSummary
from tests.imports.terminal import Terminal, make_terminal

STARTED = datetime(2026, 11, 30, tzinfo=UTC)
HALF = Step("importing", 52, "260,000 of 500,000 rows, 98,000 rows/s, 0:00:03 left")
QUEUED = Step("queued")
ERASED, GONE = "\r\x1b[2K", "\r\x1b[1A\x1b[2K"
HIDDEN, VISIBLE = "\x1b[?25l", "\x1b[?25h"


def frames(out: Terminal) -> list[str]:
    return out.getvalue().replace(HIDDEN, "").replace(VISIBLE, "").split(ERASED)


def summary_after(seconds: float, **values: int | str) -> JobSummary:
    job = ImportJob(status="processing", file_bytes=1, created_at=STARTED, started_at=STARTED)
    for name, value in values.items():
        setattr(job, name, value)
    return job_summary(job, STARTED + timedelta(seconds=seconds))


def test_rate_and_time_left_are_those_of_the_job() -> None:
    summary = summary_after(68.25, phase="applying", progress=52, total_rows=500_000, updated_count=260_000)
    shown = "importing 52% 260,000 of 500,000 rows, 7,326 rows/s, 0:01:03 left"
    assert str(importing(summary)) == shown


def test_time_left_is_not_shown_while_it_is_unknown() -> None:
    summary = summary_after(2, phase="staging", total_rows=2_000)
    assert str(importing(summary)) == "reading 0% 2,000 rows, 1,000 rows/s"


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (20, "importing 52% 2…"),
        (40, "importing 52% 260,000 of 500,000 ro…"),
        (80, f"━━━━╸     {HALF}"),
        (200, f"{'━' * 20}╸{' ' * 19} {HALF}"),
    ],
)
def test_bar_is_as_short_as_the_window_requires(
    monkeypatch: pytest.MonkeyPatch, width: int, line: str
) -> None:
    out = make_terminal(monkeypatch, width=width, NO_COLOR="1")
    Steps(out).show(HALF)
    assert frames(out) == [line]


@pytest.mark.parametrize(("no_color", "is_colored"), [("", True), ("1", False)])
def test_bar_has_colors_unless_no_color_is_set(
    monkeypatch: pytest.MonkeyPatch, no_color: str, is_colored: bool
) -> None:
    out = make_terminal(monkeypatch, NO_COLOR=no_color)
    Steps(out).show(HALF)
    assert ("m━" in out.getvalue()) == is_colored


def test_step_of_unknown_length_replaces_one_of_known_length(monkeypatch: pytest.MonkeyPatch) -> None:
    out = make_terminal(monkeypatch, NO_COLOR="1")
    steps = Steps(out)
    steps.show(HALF)
    steps.show(QUEUED)
    assert frames(out)[-1].strip("━ ") == "queued"


def test_sentence_stays_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    out = make_terminal(monkeypatch, width=40)
    steps = Steps(out)
    steps.show(HALF)
    steps.say("Cancelling.")
    assert frames(out)[1] == "Cancelling.\nimporting 52% 260,000 of 500,000 ro…"


def test_bar_disappears_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    out = make_terminal(monkeypatch)
    steps = Steps(out)
    steps.show(HALF)
    steps.close()
    assert out.getvalue().endswith(GONE)


def test_process_that_is_killed_leaves_the_cursor_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    out = make_terminal(monkeypatch)
    Steps(out).show(HALF)
    assert out.getvalue().rindex(VISIBLE) > out.getvalue().rindex(HIDDEN)


def test_bar_is_drawn_at_most_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    out = make_terminal(monkeypatch, NO_COLOR="1")
    monkeypatch.setattr(progress_bar, "BAR_SECONDS", 60.0)
    steps = Steps(out)
    for percent in range(100):
        steps.show(Step("uploading", percent))
    assert out.getvalue().count("uploading") == 1


@pytest.mark.parametrize("force_color", ["", "1"])
def test_each_step_is_a_line_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, force_color: str
) -> None:
    make_terminal(monkeypatch, width=40, FORCE_COLOR=force_color)
    out = io.StringIO()
    steps = Steps(out)
    for step in (QUEUED, QUEUED, HALF, HALF):
        steps.show(step)
    steps.close()
    assert out.getvalue() == f"queued\n{HALF}\n"


def test_step_is_printed_again_after_a_while_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress_bar, "LINE_SECONDS", 0.0)
    out = io.StringIO()
    steps = Steps(out)
    steps.show(QUEUED)
    steps.show(QUEUED)
    assert out.getvalue() == "queued\nqueued\n"


def test_terminal_that_cannot_move_its_cursor_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    out = make_terminal(monkeypatch, term="dumb")
    steps = Steps(out)
    steps.show(QUEUED)
    steps.close()
    assert out.getvalue() == "queued\n"
