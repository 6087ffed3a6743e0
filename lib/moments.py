"""A point in time in requests: ISO 8601 with a date, in UTC unless it has an offset.

pydantic alone would also accept numbers, as Unix seconds, and keep the offset. Python's offsets reach 24 hours and
PostgreSQL's less than 16, so all times are converted to UTC."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

BEGINS_WITH_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII).match
# `+02:00` in a query whose plus was not escaped.
ENDS_WITH_LOST_PLUS = re.compile(r":\d{2}(?:[.,]\d+)? \d{2}:?\d{2}", re.ASCII).search


def check_text(value: object) -> object:
    if isinstance(value, str):
        if ENDS_WITH_LOST_PLUS(value):
            raise ValueError("has a space where its offset begins; in a query write + as %2B")
        if BEGINS_WITH_DATE(value):
            return value
    raise ValueError("must be a date and time such as 2025-01-15T10:30:00Z")


def in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("is before the year 1 or after the year 9999 in UTC") from None


Moment = Annotated[datetime, AfterValidator(in_utc), BeforeValidator(check_text)]
