"""Turns a time series into the shapes of a chart, which the template _chart.html renders as SVG.

Positions and sizes are percentages of the plot, so a chart fits any screen. Labels are HTML beside it and keep their size."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import ceil, floor, log10

from dashboard.schemas import PointOut, TimeseriesOut

# The part of a column that stays empty beside its bar.
GAP = 0.22
MARK_HEIGHT = 1.6
# Keeps small bars visible.
LEAST_HEIGHT = 0.8
# Upper ends of an axis whose halves are round numbers; below ten only even ones.
NICE = (1, 2, 3, 4, 5, 6, 8, 10)
NICE_AND_SMALL = (2, 4, 6, 8, 10)
# The median and the 95th percentile.
RANGE_CLASSES = ("series-1", "series-2")
# Labels of series that have another name in the API.
LABELS = {"rejected": "skipped", "p50": "median", "p95": "95th percentile"}
MS_SHOWN = ((3_600_000, "h"), (60_000, "min"), (1_000, "s"))


@dataclass(frozen=True)
class Shape:
    """A rectangle of the plot, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    css_class: str


@dataclass(frozen=True)
class Column:
    """A bucket: its position, shapes, and values as text."""

    at: datetime
    x: float
    width: float
    shapes: Sequence[Shape]
    values: Sequence[str]
    # The values with their names, for the tooltip.
    text: str


@dataclass(frozen=True)
class Series:
    label: str
    css_class: str
    # The sum over the whole time, or "" where a sum has no meaning.
    total: str = ""


@dataclass(frozen=True)
class Chart:
    name: str
    title: str
    bucket: str
    series: Sequence[Series]
    columns: Sequence[Column]
    # From top to bottom.
    y_labels: Sequence[str]
    # The chart in a few words, also for screen readers.
    summary: str
    is_empty: bool

    @property
    def gridlines(self) -> list[float]:
        last = len(self.y_labels) - 1
        return [rounded(100 * place / last) for place in range(last + 1)]

    @property
    def x_labels(self) -> list[datetime]:
        last = len(self.columns) - 1
        return [self.columns[place].at for place in sorted({0, last // 2, last})]


def columns(
    timeseries: TimeseriesOut,
    draw: Callable[[PointOut, float, float], list[Shape]],
    write: Callable[[int | None], str],
) -> list[Column]:
    """The buckets side by side. `draw` gets the position and the width of a bar."""
    width = 100 / len(timeseries.points)
    columns = []
    for place, point in enumerate(timeseries.points):
        x, values = place * width, [write(value) for value in point.values.values()]
        text = ", ".join(
            f"{value} {LABELS.get(name, name)}" for name, value in zip(timeseries.series, values, strict=True)
        )
        shapes = draw(point, x + width * GAP / 2, width * (1 - GAP))
        columns.append(Column(point.at, rounded(x), rounded(width), shapes, values, text))
    return columns


def shape(x: float, y: float, width: float, height: float, css_class: str) -> Shape:
    return Shape(rounded(x), rounded(y), rounded(width), rounded(height), css_class)


def rounded(length: float) -> float:
    return round(length, 2)


# --- Stacked bars, for counts ---


def bars(timeseries: TimeseriesOut, title: str) -> Chart:
    names, css_classes = timeseries.series, css_classes_of(timeseries.series)
    sums = [sum(point.values[name] or 0 for point in timeseries.points) for name in names]
    totals = [sum(value or 0 for value in point.values.values()) for point in timeseries.points]
    top = nice_top(max(totals))
    return Chart(
        name=timeseries.metric,
        title=title,
        bucket=timeseries.bucket,
        series=[
            Series(LABELS.get(name, name), css_class, grouped(total))
            for name, css_class, total in zip(names, css_classes, sums, strict=True)
        ],
        columns=columns(timeseries, partial(stack, css_classes=css_classes, top=top), grouped),
        y_labels=[compact(top), compact(top / 2), "0"],
        summary=f"{sum(sums):,} {timeseries.unit}",
        is_empty=not any(totals),
    )


def css_classes_of(series: Sequence[str]) -> list[str]:
    """The last series is errors, drawn in red on top."""
    return [*(f"series-{place}" for place in range(1, len(series))), "series-4"]


def stack(point: PointOut, x: float, width: float, *, css_classes: Sequence[str], top: float) -> list[Shape]:
    shapes, reached = [], 100.0
    for value, css_class in zip(point.values.values(), css_classes, strict=True):
        if value:
            height = max(100 * value / top, LEAST_HEIGHT)
            reached -= height
            shapes.append(shape(x, reached, width, height, css_class))
    return shapes


def grouped(value: int | None) -> str:
    return f"{value or 0:,}"


def nice_top(value: float) -> float:
    """The smallest round number that is not below `value`."""
    size: float = 10 ** floor(log10(max(value, 1)))
    steps = NICE_AND_SMALL if size == 1 else NICE
    return next(step * size for step in steps if step * size >= value)


def compact(number: float) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


# --- Ranges, for latencies: from the median to the 95th percentile, on a logarithmic scale ---


def ranges(timeseries: TimeseriesOut, title: str) -> Chart:
    known = [value for point in timeseries.points for value in point.values.values() if value is not None]
    low, high = decades(known)
    return Chart(
        name=timeseries.metric,
        title=title,
        bucket=timeseries.bucket,
        series=[Series(LABELS["p50"], RANGE_CLASSES[0]), Series(LABELS["p95"], RANGE_CLASSES[1])],
        columns=columns(timeseries, partial(between, low=low, high=high), milliseconds),
        y_labels=[milliseconds(10**power) for power in range(high, low - 1, -1)],
        summary=f"max {milliseconds(max(known, default=None))}",
        is_empty=not known,
    )


def decades(known: Sequence[int]) -> tuple[int, int]:
    """The powers of ten that enclose all values, at least one apart."""
    low = floor(log10(max(min(known, default=10), 1)))
    return low, max(ceil(log10(max(known, default=100))), low + 1) if any(known) else low + 1


def between(point: PointOut, x: float, width: float, *, low: int, high: int) -> list[Shape]:
    values = [value for value in point.values.values() if value is not None]
    if not values:
        return []
    lower, upper = height_of(min(values), low, high), height_of(max(values), low, high)
    return [
        shape(x, upper, width, max(lower - upper, MARK_HEIGHT), "series-range"),
        shape(x, upper, width, MARK_HEIGHT, RANGE_CLASSES[1]),
        shape(x, lower, width, MARK_HEIGHT, RANGE_CLASSES[0]),
    ]


def height_of(value: int, low: int, high: int) -> float:
    return (100 - MARK_HEIGHT) * (1 - (log10(max(value, 10**low)) - low) / (high - low))


def milliseconds(value: int | None) -> str:
    if value is None:
        return "none"
    for size, unit in MS_SHOWN:
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value} ms"
