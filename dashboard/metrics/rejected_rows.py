"""What was wrong with the rows of an import, by code: how often, what to do about it, and some examples.

views_imports shows it; errors.csv (imports.jobs) has the rows themselves."""

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.db import connection

from imports.errors import ROW_CODES, Explanation
from imports.models import ImportJob

EXAMPLES = 3
UNEXPLAINED = Explanation("", "")

BY_CODE = """
    SELECT code, of_code, line, "column", value, message FROM (
        SELECT *,
            count(*) OVER (PARTITION BY code) AS of_code,
            row_number() OVER (PARTITION BY code ORDER BY row, id) AS place
        FROM imports_rejectedrow WHERE job_id = %s
    ) AS placed
    WHERE place <= %s
    ORDER BY of_code DESC, code, place
"""


@dataclass(frozen=True)
class Example:
    code: str
    of_code: int
    line: int
    column: str | None
    value: str
    message: str


@dataclass(frozen=True)
class Rejections:
    code: str
    count: int
    explanation: Explanation
    examples: list[Example]


def by_code(job: ImportJob) -> list[Rejections]:
    if not job.error_count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(BY_CODE, [job.pk, EXAMPLES])
        found = [Example(*row) for row in cursor.fetchall()]
    return [rejections(code, list(examples)) for code, examples in groupby(found, key=attrgetter("code"))]


def rejections(code: str, examples: list[Example]) -> Rejections:
    return Rejections(code, examples[0].of_code, ROW_CODES.get(code, UNEXPLAINED), examples)
