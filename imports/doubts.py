"""Prices such as 1,234, which can be read in two ways: settled by the other prices of their file, or refused.

imports.prices finds the doubts, and imports.staging keeps the decimal marks that other prices showed. Once every row
is staged imports.settle calls settle_doubts(): only then is it known what the whole file says."""

from imports import rejections
from imports.models import ImportJob
from imports.statements import Tables

KINDS = {".": "point", ",": "comma"}


def settle_doubts(job: ImportJob, tables: Tables) -> int:
    """Give each doubtful price its value, or refuse its row. How many rows were refused."""
    if job.decimal_marks not in KINDS:
        return refuse_doubts(job, tables)
    mark = job.decimal_marks
    [other] = KINDS.keys() - {mark}
    refused = rejections.refuse(job, tables, "reject_precise", {"mark": mark, "kind": KINDS[mark]})
    tables.execute("read_doubts", {"mark": mark, "other": other})
    return refused


def refuse_doubts(job: ImportJob, tables: Tables) -> int:
    why = (
        "the file's other prices show both marks"
        if job.decimal_marks
        else "no other price of the file tells which"
    )
    return rejections.refuse(job, tables, "reject_doubts", {"why": why})
