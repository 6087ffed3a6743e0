"""Prices such as 1,234, which can be read in two ways: settled by the other prices of their file, or rejected.

imports.rows.prices finds them, and imports.pipeline.staging keeps the decimal marks that other prices showed. Once every row
is staged imports.pipeline.validation calls resolve_ambiguous_prices(): only then is it known what the whole file says."""

from imports.models import ImportJob
from imports.pipeline import rejected_rows
from imports.queries import Tables

KINDS = {".": "point", ",": "comma"}


def resolve_ambiguous_prices(job: ImportJob, tables: Tables) -> int:
    """Give each ambiguous price its value, or refuse its row. How many rows were rejected."""
    if job.decimal_marks not in KINDS:
        return reject_ambiguous_prices(job, tables)
    mark = job.decimal_marks
    [other] = KINDS.keys() - {mark}
    rejected = rejected_rows.reject(job, tables, "reject_precise", {"mark": mark, "kind": KINDS[mark]})
    tables.execute("resolve_ambiguous_prices", {"mark": mark, "other": other})
    return rejected


def reject_ambiguous_prices(job: ImportJob, tables: Tables) -> int:
    why = (
        "the file's other prices show both marks"
        if job.decimal_marks
        else "no other price of the file tells which"
    )
    return rejected_rows.reject(job, tables, "reject_ambiguous_prices", {"why": why})
