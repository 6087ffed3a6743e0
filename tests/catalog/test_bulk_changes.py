"""Bulk changes: what is selected when they are requested, what a worker makes of it, and their undo."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.timezone import now
from procrastinate.contrib.django.models import ProcrastinateJob
from psycopg.errors import DiskFull
from pytest_django import Settings

from catalog import bulk_changes, tasks
from catalog.bulk import chunks, maintenance, runner
from catalog.bulk_changes import BulkChangeNotFound, BulkChangeNotUndoable, SelectionChanged, SelectionEmpty
from catalog.models import Action, BulkChange, BulkChangeTakenOver, BulkChunk, Product, ProductCount
from hooks.models import Event
from tests.catalog_hash import catalog_hash
from tests.factories import make_bulk_change, make_bulk_request, make_product, make_webhook

pytestmark = pytest.mark.django_db(transaction=True)

ACTIONS = list(Action)


def make_catalog() -> None:
    make_product(sku="MUG", name="Mug", description="Blue", price=Decimal("7.50"))
    make_product(sku="cup", name="Cup", is_active=False)
    make_product(sku="Pen", name="Pen", price=Decimal(1))


def undo(change: BulkChange) -> BulkChange:
    bulk_changes.undo(change.pk, ACTIONS)
    runner.run(change.pk)
    return bulk_changes.get(change.pk)


def queued() -> list[str]:
    entries = ProcrastinateJob.objects.filter(task_name=tasks.run_bulk_change.name, status="todo")
    return [entry.args["change_id"] for entry in entries]


def counts(change: BulkChange) -> tuple[str, int, int]:
    return change.status, change.changed_count, change.skipped_count


def undo_counts(change: BulkChange) -> tuple[str, int, int]:
    return change.status, change.reverted_count, change.kept_count


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit for each product."""
    monkeypatch.setattr(chunks, "CHUNK_PRODUCTS", 1)


# --- Requests ---


@pytest.mark.parametrize("action", ACTIONS)
def test_request_selects_and_queues_and_changes_nothing(action: Action) -> None:
    make_catalog()
    before = catalog_hash()
    change = make_bulk_request(action)
    assert (change.status, queued(), catalog_hash()) == ("queued", [str(change.pk)], before)


def test_products_that_are_so_already_are_not_selected() -> None:
    make_catalog()
    change = make_bulk_request("deactivate")
    assert change.confirmed_count == 2
    ids = Product.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True)
    assert sorted(BulkChunk.objects.get().product_ids) == list(ids)


