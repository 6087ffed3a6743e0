"""The states of a job: its status, and the phase of one that is processed."""

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


# The progress in percent when a phase has ended.
STAGED_AT = 40
CLASSIFIED_AT = 60
APPLIED_AT = 99

UNFINISHED = [Status.PENDING, Status.PROCESSING]
FINAL = [Status.COMPLETED, Status.FAILED, Status.CANCELLED]
