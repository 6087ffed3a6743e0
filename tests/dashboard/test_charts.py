"""From figures to shapes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.metrics.charts import Chart, Shape, bars, compact, milliseconds, nice_top, ranges
from dashboard.schemas import Metric, PointOut, TimeseriesOut

START = datetime(2026, 3, 1, tzinfo=UTC)


def make_timeseries(metric: Metric, names: Sequence[str], *values: Sequence[int | None]) -> TimeseriesOut:
    points = [
        PointOut(at=START + timedelta(hours=place), values=dict(zip(names, found, strict=True)))
        for place, found in enumerate(values)
    ]
    return TimeseriesOut(
        metric=metric,
        unit="rows",
        bucket="hour",
        since=START,
        until=START + timedelta(hours=len(points)),
        series=list(names),
        points=points,
    )


def draw(*values: Sequence[int]) -> Chart:
    return bars(make_timeseries("deliveries", ["delivered", "failed"], *values), "Deliveries")


def test_bars_stand_on_each_other() -> None:
    chart = draw((50, 50), (0, 0))
    assert chart.columns[0].shapes == [
        Shape(x=5.5, y=50.0, width=39.0, height=50.0, css_class="series-1"),
        Shape(x=5.5, y=0.0, width=39.0, height=50.0, css_class="series-4"),
    ]
    assert chart.columns[1].shapes == []
    assert chart.y_labels == ["100", "50", "0"]


def test_single_one_among_thousands_is_seen() -> None:
    chart = draw((10_000, 1))
    assert chart.columns[0].shapes[1].height == 0.8


def test_legend_has_the_sums() -> None:
    chart = draw((1_000, 1), (2_000, 0))
    assert [(series.label, series.total) for series in chart.series] == [
        ("delivered", "3,000"),
        ("failed", "1"),
    ]
    assert chart.summary == "3,001 rows"


def test_pointer_is_told_the_values() -> None:
    assert draw((1_000, 1)).columns[0].text == "1,000 delivered, 1 failed"


def test_axis_names_first_middle_and_last() -> None:
    chart = draw((0, 0), (0, 0), (0, 0), (0, 0), (0, 0))
    assert [at.hour for at in chart.x_labels] == [0, 2, 4]
    assert chart.is_empty


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 2), (1, 2), (3, 4), (17, 20), (21, 30), (99, 100), (100, 100), (501, 600), (2_400_000, 3_000_000)],
)
def test_top_of_the_axis_is_round(value: int, top: int) -> None:
    assert nice_top(value) == top


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (2.5, "2.5"), (999, "999"), (1_250, "1.25k"), (2_500_000, "2.5M")]
)
def test_numbers_of_the_axis_are_short(number: float, text: str) -> None:
    assert compact(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1_060, "1.06 s"),
        (90_000, "1.5 min"),
        (7_200_000, "2 h"),
        (None, "none"),
    ],
)
def test_latencies_are_in_the_unit_that_fits(value: int | None, text: str) -> None:
    assert milliseconds(value) == text


def test_ranges_lie_on_a_scale_of_powers_of_ten() -> None:
    chart = ranges(make_timeseries("latency", ["p50", "p95"], (10, 1_000), (None, None)), "Time to delivery")
    assert chart.y_labels == ["1 s", "100 ms", "10 ms"]
    span, upper, lower = chart.columns[0].shapes
    assert (upper.y, lower.y, span.height) == (0.0, 98.4, 98.4)
    assert chart.columns[1].shapes == []


@pytest.mark.parametrize("values", [(None, None), (0, 0), (1, 1), (10, 10), (1000, 1000)])
def test_single_latency_has_a_scale(values: tuple[int | None, int | None]) -> None:
    chart = ranges(make_timeseries("latency", ["p50", "p95"], values), "Time to delivery")
    assert len(chart.y_labels) >= 2
    assert all(0 <= shape.y <= 100 for shape in chart.columns[0].shapes)
