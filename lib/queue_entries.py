"""The entries that long jobs, each a row of its own, have in the queue."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from procrastinate.contrib.django.models import ProcrastinateJob

Row = TypeVar("Row", bound=Model)


def without_entry(rows: QuerySet[Row], task_name: str, argument: str) -> list[UUID]:
    """The keys of those rows that no queued or running task has as this argument: its entry failed or was removed."""
    queued = ProcrastinateJob.objects.alias(key=KeyTextTransform(argument, "args")).filter(
        task_name=task_name,
        status__in=["todo", "doing"],
        key=Cast(OuterRef("pk"), TextField()),
    )
    return list(rows.filter(~Exists(queued)).values_list("pk", flat=True))
