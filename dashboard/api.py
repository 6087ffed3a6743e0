"""Endpoints of /dashboard: totals, time series, and whether deliveries are paused."""

from django.http import HttpRequest
from django.utils.timezone import now
from ninja import Query, Router

from dashboard.metrics.stats import stats
from dashboard.metrics.timeseries import span, timeseries
from dashboard.schemas import DeliveriesOut, StatsOut, TimeseriesOut, TimeseriesQuery
from hooks import switch

router = Router(tags=["Dashboard"])


@router.get("/stats", response=StatsOut, summary="Get statistics")
def get_stats(request: HttpRequest) -> StatsOut:
    """Current totals. Fast at any number of products and deliveries."""
    return stats()


@router.get("/deliveries", response=DeliveriesOut, summary="Get the delivery switch")
def get_deliveries(request: HttpRequest) -> DeliveriesOut:
    """Whether webhook deliveries are sent. While they are paused, events are recorded and sent later."""
    held = switch.held_because()
    return DeliveriesOut(are_sent=not held, held_because=held or None)


@router.get("/timeseries", response=TimeseriesOut, summary="Get a time series", by_alias=True)
def get_timeseries(request: HttpRequest, query: Query[TimeseriesQuery]) -> TimeseriesOut:
    """A metric by the hour or the day, in at most 1,000 buckets. Empty buckets are included."""
    return timeseries(query.metric, span(query.bucket, query.since, query.until, now()))
