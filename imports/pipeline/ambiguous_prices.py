"""Resolve ambiguous prices such as 1,234 by the other prices of their file, or reject them.

Only once every row is staged is it known which decimal marks the whole file shows."""

from imports.models import ImportJob
from imports.pipeline import rejected_rows
from imports.queries import Tables

KINDS = {".": "point", ",": "comma"}


def resolve_ambiguous_prices(job: ImportJob, tables: Tables) -> int:
    """Give each ambiguous price its value, or reject its row. Returns how many rows were rejected."""
    if job.decimal_marks not in KINDS:
        return reject_ambiguous_prices(job, tables)
    mark = job.decimal_marks
    [other] = KINDS.keys() - {mark}
    rejected = rejected_rows.reject(job, tables, "reject_precise", {"mark": mark, "kind": KINDS[mark]})
    tables.execute("resolve_ambiguous_prices", {"mark": mark, "other": other})
    return rejected


def reject_ambiguous_prices(job: ImportJob, tables: Tables) -> int:
    why = (
        "the other prices of the file use both marks"
        if job.decimal_marks
        else "no other price of the file shows which"
    )
    return rejected_rows.reject(job, tables, "reject_ambiguous_prices", {"why": why})
