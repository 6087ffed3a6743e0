"""The tables of imports: jobs and their rejected rows, uploaded files, profiles, and the journal of changes."""

from imports.models.files import StoredChunk, StoredFile
from imports.models.jobs import (
    APPLIED_AT,
    CHANNEL,
    CLASSIFIED_AT,
    ERRORS_SHOWN,
    FINAL,
    FLAGS,
    READY_FOR,
    STAGED_AT,
    STAGING_RESET,
    UNFINISHED,
    AttemptFenced,
    ImportJob,
    JobNotFound,
    Phase,
    Status,
    notify,
)
from imports.models.journal import ChangedProducts, CreatedProducts, SupersededRow
from imports.models.profiles import NAME_UNIQUE, Profile, ProfileVersion
from imports.models.rejected_rows import RejectedRow, UnlistedRows

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
    "UnlistedRows",
    "notify",
]
