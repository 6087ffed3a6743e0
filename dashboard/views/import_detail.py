"""One import as its page tells it: how far it is, what came of it, and what can be done with it next.

views_imports shows it; the same figures are in imports.progress.summary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from imports.journal.changes import KINDS, Change, Kind, changes
from imports.models import ImportJob, Phase, Status
from imports.progress.summary import JobSummary, job_summary

PAGE_SIZE = 25
CONFIRM = "confirm"
PHASES: dict[str, str] = {
    Phase.QUEUED: "Waiting",
    Phase.STAGING: "Reading the file",
    Phase.CLASSIFYING: "Comparing",
    CONFIRM: "Your confirmation",
    Phase.APPLYING: "Writing",
    Phase.DONE: "Done",
}
MEANINGS = {
    "created": "products that are new",
    "updated": "products with other values",
    "unchanged": "rows that say what is there already",
    "superseded": "rows that a later one with the same SKU replaces",
    "deactivated": "products that the file lacks, made inactive",
    "errors": "rows left out because of errors",
}


@dataclass(frozen=True)
class Step:
    label: str
    # past, current or coming
    state: str


@dataclass(frozen=True)
class Counter:
    name: str
    count: int
    meaning: str


@dataclass(frozen=True)
class Changes:
    """A page of what changes, and the kinds it can be narrowed down to."""

    kind: str
    kinds: Sequence[Counter]
    count: int
    results: Sequence[Change]


def progress(job: ImportJob, now: datetime) -> JobSummary:
    return job_summary(job, now)


def steps(job: ImportJob) -> list[Step]:
    phases = [phase for phase in PHASES if phase != CONFIRM or job.parsed_options.waits_for_confirmation]
    here = phases.index(phase_of(job))
    states = ["past"] * here + ["current"] + ["coming"] * (len(phases) - here - 1)
    return [Step(PHASES[phase], state) for phase, state in zip(phases, states, strict=True)]


def phase_of(job: ImportJob) -> str:
    if job.status == Status.READY:
        return CONFIRM
    # Confirmed, it is compared once more before it is written.
    if job.phase == Phase.CLASSIFYING and job.confirmed_at is not None:
        return Phase.APPLYING
    return job.phase


def counters(job: ImportJob) -> list[Counter]:
    """What the import did so far, or what the dry run found that it would do."""
    counts = counts_of(job)
    shown = [name for name in MEANINGS if name != "deactivated" or job.parsed_options.mode == "sync"]
    return [Counter(name, counts[name], MEANINGS[name]) for name in shown]


def counts_of(job: ImportJob) -> dict[str, int]:
    if job.status == Status.READY:
        return job.preview or dict.fromkeys(MEANINGS, 0)
    counted = {name: int(getattr(job, f"{name}_count")) for name in MEANINGS if name != "errors"}
    return {**counted, "errors": job.error_count}


def touched(job: ImportJob) -> int:
    """How many products it changed, or would."""
    counts = counts_of(job)
    return counts["created"] + counts["updated"] + counts["deactivated"]


def changes_of(job: ImportJob, kind: str, page: int) -> Changes | None:
    """None while nothing can be told yet, and of an import that changed nothing."""
    counts = counts_of(job)
    kinds = [Counter(name, counts[name], MEANINGS[name]) for name in KINDS if counts[name]]
    if not kinds or not job.is_idle:
        return None
    chosen: Kind | None = next((known for known in KINDS if known == kind), None)
    count, results = changes(job, chosen, page, PAGE_SIZE)
    return Changes(kind, kinds, count, results)


def can_be_retried(job: ImportJob) -> bool:
    return job.status in (Status.FAILED, Status.CANCELLED) and bool(job.stored_as)


def can_be_undone(job: ImportJob) -> bool:
    return job.is_final and job.undone_at is None and touched(job) > 0
