"""The errors of an import's rows grouped by code, each with its count, its fix and a few examples."""

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.db import connection

from dashboard.metrics.explanations import explained
from imports.models import ImportJob
from lib.errors import Explanation

EXAMPLES = 3

BY_CODE = """
    SELECT code, code_count, line, "column", value, message FROM (
        SELECT *,
            count(*) OVER (PARTITION BY code) AS code_count,
            row_number() OVER (PARTITION BY code ORDER BY row, id) AS place
        FROM imports_rejectedrow WHERE job_id = %s
    ) AS placed
    WHERE place <= %s
    ORDER BY code_count DESC, code, place
"""


@dataclass(frozen=True)
class Example:
    code: str
    code_count: int
    line: int
    sheet: str
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
        rows = [
            Example(code, count, *job.place_of(line), *about)
            for code, count, line, *about in cursor.fetchall()
        ]
    return [rejections(code, list(examples)) for code, examples in groupby(rows, key=attrgetter("code"))]


def rejections(code: str, examples: list[Example]) -> Rejections:
    return Rejections(code, examples[0].code_count, explained(code), examples)
