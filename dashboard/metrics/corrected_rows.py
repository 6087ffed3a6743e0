"""What became of the skipped rows of an import: the imports in which they were corrected, or why they cannot be."""

from dataclasses import dataclass

from imports.corrections import skipped_rows
from imports.models import ImportJob, Status


@dataclass(frozen=True)
class Correction:
    """An import of corrected rows."""

    job: ImportJob

    @property
    def rows(self) -> int:
        return len(self.job.corrected_lines)

    @property
    def is_done(self) -> bool:
        return self.job.status == Status.COMPLETED

    @property
    def corrected(self) -> int:
        return self.job.success_count

    @property
    def skipped(self) -> int:
        return self.job.error_count if self.is_done else 0


@dataclass(frozen=True)
class Skipped:
    """Whether the skipped rows of an import can be corrected here, and why not; a reason says more than the page does."""

    can_be_corrected: bool = False
    reason: str = ""


def skipped(job: ImportJob) -> Skipped:
    if job.status != Status.COMPLETED or not job.error_count or job.undone_at is not None:
        return Skipped()
    reason = skipped_rows.why_not(job)
    return Skipped(not reason, reason)


def corrections(job: ImportJob) -> list[Correction]:
    return [Correction(one) for one in skipped_rows.corrections(job)] if job.error_count else []
