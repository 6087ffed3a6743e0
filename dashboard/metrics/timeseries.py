"""Metrics by the hour or the day.

Imports are read from their jobs, by upload time. Deliveries are read from hourly counters (hooks.models.DeliveryCount), so
ten million of them cost no more than ten. Latency comes from a sample (sql/latency.sql)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from django.db import connection

from dashboard.schemas import Bucket, Metric, PointOut, TimeseriesOut
from lib import sql
from lib.errors import Explanation, Invalid

METRICS: tuple[Metric, ...] = get_args(Metric)

LENGTHS: dict[Bucket, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
DEFAULT_SPANS: dict[Bucket, timedelta] = {"hour": timedelta(hours=24), "day": timedelta(days=30)}
BUCKETS_MAX = 1_000
# Allows for clocks that disagree.
AHEAD = timedelta(days=1)
# Deliveries read for the latency of all buckets together, and at least in each.
SAMPLE = 1_600
SAMPLE_OF_BUCKET = 20

SERIES: dict[Metric, tuple[str, ...]] = {
    "imports": ("completed", "failed", "cancelled", "unfinished"),
    "rows": ("created", "updated", "unchanged", "rejected"),
    "deliveries": ("delivered", "failed"),
    "failures": ("imports", "deliveries"),
    "latency": ("p50", "p95"),
}
UNITS: dict[Metric, str] = {
    "imports": "imports",
    "rows": "rows",
    "deliveries": "deliveries",
    "failures": "failures",
    "latency": "ms",
}

# One statement a metric: a bucket's beginning, and its values in the order of SERIES.
STATEMENTS = {metric: sql.read(Path(__file__).parent / "sql", metric) for metric in METRICS}


class SpanError(Invalid):
    pointer = "/query/from"
    codes = {
        "from.too_large": Explanation(
            "`from` is not earlier than `to`, or later than tomorrow.", "Send an earlier `from`."
        ),
        "from.too_small": Explanation(
            f"The time has more than {BUCKETS_MAX:,} buckets.", "Choose a shorter time, or the bucket `day`."
        ),
    }

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code)


@dataclass(frozen=True)
class Span:
    """Whole buckets from `since` to before `until`."""

    bucket: Bucket
    since: datetime
    until: datetime

    @property
    def buckets(self) -> int:
        return (self.until - self.since) // LENGTHS[self.bucket]

    def starts(self) -> list[datetime]:
        return [self.since + LENGTHS[self.bucket] * place for place in range(self.buckets)]


def span(bucket: Bucket, since: datetime | None, until: datetime | None, now: datetime) -> Span:
    """The buckets that overlap the given time. The default is the last 24 hours or 30 days."""
    end = ceiling(min(until or now, now + AHEAD), bucket)
    if since and since >= end:
        raise SpanError("from.too_large", "from must be earlier than to, and than tomorrow.")
    # Checked before rounding, which fails at the earliest date of the calendar.
    if since and (end - since) // LENGTHS[bucket] >= BUCKETS_MAX:
        raise SpanError(
            "from.too_small",
            f"At most {BUCKETS_MAX:,} {bucket}s can be requested at once; choose a shorter time.",
        )
    start = floor(since, bucket) if since else end - DEFAULT_SPANS[bucket]
    return Span(bucket, start, end)


def floor(moment: datetime, bucket: Bucket) -> datetime:
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if bucket == "hour" else hour.replace(hour=0)


def ceiling(moment: datetime, bucket: Bucket) -> datetime:
    below = floor(moment, bucket)
    return below if below == moment else below + LENGTHS[bucket]


def timeseries(metric: Metric, span: Span) -> TimeseriesOut:
    """Every bucket of the span, also the empty ones."""
    names, buckets = SERIES[metric], read(metric, span)
    empty = [None if metric == "latency" else 0] * len(names)
    points = [
        PointOut(at=at, values=dict(zip(names, buckets.get(at, empty), strict=True))) for at in span.starts()
    ]
    return TimeseriesOut(
        metric=metric,
        unit=UNITS[metric],
        bucket=span.bucket,
        since=span.since,
        until=span.until,
        series=list(names),
        points=points,
    )


def read(metric: Metric, span: Span) -> dict[datetime, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            STATEMENTS[metric],
            {
                "bucket": span.bucket,
                "length": f"1 {span.bucket}",
                "since": span.since,
                "until": span.until,
                "sample": max(SAMPLE // span.buckets, SAMPLE_OF_BUCKET),
            },
        )
        return {at: values for at, *values in cursor.fetchall()}
