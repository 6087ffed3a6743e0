"""The overview: what is running, the figures, what happened over time, and what needs somebody."""

from datetime import datetime, timedelta

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from dashboard.metrics.alerts import troubles
from dashboard.metrics.charts import Chart, bars, ranges
from dashboard.metrics.health import health
from dashboard.metrics.stats import stats
from dashboard.metrics.timeseries import Bucket, span, timeseries
from dashboard.views import import_detail
from dashboard.views.shortcuts import choice
from imports.models import ImportJob, Status

WINDOWS: dict[str, tuple[Bucket, timedelta]] = {
    "24h": ("hour", timedelta(hours=23)),
    "7d": ("day", timedelta(days=6)),
    "30d": ("day", timedelta(days=29)),
}
RUNNING_SHOWN = 5


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    window, present = choice(request, "window", WINDOWS, "24h"), now()
    shown = {
        "troubles": troubles(present),
        "charts": charts(window, present),
        "window": window,
        "windows": WINDOWS,
    }
    return render(request, "dashboard/overview.html", {**moving(present), **shown})


@require_safe
def part(request: HttpRequest) -> HttpResponse:
    """What moves, for the open pages that ask for it again and again."""
    return render(request, "dashboard/_running.html", moving(now()))


def moving(present: datetime) -> dict[str, object]:
    return {
        "stats": stats(),
        "running": [(job, import_detail.progress(job, present)) for job in running()],
        "health": health(present),
    }


def running() -> list[ImportJob]:
    """Those at work, those that wait, and those that wait for somebody."""
    unfinished = ImportJob.objects.filter(status__in=[Status.PROCESSING, Status.PENDING, Status.READY])
    return list(unfinished.order_by(F("started_at").desc(nulls_last=True), "created_at")[:RUNNING_SHOWN])


def charts(window: str, present: datetime) -> list[Chart]:
    bucket, length = WINDOWS[window]
    time = span(bucket, present - length, present, present)
    return [
        bars(timeseries("rows", time), "Rows imported"),
        bars(timeseries("deliveries", time), "Deliveries"),
        ranges(timeseries("latency", time), "Time to delivery"),
    ]
