"""How the console writes numbers, times and words."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.metrics.charts import Column
from dashboard.templatetags.console import (
    bucket,
    duration,
    grouped,
    moment,
    plural,
    size,
    ticks,
    tooltip,
    words,
)

AT = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)


def test_numbers_are_grouped() -> None:
    assert (grouped(1234567), grouped(0), grouped(None)) == ("1,234,567", "0", "")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (250_000, "250 kB"), (3_200_000_000, "3.2 GB")],
)
def test_sizes_are_in_the_unit_that_fits(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0, "0 s"),
        (2.25, "2.2 s"),
        (59, "59 s"),
        (125, "2 min 5 s"),
        (3_600, "1 h"),
        (90_061, "1 d 1 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(1, "row", "1 row"), (2_000, "row", "2,000 rows"), (2, "entry,entries", "2 entries")],
)
def test_nouns_are_in_the_plural(count: int, noun: str, text: str) -> None:
    assert plural(count, noun) == text


def test_ticks_are_code_and_the_rest_is_text() -> None:
    assert ticks("Set `on_error` <b>") == "Set <code>on_error</code> &lt;b&gt;"


def test_names_are_words() -> None:
    assert words("on_error") == "On error"


def test_times_are_utc_until_the_script_knows_better() -> None:
    assert moment(AT) == '<time datetime="2026-03-01T09:05:00Z" data-form="both">1 Mar 2026, 09:05 UTC</time>'
    assert moment(None) == ""


def test_days_of_a_chart_are_those_of_utc() -> None:
    assert bucket(AT, "day") == "<span>1 Mar</span>"
    assert 'data-form="time">09:05</time>' in bucket(AT, "hour")


def test_tooltip_of_a_chart_has_the_time_as_elsewhere() -> None:
    column = Column(AT, 0, 1, [], [], "3 created")
    assert tooltip(column, "hour") == (
        '<title data-at="2026-03-01T09:05:00Z" data-values="3 created">1 Mar 2026, 09:05 UTC: 3 created</title>'
    )
    assert tooltip(column, "day") == "<title>1 Mar 2026: 3 created</title>"


# --- Plain words ---

DASHBOARD = Path(__file__).parents[2] / "dashboard"
NO_LONGER_WRITTEN = re.compile(
    r"\b(anew|somebody|nobody|whoever|lately|told|mend(ed)?|none of ours|le(ave|aves|ft) out|switch(ed)? (on|off)|"
    r"given up|bad rows?|so many|dry run|(?<!\.)receivers?|to be confirmed|unsteady|put back|looked at)\b",
    re.IGNORECASE,
)
# What a template or a script says to code: tags, and quoted names.
CODE = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)


def texts() -> Iterator[tuple[str, str]]:
    for pattern in ("templates/**/*.html", "static/**/*.js", "**/*.py", "metrics/sql/*.sql"):
        for path in DASHBOARD.glob(pattern):
            yield str(path.relative_to(DASHBOARD)), CODE.sub("", path.read_text())


def test_console_is_in_plain_words() -> None:
    found = {name: [match[0] for match in NO_LONGER_WRITTEN.finditer(text)] for name, text in texts()}
    assert {name: phrases for name, phrases in found.items() if phrases} == {}
