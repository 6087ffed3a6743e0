"""A progress bar on a terminal, or plain lines where there is none."""

import time
from datetime import timedelta
from typing import NamedTuple, TextIO

from rich.constrain import Constrain
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table

from imports.cli.console import console_on
from imports.schemas import JobSummary

BAR_SECONDS, LINE_SECONDS = 0.1, 5.0
BAR_WIDTH = 40
# Free for the echo of Ctrl-C, which would begin a new line and leave the old bar above it.
ECHO_WIDTH = len("^C^C")
PHASES = {"staging": "reading", "classifying": "comparing", "applying": "importing", "done": "done"}


class Step(NamedTuple):
    """The progress of one step. The percentage is None if unknown."""

    name: str
    percent: int | None = None
    details: str = ""

    def __str__(self) -> str:
        percent = "" if self.percent is None else f"{self.percent}%"
        return " ".join(filter(None, [self.name, percent, self.details]))


class Steps:
    """Shows the current step: as a bar on a terminal; else a line for each new step and every few seconds."""

    def __init__(self, out: TextIO, *, is_quiet: bool = False) -> None:
        self.console = console_on(out)
        self.is_quiet = is_quiet
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.seconds = BAR_SECONDS if self.console.is_interactive else LINE_SECONDS
        self.last = ""
        self.shown_at = 0.0

    def show(self, step: Step) -> None:
        is_due = step.name != self.last or time.monotonic() - self.shown_at > self.seconds
        if self.is_quiet or not is_due:
            return
        self.last, self.shown_at = step.name, time.monotonic()
        if self.console.is_interactive:
            self.draw(step)
        else:
            self.say(str(step))

    def draw(self, step: Step) -> None:
        self.live.start()
        # Ctrl-C may end the process at once, and nothing would show the cursor again.
        self.console.show_cursor()
        self.live.update(Constrain(bar_of(step), self.console.width - ECHO_WIDTH), refresh=True)

    def close(self) -> None:
        self.live.stop()

    def say(self, sentence: str) -> None:
        """Print a line that stays; it is above the bar."""
        self.console.print(sentence)


def bar_of(step: Step) -> Table:
    """If the window is too narrow, the bar becomes shorter, then the text."""
    line = Table.grid("", Column(no_wrap=True), padding=(0, 1))
    total = None if step.percent is None else 100
    line.add_row(ProgressBar(total, step.percent or 0, width=BAR_WIDTH), str(step))
    return line


def storing(done: int, size: int | None) -> Step:
    percent = min(100 * done // size, 100) if size else None
    return Step("uploading", percent, f"{done / 1e6:,.1f} MB")


def importing(summary: JobSummary | None) -> Step:
    if summary is None:
        return Step("waiting for the database")
    if summary.cancel_requested:
        return Step("cancelling", summary.progress, rows(summary))
    if summary.status == "pending" or summary.phase == "queued":
        return Step("queued")
    details = f"{rows(summary)}, {summary.rows_per_second:,} rows/s"
    if summary.eta_seconds is not None:
        details += f", {timedelta(seconds=summary.eta_seconds)} left"
    return Step(PHASES[summary.phase], summary.progress, details)


def rows(summary: JobSummary) -> str:
    """The total is unknown while the file is read."""
    if summary.phase == "applying":
        return f"{summary.processed_rows:,} of {summary.total_rows:,} rows"
    return f"{summary.total_rows:,} rows"
