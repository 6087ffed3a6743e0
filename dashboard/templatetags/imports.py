"""Template filters and tags for imports: labels of statuses, phases, kinds of changes and fields."""

from collections.abc import Sequence

from django import template

from dashboard.forms.product_form import LABELS
from dashboard.metrics.import_detail import PHASES, affected, phase_of
from dashboard.templatetags.console import grouped, plural
from imports.journal.changes import Value
from imports.models import ImportJob, Status, UndoStatus

register = template.Library()

BADGES = {
    Status.PENDING: ("is-wait", "Queued"),
    Status.PROCESSING: ("is-busy", "Importing"),
    Status.READY: ("is-warn", "Ready to review"),
    Status.COMPLETED: ("is-ok", "Completed"),
    Status.FAILED: ("is-bad", "Failed"),
    Status.CANCELLED: ("is-off", "Cancelled"),
}
UNDO_BADGES = {
    UndoStatus.PENDING: ("is-wait", "Undo queued"),
    UndoStatus.PROCESSING: ("is-busy", "Undoing"),
    UndoStatus.COMPLETED: ("is-off", "Undone"),
    UndoStatus.FAILED: ("is-bad", "Undo failed"),
}
# A change of one product, and the tab of all changes of that kind.
KINDS = {
    "created": ("Created", "Created"),
    "updated": ("Updated", "Updated"),
    "deactivated": ("Deactivated", "Deactivated"),
    "superseded": ("Duplicate", "Duplicates"),
}


@register.filter
def status_label(status: str) -> str:
    return BADGES[Status(status)][1]


@register.inclusion_tag("dashboard/_badge.html")
def job_badge(job: ImportJob) -> dict[str, str]:
    if job.undo:
        css_class, label = UNDO_BADGES[UndoStatus(job.undo_status)]
        return {"css_class": css_class, "label": label}
    if job.cancel_requested and not job.is_final:
        return {"css_class": "is-wait", "label": "Cancelling"}
    if job.status == Status.READY and not affected(job).total:
        return {"css_class": "is-off", "label": "No changes"}
    css_class, label = BADGES[Status(job.status)]
    return {"css_class": css_class, "label": label}


@register.filter
def phase_label(job: ImportJob) -> str:
    return PHASES[phase_of(job)]


@register.filter
def written_so_far(products: int) -> str:
    """What cancelling a running import keeps."""
    if not products:
        return "Nothing has been imported yet."
    have, are = ("has", "is") if products == 1 else ("have", "are")
    return f"{plural(products, 'product')} {have} been imported so far and {are} kept. You can undo this afterwards."


@register.filter
def kind_label(kind: str) -> str:
    return KINDS[kind][0]


@register.filter
def kind_tab(kind: str) -> str:
    return KINDS[kind][1]


@register.filter
def field_label(name: str) -> str:
    """A field of a product, as in the form of a product."""
    return LABELS.get(name, name)


@register.filter
def shown(value: Value) -> str:
    """A value of a product, also an empty one."""
    if isinstance(value, bool):
        return "Active" if value else "Inactive"
    return str(value) or "(empty)"


@register.filter
def place(line: int | None, sheet: str) -> str:
    """A line of the file; with a sheet, one of its rows."""
    if line is None:
        return "\N{EN DASH}"
    return f"{sheet}, row {grouped(line)}" if sheet else grouped(line)


@register.filter
def grouped_warnings(warnings: Sequence[dict[str, str | None]]) -> list[str]:
    """One sentence for each kind of warning: columns that were not imported are listed in one."""
    columns = [warning["column"] or "" for warning in warnings if warning["code"] == "header.unknown"]
    others = [str(warning["message"]) for warning in warnings if warning["code"] != "header.unknown"]
    if not columns:
        return others
    was = "wasn't" if len(columns) == 1 else "weren't"
    return [f"{plural(len(columns), 'column')} {was} imported: {', '.join(columns)}", *others]
