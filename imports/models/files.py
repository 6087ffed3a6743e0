"""Uploaded files, stored in PostgreSQL so that web and worker processes share nothing else."""

from django.db import models
from django.db.models import Sum
from django.db.models.functions import Now


class StoredFiles(models.QuerySet["StoredFile"]):
    def total_bytes(self) -> int:
        return int(self.aggregate(total=Sum("bytes", default=0))["total"])


class StoredFile(models.Model):
    """An uploaded file; its bytes are its chunks."""

    name = models.CharField(max_length=100, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Its share of UPLOAD_TOTAL_BYTES; while it is being written, the bytes reserved for it.
    bytes = models.BigIntegerField(default=0)

    objects = StoredFiles.as_manager()

    def __str__(self) -> str:
        return self.name


class StoredChunk(models.Model):
    """A piece of a stored file, from byte `start` on."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    start = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "start"], name="storedchunk_starts_once_per_file")
        ]

    def __str__(self) -> str:
        return f"{self.file_id} from byte {self.start}"
