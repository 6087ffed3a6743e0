"""Template filters and tags for bulk changes: their titles, statuses and outcomes in words."""

from django import template
from django.template import Context

from catalog.models import Action, BulkChange, BulkStatus
from dashboard.templatetags.console import plural, words

register = template.Library()

BADGES = {
    BulkStatus.QUEUED: ("is-wait", "Queued"),
    BulkStatus.RUNNING: ("is-busy", "Running"),
    BulkStatus.COMPLETED: ("is-ok", "Completed"),
    BulkStatus.FAILED: ("is-bad", "Failed"),
    BulkStatus.UNDO_QUEUED: ("is-wait", "Undo queued"),
    BulkStatus.UNDOING: ("is-busy", "Undoing"),
    BulkStatus.UNDONE: ("is-off", "Undone"),
    BulkStatus.UNDO_FAILED: ("is-bad", "Undo failed"),
}
RUNNING = {
    Action.ACTIVATE: "Activating products",
    Action.DEACTIVATE: "Deactivating products",
    Action.DELETE: "Deleting products",
}
DONE = {Action.ACTIVATE: "activated", Action.DEACTIVATE: "deactivated", Action.DELETE: "deleted"}
UNDONE = {
    Action.ACTIVATE: "deactivated again",
    Action.DEACTIVATE: "activated again",
    Action.DELETE: "restored",
}
# Why products were skipped, of one and of several.
SKIPPED = {
    Action.ACTIVATE: ("it was already active or deleted", "they were already active or deleted"),
    Action.DEACTIVATE: ("it was already inactive or deleted", "they were already inactive or deleted"),
    Action.DELETE: ("it was already deleted", "they were already deleted"),
}


@register.inclusion_tag("dashboard/_badge.html")
def bulk_badge(change: BulkChange) -> dict[str, str]:
    css_class, label = BADGES[BulkStatus(change.status)]
    return {"css_class": css_class, "label": label}


@register.simple_tag(takes_context=True)
def may_undo_bulk(context: Context, change: BulkChange) -> bool:
    """Whether it can be undone, and by this account: who may not delete products may not restore them."""
    needed = "delete_product" if change.action == Action.DELETE else "change_product"
    return change.can_be_undone and context["may"][needed]


@register.filter
def bulk_title(change: BulkChange) -> str:
    return f"{words(change.action)} {plural(change.confirmed_count, 'product')}"


@register.filter
def bulk_step(change: BulkChange) -> str:
    """What is done at the moment."""
    if change.status == BulkStatus.RUNNING:
        return RUNNING[Action(change.action)]
    return BADGES[BulkStatus(change.status)][1]


@register.filter
def bulk_percent(change: BulkChange) -> int:
    return 100 * change.done_count // max(change.total_count, 1)


@register.filter
def bulk_outcome(change: BulkChange) -> str:
    """What the change did, before any undo."""
    action = Action(change.action)
    if not change.changed_count and not change.skipped_count:
        return "Nothing was changed."
    sentences = [f"{plural(change.changed_count, 'product')} {DONE[action]}."]
    if change.skipped_count:
        why = SKIPPED[action][change.skipped_count > 1]
        sentences.append(f"{plural(change.skipped_count, 'product')} skipped: {why}.")
    return " ".join(sentences)


@register.filter
def undo_outcome(change: BulkChange) -> str:
    action = Action(change.action)
    sentences = [f"{plural(change.reverted_count, 'product')} {UNDONE[action]}."]
    if change.kept_count and action == Action.DELETE:
        their = "its" if change.kept_count == 1 else "their"
        sentences.append(
            f"{plural(change.kept_count, 'product')} not restored: {their} SKU or ID is in use again."
        )
    elif change.kept_count:
        sentences.append(f"{plural(change.kept_count, 'product')} changed since then and left alone.")
    return " ".join(sentences)


@register.filter
def undo_promise(change: BulkChange) -> str:
    """What undoing it will do."""
    left = change.changed_count - change.reverted_count - change.kept_count
    their = "its" if left == 1 else "their"
    products = plural(left, "product")
    if change.action == Action.DELETE:
        return f"{products} will be restored with {their} ID and values, unless {their} SKU or ID is in use again."
    status = "inactive" if change.action == Action.ACTIVATE else "active"
    return f"{products} will be {status} again. Products changed since then are left alone."
