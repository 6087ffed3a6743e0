"""A moment as a request names it: text in ISO 8601 with a date, in UTC unless it says otherwise.

pydantic by itself also takes numbers, as seconds since 1970, and keeps the offset. Python's offsets reach to 24 hours
and PostgreSQL's to less than 16, so everything is turned to UTC here."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

BEGINS_WITH_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII).match
# What `+02:00` has become in a query in which its plus was not escaped.
ENDS_WITH_LOST_PLUS = re.compile(r":\d{2}(?:[.,]\d+)? \d{2}:?\d{2}", re.ASCII).search


def check_text(value: object) -> object:
    if isinstance(value, str):
        if ENDS_WITH_LOST_PLUS(value):
            raise ValueError("has a space where its offset begins; in a query write + as %2B")
        if BEGINS_WITH_DATE(value):
            return value
    raise ValueError("should be a date and time such as 2025-01-15T10:30:00Z")


def in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("is before the year 1 or after the year 9999 in UTC") from None


Moment = Annotated[datetime, AfterValidator(in_utc), BeforeValidator(check_text)]
