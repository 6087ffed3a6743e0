"""What the page of an import shows: its steps, counters, changes and possible actions."""

from collections.abc import Sequence
from dataclasses import dataclass

from imports import profiles
from imports.change_schemas import Change, Flag, Kind
from imports.journal.changes import KINDS, Filters, changes
from imports.models import UNDO_REQUESTABLE, ImportJob, Phase, Status, UndoStatus

PAGE_SIZE = 25
REVIEW = "review"
# The reason of these is a setting, and the same settings fail again.
CODES_OF_SETTINGS = ("sync.too_many_missing", "job.rejected", "job.too_many_errors")
PHASES: dict[str, str] = {
    Phase.QUEUED: "Queued",
    Phase.STAGING: "Reading",
    Phase.CLASSIFYING: "Comparing",
    REVIEW: "Review",
    Phase.APPLYING: "Importing",
    Phase.DONE: "Done",
}
# The label of each counter, and what it counts.
COUNTERS = {
    "created": ("New products", "with a new SKU"),
    "updated": ("Updated products", "with changed values"),
    "unchanged": ("Already up to date", "no change needed"),
    "superseded": ("Duplicates", "a later row has the same SKU"),
    "deactivated": ("Deactivated products", "not in the file"),
    "errors": ("Rows with errors", "not imported"),
}

FLAGS: dict[Flag, str] = {
    "new_at_zero": "new at 0.00",
    "large_price_change": "price changed by more than half",
    "goes_inactive": "set to inactive",
}


@dataclass(frozen=True)
class Step:
    label: str
    # past, current or coming
    state: str


@dataclass(frozen=True)
class Counter:
    label: str
    count: int
    meaning: str


@dataclass(frozen=True)
class KindCount:
    kind: Kind
    count: int


@dataclass(frozen=True)
class FlagCount:
    flag: Flag
    count: int
    label: str


@dataclass(frozen=True)
class Changes:
    """A page of changes, and the kinds and flags that the list can be filtered by."""

    filters: Filters
    kinds: Sequence[KindCount]
    flags: Sequence[FlagCount]
    count: int
    results: Sequence[Change]

    @property
    def has_lines(self) -> bool:
        """Whether the lines are known: those of changes that were made are not kept."""
        return any(change.line for change in self.results)


def steps(job: ImportJob) -> list[Step]:
    phases = [phase for phase in PHASES if phase != REVIEW or job.waits_for_confirmation]
    here = phases.index(phase_of(job))
    states = ["past"] * here + ["current"] + ["coming"] * (len(phases) - here - 1)
    return [Step(PHASES[phase], state) for phase, state in zip(phases, states, strict=True)]


def phase_of(job: ImportJob) -> str:
    if job.status == Status.READY:
        return REVIEW
    # A confirmed import is compared again before it is applied.
    if job.phase == Phase.CLASSIFYING and job.confirmed_at is not None:
        return Phase.APPLYING
    return job.phase


def is_queued(job: ImportJob) -> bool:
    """Whether the import or its undo waits for a worker."""
    return job.status == Status.PENDING or job.undo_status == UndoStatus.PENDING


def counters(job: ImportJob) -> list[Counter]:
    """The results of the import, or of its preview. Without zeros if it did not succeed or was undone."""
    counts = job.counts
    succeeded = job.status in (Status.READY, Status.COMPLETED) and job.undone_at is None
    names = [name for name in COUNTERS if counts[name] or (succeeded and applies(name, job))]
    return [Counter(label, counts[name], meaning) for name in names for label, meaning in [COUNTERS[name]]]


def applies(name: str, job: ImportJob) -> bool:
    return name != "deactivated" or job.parsed_options.mode == "sync"


@dataclass(frozen=True)
class Affected:
    """How many products the import changed, or would change."""

    created: int
    changed: int

    @property
    def total(self) -> int:
        return self.created + self.changed


def affected(job: ImportJob) -> Affected:
    counts = job.counts
    return Affected(counts["created"], counts["updated"] + counts["deactivated"])


def changes_of(job: ImportJob, filters: Filters, page: int) -> Changes | None:
    """None while the import runs, and if it changes nothing."""
    counts = job.counts
    kinds = [KindCount(known, counts[known]) for known in KINDS if counts[known]]
    if not kinds or not job.is_idle:
        return None
    flags = [FlagCount(flag, counts[flag], label) for flag, label in FLAGS.items() if counts[flag]]
    count, results = changes(job, filters, page, PAGE_SIZE)
    return Changes(filters, kinds, flags, count, results)


def can_be_retried(job: ImportJob) -> bool:
    """Whether the same settings may have another outcome."""
    has_ended_early = job.status in (Status.FAILED, Status.CANCELLED)
    return has_ended_early and bool(job.stored_as) and job.failure_code not in CODES_OF_SETTINGS


def can_run_again(job: ImportJob) -> bool:
    """Whether it can be imported with other settings."""
    return job.is_idle and bool(job.stored_as)


def can_be_undone(job: ImportJob) -> bool:
    return job.is_final and job.undo_status in UNDO_REQUESTABLE and affected(job).total > 0


def differs_from_profile(job: ImportJob) -> bool:
    """Whether its profile would be another one if it were saved from this import."""
    if job.profile_version is None:
        return False
    current = profiles.content_of(profiles.get(job.profile_version.profile_id))
    settled = profiles.settled_by(job)
    if current.options.recipe == "auto" and not job.file_recipe:
        settled = settled.but({"recipe": "auto"})
    return current != settled
