"""How the console names the states of an import and what becomes of its rows."""

from django import template

from dashboard.views.import_detail import PHASES, phase_of
from imports.journal.changes import Value
from imports.models import ImportJob, Status

register = template.Library()

BADGES = {
    Status.PENDING: ("is-wait", "Waiting"),
    Status.PROCESSING: ("is-busy", "Running"),
    Status.READY: ("is-warn", "To be confirmed"),
    Status.COMPLETED: ("is-ok", "Completed"),
    Status.FAILED: ("is-bad", "Failed"),
    Status.CANCELLED: ("is-off", "Cancelled"),
}


@register.filter
def status_label(status: str) -> str:
    return BADGES[Status(status)][1]


@register.inclusion_tag("dashboard/_badge.html")
def job_badge(job: ImportJob) -> dict[str, str]:
    if job.undone_at is not None:
        return {"look": "is-off", "label": "Undone"}
    if job.cancel_requested and not job.is_final:
        return {"look": "is-wait", "label": "Being cancelled"}
    look, label = BADGES[Status(job.status)]
    return {"look": look, "label": label}


@register.filter
def phase_label(job: ImportJob) -> str:
    return PHASES[phase_of(job)]


@register.filter
def field_label(name: str) -> str:
    """A field of a product, as its page calls it."""
    return "State" if name == "is_active" else name.capitalize()


@register.filter
def shown(value: Value) -> str:
    """A value of a product, also one that is blank."""
    if isinstance(value, bool):
        return "active" if value else "inactive"
    return str(value) or "(blank)"
