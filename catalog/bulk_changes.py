"""Bulk changes: one action on many products, as a job with progress that can be undone.

Requesting one stores which products are selected, and queues it. A worker runs it (catalog.bulk.runner)."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction
from django.utils.timezone import now

from catalog import tasks
from catalog.bulk import chunks
from catalog.models import Action, BulkChange, BulkStatus, ProductQuerySet
from lib.errors import Conflict, DomainError, Explanation, NotFound
from lib.security_log import log

# The status of the products that an action changes.
STATUS_BEFORE = {Action.ACTIVATE: False, Action.DEACTIVATE: True}


class BulkChangeNotFound(NotFound):
    code = "bulk_change.not_found"
    codes = {
        code: Explanation(
            "No bulk change has this ID. It may have been deleted.", "Open the list of bulk changes."
        )
    }

    def __init__(self, change_id: UUID) -> None:
        super().__init__(f"No bulk change has the ID {change_id}.")


class SelectionChanged(Conflict):
    code = "selection.changed"
    codes = {
        code: Explanation(
            "The selection has changed since it was confirmed, so nothing was changed.",
            "Review it and confirm again.",
        )
    }

    def __init__(self, confirmed: int, found: int) -> None:
        super().__init__(
            f"The selection has changed: it now has {found:,} products, not the {confirmed:,} you confirmed. "
            "Nothing was changed. Review it and confirm again."
        )


class SelectionEmpty(Conflict):
    code = "selection.empty"
    codes = {
        code: Explanation("No product is selected that the action would change.", "Select products first.")
    }
    detail = "No product is selected. Select products first."


class BulkChangeNotUndoable(Conflict):
    code = "bulk_change.not_undoable"
    codes = {
        code: Explanation(
            "The bulk change has not ended, changed nothing, has already been undone, or its journal was deleted.",
            "Wait until it has ended.",
        )
    }


def affected(action: Action, products: ProductQuerySet) -> ProductQuerySet:
    """Those of the products that the action would change."""
    if action == Action.DELETE:
        return products
    return products.filter(is_active=STATUS_BEFORE[action])


def request(
    action: Action,
    products: ProductQuerySet,
    *,
    confirmed: int,
    requested_by: str = "",
    filters: Mapping[str, str] | None = None,
) -> BulkChange:
    """Queue the action for those of the products that it changes.

    Raises SelectionChanged if there is another number of them than was confirmed, SelectionEmpty if there are none."""
    change = BulkChange(action=action, requested_by=requested_by, filters=dict(filters or {}))
    with transaction.atomic():
        change.chunk_count, change.confirmed_count = chunks.freeze(change.pk, affected(action, products))
        check_selection(confirmed, change.confirmed_count)
        change.save(force_insert=True)
        queue(change.pk)
    if action == Action.DELETE:
        log("products.deleted", count=confirmed)
    return get(change.pk)


def check_selection(confirmed: int, found: int) -> None:
    if found != confirmed:
        raise SelectionChanged(confirmed, found)
    if not found:
        raise SelectionEmpty


def queue(change_id: UUID) -> None:
    tasks.run_bulk_change.defer(change_id=str(change_id))


def get(change_id: UUID) -> BulkChange:
    try:
        return BulkChange.objects.get(pk=change_id)
    except BulkChange.DoesNotExist:
        raise BulkChangeNotFound(change_id) from None


def undo(change_id: UUID, actions: Collection[Action], *, requested_by: str = "") -> BulkChange:
    """Queue the undo of a change with one of these actions."""
    with transaction.atomic():
        undoable = BulkChange.objects.undoable().filter(pk=change_id, action__in=actions)
        if not undoable.update(
            status=BulkStatus.UNDO_QUEUED,
            attempts_without_progress=0,
            undo_requested_at=now(),
            undo_requested_by=requested_by,
            undo_ended_at=None,
            failure_code="",
            failure_message="",
        ):
            raise refused(get(change_id), actions)
        queue(change_id)
    return get(change_id)


def refused(change: BulkChange, actions: Collection[Action]) -> DomainError:
    if change.action not in actions:
        return BulkChangeNotFound(change.pk)
    return BulkChangeNotUndoable(reason(change))


def reason(change: BulkChange) -> str:
    """Why it cannot be undone."""
    if change.status == BulkStatus.UNDONE:
        return "This bulk change has already been undone."
    if change.is_undo and not change.is_final:
        return "This bulk change is already being undone."
    if not change.is_final:
        return "This bulk change has not ended. It can be undone once it has."
    if not change.changed_count:
        return "This bulk change changed no product, so there is nothing to undo."
    return "This bulk change is too old to undo: its journal was deleted."
