"""What became of the skipped rows of an import: the imports in which they were corrected, or why they cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass

from imports.corrections import skipped_rows
from imports.models import ImportJob, Status, UndoStatus


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
    """What became of the skipped rows of an import, and whether they can be corrected here, or why not."""

    corrections: Sequence[Correction] = ()
    can_be_corrected: bool = False
    reason: str = ""


def skipped(job: ImportJob) -> Skipped:
    if not job.error_count:
        return Skipped()
    made = list(skipped_rows.corrections(job))
    corrections = [Correction(one) for one in made]
    # Otherwise the page says more than the reason.
    if job.status != Status.COMPLETED or job.undo_status != UndoStatus.NOT_REQUESTED:
        return Skipped(corrections)
    reason = skipped_rows.why_not(job, skipped_rows.corrected_lines(made))
    return Skipped(corrections, not reason, reason)
