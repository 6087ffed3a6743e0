"""The states of a job: its status, the phase of one that is processed, and the status of its undo."""

from django.db import models


class Status(models.TextChoices):
    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Phase(models.TextChoices):
    QUEUED = "queued"
    STAGING = "staging"
    CLASSIFYING = "classifying"
    APPLYING = "applying"
    DONE = "done"


class UndoStatus(models.TextChoices):
    NOT_REQUESTED = "not_requested"
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


# The progress in percent when a phase has ended.
STAGED_AT = 40
CLASSIFIED_AT = 60
APPLIED_AT = 99

UNFINISHED = [Status.PENDING, Status.PROCESSING]
FINAL = [Status.COMPLETED, Status.FAILED, Status.CANCELLED]
UNDO_UNFINISHED = [UndoStatus.PENDING, UndoStatus.PROCESSING]
UNDO_REQUESTABLE = [UndoStatus.NOT_REQUESTED, UndoStatus.FAILED]
