"""The tables of imports: jobs and their rejected rows, uploaded files, profiles, and the journal of changes."""

from imports.models.files import StoredChunk, StoredFile
from imports.models.jobs import (
    ERRORS_SHOWN,
    FLAGS,
    READY_FOR,
    STAGING_RESET,
    AttemptFenced,
    ImportJob,
    JobNotFound,
)
from imports.models.journal import ChangedProducts, CreatedProducts, SupersededRow
from imports.models.notifications import CHANNEL, notify
from imports.models.profiles import NAME_UNIQUE, Profile, ProfileVersion
from imports.models.rejected_rows import RejectedRow, UnlistedRows
from imports.models.states import (
    APPLIED_AT,
    CLASSIFIED_AT,
    FINAL,
    STAGED_AT,
    UNDO_REQUESTABLE,
    UNDO_UNFINISHED,
    UNFINISHED,
    Phase,
    Status,
    UndoStatus,
)

__all__ = [
    "APPLIED_AT",
    "CHANNEL",
    "CLASSIFIED_AT",
    "ERRORS_SHOWN",
    "FINAL",
    "FLAGS",
    "NAME_UNIQUE",
    "READY_FOR",
    "STAGED_AT",
    "STAGING_RESET",
    "UNDO_REQUESTABLE",
    "UNDO_UNFINISHED",
    "UNFINISHED",
    "AttemptFenced",
    "ChangedProducts",
    "CreatedProducts",
    "ImportJob",
    "JobNotFound",
    "Phase",
    "Profile",
    "ProfileVersion",
    "RejectedRow",
    "Status",
    "StoredChunk",
    "StoredFile",
    "SupersededRow",
    "UndoStatus",
    "UnlistedRows",
    "notify",
]
