"""The overview: totals, imports in progress, system health, charts, and recent alerts."""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from dashboard.metrics.alerts import recent_alerts
from dashboard.metrics.charts import Chart, bars, ranges
from dashboard.metrics.health import health
from dashboard.metrics.stats import stats
from dashboard.metrics.timeseries import span, timeseries
from dashboard.schemas import Bucket
from dashboard.views.shortcuts import choice
from imports.models import UNDO_UNFINISHED, ImportJob, Status
from imports.progress.summary import job_summary

WINDOWS: dict[str, tuple[Bucket, timedelta]] = {
    "24h": ("hour", timedelta(hours=23)),
    "7d": ("day", timedelta(days=6)),
    "30d": ("day", timedelta(days=29)),
}
RUNNING_SHOWN = 5


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    window, present = choice(request, "window", WINDOWS, "24h"), now()
    context = {
        "alerts": recent_alerts(present),
        "charts": charts(window, present),
        "window": window,
        "windows": WINDOWS,
    }
    return render(request, "dashboard/overview.html", {**live(present), **context})


@require_safe
def part(request: HttpRequest) -> HttpResponse:
    """The live part of the overview, which open pages poll."""
    return render(request, "dashboard/_running.html", live(now()))


def live(present: datetime) -> dict[str, object]:
    return {
        "stats": stats(),
        "running": [(job, job_summary(job, present)) for job in running()],
        "health": health(present),
    }


def running() -> list[ImportJob]:
    """Imports that are running, queued, being undone, or ready with changes to review."""
    unfinished = ImportJob.objects.filter(
        Q(status__in=[Status.PROCESSING, Status.PENDING, Status.READY]) | Q(undo_status__in=UNDO_UNFINISHED)
    )
    unfinished = unfinished.exclude(
        status=Status.READY, preview__created=0, preview__updated=0, preview__deactivated=0
    )
    return list(unfinished.order_by(F("started_at").desc(nulls_last=True), "created_at")[:RUNNING_SHOWN])


def charts(window: str, present: datetime) -> list[Chart]:
    bucket, length = WINDOWS[window]
    time = span(bucket, present - length, present, present)
    return [
        bars(timeseries("rows", time), "Rows imported"),
        bars(timeseries("deliveries", time), "Deliveries"),
        ranges(timeseries("latency", time), "Delivery time"),
    ]
