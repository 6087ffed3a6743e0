"""The pages of bulk changes: the list, and one with its progress, its outcome and its undo."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils.timezone import now

from catalog import bulk_changes
from catalog.bulk import chunks, runner
from catalog.models import Action, BulkChange, Product
from dashboard.views import bulk_changes as pages
from tests.factories import make_bulk_change, make_bulk_request, make_product, make_staff

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = {"Accept": "text/html"}


def page(client: Client, address: str = "/products/changes/", status: int = 200) -> str:
    response = client.get(address, headers=BROWSER)
    assert response.status_code == status, response.content
    return " ".join(response.content.decode().split())


def page_of(client: Client, change: BulkChange) -> str:
    return page(client, f"/products/changes/{change.pk}/")


def undo(client: Client, change: BulkChange, word: str = "undo") -> str:
    """The page that the button leads to, once a worker has done it."""
    response = client.post(f"/products/changes/{change.pk}/{word}/", headers=BROWSER)
    assert response.headers["Location"] == f"/products/changes/{change.pk}/"
    runner.run(change.pk)
    return page_of(client, change)


# --- One ---


def test_queued_change_shows_that_and_asks_again(client: Client) -> None:
    make_product(), make_product()
    shown = page_of(client, make_bulk_request("deactivate"))
    assert "Deactivate 2 products" in shown
    assert '<span class="badge is-wait">Queued</span>' in shown
    assert "0 of 2 products." in shown
    assert 'hx-trigger="load delay:250ms, every 3s"' in shown
    assert "Undo" not in shown


def test_change_without_a_worker_says_so(client: Client) -> None:
    make_product()
    assert "No workers are running, so this has to wait." in page_of(client, make_bulk_request("delete"))


def test_running_change_shows_how_far_it_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_PRODUCTS", 1)
    make_product(), make_product(), make_product()
    change = make_bulk_request("delete")
    with pytest.raises(runner.Requeued):
        runner.run(change.pk, should_stop=lambda: Product.objects.count() == 2)
    shown = page_of(client, change)
    assert "Deleting products" in shown
    assert 'value="33"' in shown
    assert "1 of 3 products" in shown


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("activate", "1 product activated."),
        ("deactivate", "2 products deactivated."),
        ("delete", "3 products deleted."),
    ],
)
def test_outcome_is_a_sentence(client: Client, action: str, outcome: str) -> None:
    make_product(), make_product(), make_product(is_active=False)
    shown = page_of(client, make_bulk_change(action))
    assert f'<p class="notice is-ok">{outcome}</p>' in shown
    assert f'data-message="{outcome}"' in shown
    assert "hx-trigger" not in shown


def test_skipped_products_are_counted_with_the_reason(client: Client) -> None:
    product = make_product()
    make_product()
    change = make_bulk_request("deactivate")
    product.delete()
    runner.run(change.pk)
    outcome = "1 product deactivated. 1 product skipped: it was already inactive or deleted."
    assert outcome in page_of(client, change)


def test_failed_change_shows_why_and_what_to_do(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_product()
    monkeypatch.setattr(runner, "MAX_ATTEMPTS_WITHOUT_PROGRESS", 0)
    shown = page_of(client, make_bulk_change("delete"))
    assert '<span class="badge is-bad">Failed</span>' in shown
    assert "Read the worker&#x27;s log." in shown
    assert "<code>bulk_change.crash_loop</code>" in shown
    assert "Nothing was changed." in shown


def test_change_names_who_requested_it_and_its_undo(client: Client) -> None:
    make_product()
    change = bulk_changes.request(Action.DELETE, Product.objects.all(), confirmed=1, requested_by="anna")
    runner.run(change.pk)
    bulk_changes.undo(change.pk, [Action.DELETE], requested_by="ben")
    shown = page_of(client, change)
    assert "by anna" in shown
    assert "by ben" in shown


def test_requested_change_has_the_account_of_the_person(settings: object) -> None:
    product, staff = make_product(), make_staff("catalog.delete_product")
    form = {"action": "delete", "scope": "selection", "id": product.pk, "confirmed": 1}
    staff.post("/products/apply/", form)
    assert BulkChange.objects.get().requested_by.startswith("staff-")


def test_unknown_change_is_not_found(client: Client) -> None:
    shown = page(client, f"/products/changes/{UUID(int=1)}/", status=404)
    assert "No bulk change has the ID 00000000-0000-0000-0000-000000000001." in shown


# --- Undo ---


@pytest.mark.parametrize(
    ("action", "word", "promise", "outcome"),
    [
        ("activate", "undo", "1 product will be inactive again.", "1 product deactivated again."),
        ("deactivate", "undo", "1 product will be active again.", "1 product activated again."),
        ("delete", "restore", "2 products will be restored with their ID and values", "2 products restored."),
    ],
)
def test_undo_is_explained_and_done(
    client: Client, action: str, word: str, promise: str, outcome: str
) -> None:
    make_product(), make_product(is_active=False)
    change = make_bulk_change(action)
    assert promise in page_of(client, change)
    shown = undo(client, change, word)
    assert f'<p class="notice is-ok">{outcome}</p>' in shown
    assert '<span class="badge is-off">Undone</span>' in shown
    assert "Undo …" not in shown


def test_undo_shows_its_progress(client: Client) -> None:
    make_product()
    change = make_bulk_change("delete")
    client.post(f"/products/changes/{change.pk}/restore/")
    shown = page_of(client, change)
    assert "Undo queued" in shown
    assert "0 of 1 product." in shown
    assert "1 product deleted." in shown


def test_kept_products_are_counted_with_the_reason(client: Client) -> None:
    make_product(sku="MUG"), make_product(sku="CUP")
    change = make_bulk_change("delete")
    make_product(sku="mug")
    outcome = "1 product restored. 1 product not restored: its SKU or ID is in use again."
    assert outcome in undo(client, change, "restore")


def test_products_changed_since_are_counted(client: Client) -> None:
    make_product().pk, make_product()
    change = make_bulk_change("deactivate")
    first = Product.objects.earliest("pk")
    first.change({"name": "Another"})
    outcome = "1 product activated again. 1 product changed since then and left alone."
    assert outcome in undo(client, change)


def test_second_undo_is_refused_with_a_sentence(client: Client) -> None:
    make_product()
    change = make_bulk_change("deactivate")
    undo(client, change)
    response = client.post(f"/products/changes/{change.pk}/undo/", headers=BROWSER, follow=True)
    assert "This bulk change has already been undone." in response.content.decode()


def test_old_change_says_that_it_is_too_old(client: Client) -> None:
    make_product()
    change = make_bulk_change("delete")
    assert "It can be undone for 30 days after it finished." in page_of(client, change)
    BulkChange.objects.update(has_journal=False)
    shown = page_of(client, change)
    assert "Too old to undo: its journal was deleted after 30 days." in shown
    assert "Undo …" not in shown


@pytest.mark.parametrize(("action", "word"), [("delete", "undo"), ("deactivate", "restore")])
def test_undo_at_the_address_of_another_action_is_not_found(client: Client, action: str, word: str) -> None:
    make_product()
    change = make_bulk_change(action)
    assert client.post(f"/products/changes/{change.pk}/{word}/", headers=BROWSER).status_code == 404
    assert bulk_changes.get(change.pk).status == "completed"


# --- The list ---


def test_products_lead_to_the_list(client: Client) -> None:
    assert 'href="/products/changes/">Bulk changes</a>' in page(client, "/products/")


def test_list_without_changes_says_what_to_do(client: Client) -> None:
    assert "No bulk changes yet" in page(client)


def test_list_shows_changes_newest_first(client: Client) -> None:
    make_product(), make_product()
    make_bulk_change("deactivate"), make_bulk_request("delete")
    shown = page(client)
    assert shown.index("Delete 2 products") < shown.index("Deactivate 2 products")
    assert '<td data-label="Changed" class="num">2</td>' in shown


def test_list_has_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_SIZE", 1)
    make_product()
    make_bulk_change("deactivate"), make_bulk_change("activate")
    assert "2 of 2 bulk changes" in page(client, "/products/changes/?page=2")
    assert "Page 3 doesn't exist" in page(client, "/products/changes/?page=3")


def test_old_page_asks_less_often(client: Client) -> None:
    make_product()
    change = make_bulk_request("delete")
    BulkChange.objects.update(created_at=now() - timedelta(minutes=1))
    assert 'hx-trigger="load delay:1s, every 3s"' in page_of(client, change)


def test_failed_change_needs_attention(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_product()
    monkeypatch.setattr(runner, "MAX_ATTEMPTS_WITHOUT_PROGRESS", 0)
    change = make_bulk_change("delete")
    shown = page(client, "/")
    assert f'href="/products/changes/{change.pk}/">Delete 1 product failed</a>' in shown
    assert "Then undo it, or request it again for the rest." in shown
