"""A progress bar for a terminal, or plain lines where there is none."""

import os
import time
from dataclasses import dataclass
from typing import TextIO

from imports.schemas import JobSummary

LINE_SECONDS = 5.0
SHORTEST_BAR, LONGEST_BAR = 8, 40
# The width of the text beside the bar for an import of a million rows.
WORDS_WIDTH = 84
# If there is no terminal, as in a pipe.
DEFAULT_WIDTH = 80
START_OF_LINE, REST_OF_LINE = "\r", "\x1b[K"
PHASES = {"staging": "reading", "classifying": "comparing", "applying": "importing", "done": "done"}


@dataclass(frozen=True)
class Step:
    """The progress of one step. The percentage is None if unknown."""

    name: str
    percent: int | None
    details: tuple[str, ...]


class Progress:
    """Shows the current step: in place on a terminal; else a line for each new step and every few seconds."""

    def __init__(self, out: TextIO, *, is_quiet: bool = False) -> None:
        self.out = out
        self.is_quiet = is_quiet
        self.is_terminal = out.isatty()
        self.last = ""
        self.shown_at = 0.0

    def show(self, step: Step) -> None:
        if self.is_quiet:
            return
        if self.is_terminal:
            self.write(START_OF_LINE + drawn(step, self.width()) + REST_OF_LINE)
        elif step.name != self.last or time.monotonic() - self.shown_at > LINE_SECONDS:
            self.write(line_of(step) + "\n")
            self.last, self.shown_at = step.name, time.monotonic()

    def clear(self) -> None:
        if self.is_terminal and not self.is_quiet:
            self.write(START_OF_LINE + REST_OF_LINE)

    def say(self, sentence: str) -> None:
        """Print a line that the next step does not overwrite."""
        self.clear()
        self.write(sentence + "\n")

    def write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()

    def width(self) -> int:
        try:
            return os.get_terminal_size(self.out.fileno()).columns or DEFAULT_WIDTH
        except OSError:
            return DEFAULT_WIDTH


def storing(done: int, size: int | None) -> Step:
    percent = min(100 * done // size, 100) if size else None
    return Step("uploading", percent, (f"{done / 1e6:,.1f} MB",))


def importing(summary: JobSummary | None) -> Step:
    if summary is None:
        return Step("waiting for the database", None, ())
    if summary.cancel_requested:
        return Step("cancelling", summary.progress, (rows(summary),))
    if summary.status == "pending" or summary.phase == "queued":
        return Step("queued", None, ())
    return Step(PHASES[summary.phase], summary.progress, (rows(summary), rate(summary), time_left(summary)))


def rows(summary: JobSummary) -> str:
    """The total is unknown while the file is read."""
    if summary.phase == "applying":
        return f"{summary.processed_rows:,} of {summary.total_rows:,} rows"
    return f"{summary.total_rows:,} rows"


def rate(summary: JobSummary) -> str:
    return f"{summary.rows_per_second:,} rows/s"


def time_left(summary: JobSummary) -> str:
    seconds = summary.eta_seconds
    if seconds is None:
        return ""
    return f"{seconds} s left" if seconds < 60 else f"{seconds // 60} min {seconds % 60:02} s left"


def line_of(step: Step) -> str:
    percent = "" if step.percent is None else f"{step.percent}%"
    return " ".join(filter(None, [step.name, percent, ", ".join(filter(None, step.details))]))


def drawn(step: Step, width: int) -> str:
    """Shorten the bar to fit the window, and drop it before any text.

    One column stays free, because some terminals wrap a line that fills the last one."""
    words = f"{step.name:<11}", "  ".join(filter(None, step.details))
    line = "  ".join(words)
    if step.percent is not None:
        percent = f"{step.percent:3}%"
        bar = filled(step.percent, max(SHORTEST_BAR, min(width - WORDS_WIDTH, LONGEST_BAR)))
        line = f"{words[0]}  [{bar}] {percent}  {words[1]}"
        if len(line) >= width:
            line = f"{words[0]}  {percent}  {words[1]}"
    return line[: width - 1]


def filled(percent: int, width: int) -> str:
    return ("#" * (width * percent // 100)).ljust(width, ".")
