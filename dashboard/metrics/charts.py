"""Charts as shapes: from a timeseries to bars and marks, which the template _chart.html writes as SVG.

Pure: no clock, no database. Heights and widths are percent of the plot, so that a chart fits any screen; words stand
beside it as HTML and keep their size."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import ceil, floor, log10

from dashboard.metrics.timeseries import Point, Timeseries

# A bar leaves this much of its place free.
GAP = 0.22
MARK_HEIGHT = 1.6
# A bar that is there at all can be seen.
LEAST_HEIGHT = 0.8
# Upper ends of an axis, whose halves are round, too; below ten those of the even ones alone.
NICE = (1, 2, 3, 4, 5, 6, 8, 10)
NICE_AND_SMALL = (2, 4, 6, 8, 10)
# The median, and what 95 of 100 deliveries stay below.
RANGE_LOOKS = ("series-1", "series-2")
MS_SHOWN = ((3_600_000, "h"), (60_000, "min"), (1_000, "s"))


@dataclass(frozen=True)
class Shape:
    """A rectangle of the plot, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    look: str


@dataclass(frozen=True)
class Column:
    """A bucket: its place, what is drawn there, and its values as text."""

    at: datetime
    x: float
    width: float
    shapes: Sequence[Shape]
    values: Sequence[str]
    # What a pointer that rests on it is told.
    title: str


@dataclass(frozen=True)
class Series:
    label: str
    look: str
    # What it comes to in the whole time; "" where a sum means nothing.
    total: str = ""


@dataclass(frozen=True)
class Chart:
    name: str
    title: str
    bucket: str
    series: Sequence[Series]
    columns: Sequence[Column]
    # From the top of the plot to its bottom.
    y_labels: Sequence[str]
    # What is said of the whole, also to those who do not see it.
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
    timeseries: Timeseries,
    draw: Callable[[Point, float, float], list[Shape]],
    write: Callable[[int | None], str],
) -> list[Column]:
    """The buckets side by side. `draw` is told where a bar may stand, and how wide it may be."""
    width = 100 / len(timeseries.points)
    found = []
    for place, point in enumerate(timeseries.points):
        x, values = place * width, [write(value) for value in point.values.values()]
        told = ", ".join(f"{value} {name}" for name, value in zip(timeseries.series, values, strict=True))
        when = f"{point.at:%d %b, %H:%M} UTC" if timeseries.bucket == "hour" else f"{point.at:%d %b}"
        shapes = draw(point, x + width * GAP / 2, width * (1 - GAP))
        found.append(Column(point.at, rounded(x), rounded(width), shapes, values, f"{when}: {told}"))
    return found


def shape(x: float, y: float, width: float, height: float, look: str) -> Shape:
    return Shape(rounded(x), rounded(y), rounded(width), rounded(height), look)


def rounded(length: float) -> float:
    return round(length, 2)


# --- Stacked bars, for what is counted ---


def bars(timeseries: Timeseries, title: str) -> Chart:
    names, looks = timeseries.series, looks_of(timeseries.series)
    sums = [sum(point.values[name] or 0 for point in timeseries.points) for name in names]
    totals = [sum(value or 0 for value in point.values.values()) for point in timeseries.points]
    top = nice_top(max(totals))
    return Chart(
        name=timeseries.metric,
        title=title,
        bucket=timeseries.bucket,
        series=[
            Series(name, look, grouped(total)) for name, look, total in zip(names, looks, sums, strict=True)
        ],
        columns=columns(timeseries, partial(stack, looks=looks, top=top), grouped),
        y_labels=[compact(top), compact(top / 2), "0"],
        summary=f"{sum(sums):,} {timeseries.unit}",
        is_empty=not any(totals),
    )


def looks_of(series: Sequence[str]) -> list[str]:
    """What went wrong has the last look, which is red, and stands on top."""
    return [*(f"series-{place}" for place in range(1, len(series))), "series-4"]


def stack(point: Point, x: float, width: float, *, looks: Sequence[str], top: float) -> list[Shape]:
    shapes, reached = [], 100.0
    for value, look in zip(point.values.values(), looks, strict=True):
        if value:
            height = max(100 * value / top, LEAST_HEIGHT)
            reached -= height
            shapes.append(shape(x, reached, width, height, look))
    return shapes


def grouped(value: int | None) -> str:
    return f"{value or 0:,}"


def nice_top(value: float) -> float:
    """The least round number that is not below."""
    size: float = 10 ** floor(log10(max(value, 1)))
    steps = NICE_AND_SMALL if size == 1 else NICE
    return next(step * size for step in steps if step * size >= value)


def compact(number: float) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


# --- Ranges, for latencies: from the median to the 95th percentile, on a scale of powers of ten ---


def ranges(timeseries: Timeseries, title: str) -> Chart:
    known = [value for point in timeseries.points for value in point.values.values() if value is not None]
    low, high = decades(known)
    return Chart(
        name=timeseries.metric,
        title=title,
        bucket=timeseries.bucket,
        series=[Series("median", RANGE_LOOKS[0]), Series("95th percentile", RANGE_LOOKS[1])],
        columns=columns(timeseries, partial(between, low=low, high=high), milliseconds),
        y_labels=[milliseconds(10**power) for power in range(high, low - 1, -1)],
        summary=f"up to {milliseconds(max(known, default=None))}",
        is_empty=not known,
    )


def decades(known: Sequence[int]) -> tuple[int, int]:
    """The powers of ten between which all of them lie, one apart at least."""
    low = floor(log10(max(min(known, default=10), 1)))
    return low, max(ceil(log10(max(known, default=100))), low + 1) if any(known) else low + 1


def between(point: Point, x: float, width: float, *, low: int, high: int) -> list[Shape]:
    values = [value for value in point.values.values() if value is not None]
    if not values:
        return []
    lower, upper = height_of(min(values), low, high), height_of(max(values), low, high)
    return [
        shape(x, upper, width, max(lower - upper, MARK_HEIGHT), "series-range"),
        shape(x, upper, width, MARK_HEIGHT, RANGE_LOOKS[1]),
        shape(x, lower, width, MARK_HEIGHT, RANGE_LOOKS[0]),
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