@pytest.mark.usefixtures("small_chunks")
def test_chunks_are_in_the_order_of_ids() -> None:
    make_catalog()
    make_bulk_request("delete")
    ids = [product_id for chunk in BulkChunk.objects.order_by("number") for product_id in chunk.product_ids]
    assert ids == list(Product.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("confirmed", [0, 5])
def test_another_number_than_confirmed_is_refused(action: Action, confirmed: int) -> None:
    make_catalog()
    with pytest.raises(SelectionChanged, match=f"not the {confirmed} you confirmed. Nothing was changed."):
        bulk_changes.request(action, Product.objects.all(), confirmed=confirmed)
    assert (BulkChange.objects.count(), BulkChunk.objects.count(), queued()) == (0, 0, [])


def test_selection_of_nothing_is_refused() -> None:
    make_product()
    with pytest.raises(SelectionEmpty):
        bulk_changes.request(Action.DELETE, Product.objects.filter(pk__in=[]), confirmed=0)
    with pytest.raises(SelectionEmpty):
        bulk_changes.request(Action.ACTIVATE, Product.objects.all(), confirmed=0)
    assert not BulkChange.objects.exists()


def test_product_that_matches_after_the_request_is_not_changed() -> None:
    make_catalog()
    change = make_bulk_request("delete")
    late = make_product()
    runner.run(change.pk)
    assert list(Product.objects.all()) == [late]


# --- Running ---


def test_products_are_deactivated() -> None:
    make_catalog()
    change = make_bulk_change("deactivate")
    assert counts(change) == ("completed", 2, 0)
    assert not Product.objects.filter(is_active=True).exists()
    assert ProductCount.objects.totals() == (3, 0)


def test_selected_products_are_activated() -> None:
    make_catalog()
    make_product(sku="BAG", is_active=False)
    change = make_bulk_change("activate", Product.objects.matching(q="cup"))
    assert counts(change) == ("completed", 1, 0)
    assert Product.objects.get(is_active=False).sku == "BAG"


@pytest.mark.usefixtures("small_chunks")
def test_products_are_deleted() -> None:
    make_catalog()
    change = make_bulk_change("delete", Product.objects.filter(sku__in=["MUG", "cup"]))
    assert counts(change) == ("completed", 2, 0)
    assert Product.objects.get().sku == "Pen"
    assert ProductCount.objects.totals() == (1, 1)


@pytest.mark.parametrize("action", ["deactivate", "delete"])
def test_products_that_were_deleted_or_changed_meanwhile_are_skipped(action: str) -> None:
    make_catalog()
    change = make_bulk_request(action)
    Product.objects.get(sku="MUG").delete()
    Product.objects.get(sku="Pen").change({"is_active": False})
    runner.run(change.pk)
    expected = {"deactivate": ("completed", 0, 2), "delete": ("completed", 2, 1)}
    assert counts(bulk_changes.get(change.pk)) == expected[action]


@pytest.mark.parametrize(
    ("action", "event_type"),
    [("activate", "product.updated"), ("deactivate", "product.updated"), ("delete", "product.deleted")],
)
def test_webhooks_are_notified_of_each_product(action: str, event_type: str) -> None:
    make_product(is_active=action == "deactivate"), make_product(is_active=action == "deactivate")
    make_webhook()
    make_bulk_change(action)
    assert list(Event.objects.values_list("event_type", flat=True)) == [event_type] * 2


def test_change_that_has_ended_does_not_run_again() -> None:
    make_catalog()
    change = make_bulk_change("delete")
    make_catalog()
    runner.run(change.pk)
    assert Product.objects.count() == 3
    assert bulk_changes.get(change.pk).attempt == 1


def test_imports_and_bulk_changes_take_their_locks_in_one_order() -> None:
    """While MUG is locked, Pen, which comes after it, is not locked yet."""
    make_catalog()
    change = make_bulk_request("deactivate")
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            Product.objects.select_for_update().get(sku="MUG")
            running = pool.submit(run_in_thread, change)
            with pytest.raises(TimeoutError):
                running.result(0.3)
            free = Product.objects.select_for_update(skip_locked=True).order_by("pk")
            assert [product.sku for product in free] == ["MUG", "cup", "Pen"]
        running.result(10)
    assert counts(bulk_changes.get(change.pk)) == ("completed", 2, 0)


def run_in_thread(change: BulkChange) -> None:
    try:
        runner.run(change.pk)
    finally:
        connection.close()


# --- Interruptions ---


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("action", ["deactivate", "delete"])
def test_worker_that_shuts_down_hands_the_rest_to_the_next(action: str) -> None:
    make_catalog()
    change = make_bulk_request(action)
    with pytest.raises(runner.Requeued):
        runner.run(change.pk, should_stop=lambda: BulkChunk.objects.filter(written_at__isnull=False).exists())
    handed_back = bulk_changes.get(change.pk)
    assert (handed_back.status, handed_back.applied_chunks, handed_back.attempts_without_progress) == (
        "running",
        1,
        0,
    )
    runner.run(change.pk)
    assert counts(bulk_changes.get(change.pk)) == ("completed", change.confirmed_count, 0)


@pytest.mark.usefixtures("small_chunks")
def test_undo_continues_after_its_last_commit() -> None:
    make_catalog()
    before = catalog_hash()
    change = make_bulk_change("delete")
    bulk_changes.undo(change.pk, ACTIONS)
    with pytest.raises(runner.Requeued):
        runner.run(change.pk, should_stop=Product.objects.exists)
    assert Product.objects.get().sku == "MUG"
    runner.run(change.pk)
    assert undo_counts(bulk_changes.get(change.pk)) == ("undone", 3, 0)
    assert catalog_hash() == before


@pytest.mark.usefixtures("small_chunks")
def test_attempt_that_another_has_taken_over_commits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make_catalog()
    make_webhook()
    change = make_bulk_request("delete")
    stale = runner.claim(change.pk)
    assert stale and runner.claim(change.pk)
    with pytest.raises(BulkChangeTakenOver):
        runner.run_chunks(stale, lambda: False)
    with pytest.raises(BulkChangeTakenOver):
        runner.finish(stale)
    found = bulk_changes.get(change.pk)
    assert (found.status, found.attempt, found.applied_chunks) == ("running", 2, 0)
    assert (Product.objects.count(), Event.objects.count()) == (3, 0)


def test_change_that_fails_again_and_again_ends_with_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(change: BulkChange) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    make_catalog()
    change = make_bulk_request("delete")
    monkeypatch.setattr(chunks, "apply_next", crash)
    for _ in range(5):
        with pytest.raises(OperationalError):
            runner.run(change.pk)
    runner.run(change.pk)
    failed = bulk_changes.get(change.pk)
    assert (failed.status, failed.failure_code) == ("failed", "bulk_change.crash_loop")
    assert failed.failure_message == "It failed 5 times at the same point, so it was stopped."
    assert Product.objects.count() == 3


@pytest.mark.usefixtures("small_chunks")
def test_full_disk_ends_it_and_what_was_done_can_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    make_catalog()
    before = catalog_hash()
    apply = chunks.apply_next

    def find_no_room(change: BulkChange) -> tuple[int, int]:
        if change.applied_chunks:
            raise OperationalError from DiskFull("could not extend file")
        return apply(change)

    monkeypatch.setattr(chunks, "apply_next", find_no_room)
    failed = make_bulk_change("delete")
    assert (counts(failed), failed.failure_code) == (("failed", 1, 0), "bulk_change.storage_full")
    assert undo_counts(undo(failed)) == ("undone", 1, 0)
    assert catalog_hash() == before


@pytest.mark.usefixtures("small_chunks")
def test_undo_that_failed_can_be_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    make_catalog()
    before = catalog_hash()
    change = make_bulk_change("delete")
    with monkeypatch.context() as broken:
        broken.setattr(runner, "MAX_ATTEMPTS_WITHOUT_PROGRESS", 0)
        failed = undo(change)
    assert (failed.status, failed.failure_code) == ("undo_failed", "bulk_change.crash_loop")
    assert undo_counts(undo(failed)) == ("undone", 3, 0)
    assert catalog_hash() == before


def test_change_without_an_entry_in_the_queue_is_queued_again() -> None:
    make_catalog()
    lost, ended = make_bulk_request("delete"), make_bulk_change("activate")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert maintenance.orphaned_changes() == [lost.pk]
    tasks.recover_bulk_changes(0)
    assert (queued(), maintenance.orphaned_changes()) == ([str(lost.pk)], [])
    assert ended.is_final


# --- Undo ---


@pytest.mark.parametrize("action", ACTIONS)
def test_undo_makes_the_catalog_what_it_was(action: Action) -> None:
    make_catalog()
    before = catalog_hash()
    change = make_bulk_change(action)
    assert catalog_hash() != before
    assert undo_counts(undo(change)) == ("undone", change.changed_count, 0)
    assert catalog_hash() == before
    assert ProductCount.objects.totals() == (3, 2)


def test_product_changed_since_is_kept() -> None:
    make_catalog()
    change = make_bulk_change("deactivate")
    Product.objects.get(sku="MUG").change({"price": Decimal(9)})
    Product.objects.get(sku="Pen").delete()
    assert undo_counts(undo(change)) == ("undone", 0, 2)
    mug = Product.objects.get(sku="MUG")
    assert (mug.is_active, mug.price) == (False, Decimal(9))


def test_deleted_product_whose_sku_or_id_is_in_use_again_is_kept() -> None:
    make_catalog()
    pen = Product.objects.get(sku="Pen")
    change = make_bulk_change("delete")
    make_product(sku="mug", name="Another mug")
    Product.objects.create(id=pen.pk, sku="BAG", name="Bag")
    assert undo_counts(undo(change)) == ("undone", 1, 2)
    assert sorted(Product.objects.values_list("sku", flat=True)) == ["BAG", "cup", "mug"]
    assert ProductCount.objects.totals() == (3, 2)


@pytest.mark.parametrize(
    ("action", "event_type"), [("deactivate", "product.updated"), ("delete", "product.created")]
)
def test_webhooks_are_notified_of_an_undo(action: str, event_type: str) -> None:
    mug = make_product(sku="MUG")
    change = make_bulk_change(action)
    make_webhook()
    undo(change)
    assert list(Event.objects.values_list("event_type", "object_id")) == [(event_type, mug.pk)]


def test_of_two_requests_to_undo_at_once_one_is_refused() -> None:
    make_catalog()
    change = make_bulk_change("delete")
    together = Barrier(2)

    def request() -> str:
        together.wait()
        try:
            return bulk_changes.undo(change.pk, ACTIONS).status
        except BulkChangeNotUndoable as error:
            return error.detail
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        outcomes = [request.result() for request in [pool.submit(request) for _ in range(2)]]
    assert sorted(outcomes) == ["This bulk change is already being undone.", "undo_queued"]
    assert queued().count(str(change.pk)) == 2


def refusal(change: BulkChange) -> str:
    before = catalog_hash()
    with pytest.raises(BulkChangeNotUndoable) as refused:
        bulk_changes.undo(change.pk, ACTIONS)
    assert catalog_hash() == before
    return refused.value.detail


def test_change_that_runs_cannot_be_undone() -> None:
    make_catalog()
    detail = "This bulk change has not ended. It can be undone once it has."
    assert refusal(make_bulk_request("delete")) == detail


def test_change_cannot_be_undone_twice() -> None:
    make_catalog()
    undone = undo(make_bulk_change("delete"))
    assert refusal(undone) == "This bulk change has already been undone."


def test_change_of_nothing_cannot_be_undone() -> None:
    make_product()
    change = make_bulk_request("delete")
    Product.objects.all().delete()
    runner.run(change.pk)
    assert refusal(change) == "This bulk change changed no product, so there is nothing to undo."


def test_undo_of_another_action_finds_nothing() -> None:
    make_catalog()
    change = make_bulk_change("delete")
    with pytest.raises(BulkChangeNotFound):
        bulk_changes.undo(change.pk, [Action.ACTIVATE, Action.DEACTIVATE])
    assert bulk_changes.get(change.pk).status == "completed"


# --- Maintenance ---


def end_days_ago(change: BulkChange, days: int) -> None:
    BulkChange.objects.filter(pk=change.pk).update(ended_at=now() - timedelta(days=days))


def test_journal_is_deleted_like_those_of_imports(settings: Settings) -> None:
    make_catalog()
    old = make_bulk_change("deactivate")
    young = make_bulk_change("activate")
    end_days_ago(old, settings.IMPORT_KEEP_FILES_DAYS + 1)
    end_days_ago(young, settings.IMPORT_KEEP_FILES_DAYS - 1)
    tasks.prune_bulk_changes(0)
    assert refusal(old) == "This bulk change is too old to undo: its journal was deleted."
    assert [chunk.change_id for chunk in BulkChunk.objects.all()] == [young.pk]


def test_journal_of_an_undo_that_waits_stays(settings: Settings) -> None:
    make_catalog()
    change = make_bulk_change("delete")
    bulk_changes.undo(change.pk, ACTIONS)
    end_days_ago(change, settings.IMPORT_KEEP_JOBS_DAYS + 1)
    tasks.prune_bulk_changes(0)
    runner.run(change.pk)
    assert Product.objects.count() == 3


def test_change_is_deleted_like_imports(settings: Settings) -> None:
    make_catalog()
    end_days_ago(make_bulk_change("delete"), settings.IMPORT_KEEP_JOBS_DAYS + 1)
    tasks.prune_bulk_changes(0)
    assert (BulkChange.objects.count(), BulkChunk.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "completed", "ended_at": None},
        {"status": "completed", "changed_count": 1},
        {"status": "undone", "undo_ended_at": now()},
        {"status": "failed"},
        {"confirmed_count": 0},
    ],
)
def test_counts_and_states_that_contradict_are_refused(values: dict[str, object]) -> None:
    make_catalog()
    change = make_bulk_change("delete")
    with pytest.raises(IntegrityError, match="bulkchange_"):
        BulkChange.objects.filter(pk=change.pk).update(**values)
