"""What a staff account may do on the API and in the console: what its permissions say, and no more."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import resolve

from catalog.models import BulkChange, Product
from dashboard.urls import urlpatterns
from hooks.models import Webhook
from imports.models import ImportJob
from project.api.api import api
from project.auth import permissions
from tests.factories import make_bulk_change, make_csv, make_job, make_product, make_staff, make_webhook

pytestmark = pytest.mark.django_db

BROWSER = {"Accept": "text/html"}
PRODUCT = json.dumps({"sku": "A-1", "name": "Anvil"})
JOB = "0b0f6c0e-5c55-4b0a-9d0e-0a3f1f3f7c11"
OPEN_PAGES = {"overview", "running", "sign-in", "sign-out"}


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    settings.DEBUG = False


def permission_of(method: str, path: str, **form: str) -> str | None:
    request = RequestFactory().generic(method, path)
    request.resolver_match = resolve(path)
    if form:
        request.POST = form  # type: ignore[assignment] # as good as a QueryDict here
    return permissions.permission_for(request)


# --- The API ---


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", "/api/products/", "catalog.view_product"),
        ("POST", "/api/products/", "catalog.add_product"),
        ("PATCH", "/api/products/1/", "catalog.change_product"),
        ("DELETE", "/api/products/bulk-delete/", "catalog.delete_product"),
        ("GET", "/api/products/export", "catalog.view_product"),
        ("POST", "/api/upload", "imports.add_importjob"),
        ("POST", "/api/imports/inspect", "imports.add_importjob"),
        ("POST", "/api/imports/profiles/", "imports.add_profile"),
        ("GET", "/api/imports/profiles/1/versions/", "imports.view_profile"),
        ("PATCH", "/api/imports/profiles/1/", "imports.change_profile"),
        ("DELETE", "/api/imports/profiles/1/", "imports.delete_profile"),
        ("POST", f"/api/jobs/{JOB}/undo", "imports.change_importjob"),
        ("GET", f"/api/jobs/{JOB}/events", "imports.view_importjob"),
        ("POST", "/api/webhooks/", "hooks.add_webhook"),
        ("POST", "/api/webhooks/1/rotate-secret/", "hooks.change_webhook"),
        ("POST", "/api/webhooks/deliveries/1/redeliver/", "hooks.change_webhook"),
        ("DELETE", "/api/webhooks/1/", "hooks.delete_webhook"),
        ("GET", "/api/dashboard/stats", None),
        ("POST", "/products/1/row/", "catalog.change_product"),
        ("POST", "/products/1/delete/", "catalog.delete_product"),
        ("GET", "/products/new/", "catalog.add_product"),
        ("GET", "/webhooks/1/edit/", "hooks.change_webhook"),
        ("GET", f"/products/changes/{JOB}/", "catalog.view_product"),
        ("POST", f"/products/changes/{JOB}/undo/", "catalog.change_product"),
        ("POST", f"/products/changes/{JOB}/restore/", "catalog.delete_product"),
        ("POST", f"/imports/{JOB}/cancel/", "imports.change_importjob"),
        ("GET", "/imports/profiles/1/", "imports.view_profile"),
        ("POST", "/imports/profiles/new/", "imports.add_profile"),
        ("POST", "/imports/profiles/1/update/", "imports.change_profile"),
        ("POST", "/imports/profiles/1/revert/", "imports.change_profile"),
        ("POST", "/imports/profiles/1/delete/", "imports.delete_profile"),
        ("POST", "/webhooks/1/deliveries/1/redeliver/", "hooks.change_webhook"),
        ("GET", "/", None),
    ],
)
def test_request_needs_the_permission_of_what_it_does(method: str, path: str, permission: str | None) -> None:
    assert permission_of(method, path) == permission


@pytest.mark.parametrize(
    ("action", "permission"), [("delete", "delete"), ("activate", "change"), ("", "change")]
)
def test_what_is_done_to_many_products_needs_the_permission_of_its_action(
    action: str, permission: str
) -> None:
    assert permission_of("POST", "/products/apply/", action=action) == f"catalog.{permission}_product"


def test_every_operation_of_the_api_needs_a_permission_that_exists() -> None:
    existing = set(permissions.allowed(AnonymousUser(), everything=True))
    for path, operations in api.get_openapi_schema()["paths"].items():
        for method in operations:
            address = re.sub(
                r"{\w*job_id}", JOB, re.sub(r"{(product|webhook|delivery|profile)_id}", "1", path)
            )
            needed = permission_of(method.upper(), address)
            assert needed is None or needed.split(".")[1] in existing, (method, path)


def test_account_without_permissions_may_not_delete_anything() -> None:
    make_product()
    response = make_staff().delete("/api/products/bulk-delete/")
    assert (response.status_code, response.json()["type"]) == (403, "urn:problem:permission.missing")
    assert response.json()["detail"] == (
        "This account lacks the permission catalog.delete_product. An administrator can grant it in the admin "
        "under Users."
    )
    assert Product.objects.count() == 1


def test_account_without_permissions_may_not_make_or_change_a_webhook() -> None:
    webhook, staff = make_webhook(), make_staff()
    form = json.dumps({"url": "https://example.com/", "event_types": ["*"]})
    assert staff.post("/api/webhooks/", form, content_type="application/json").status_code == 403
    assert staff.post(f"/api/webhooks/{webhook.pk}/rotate-secret/").status_code == 403
    assert Webhook.objects.get().secret == webhook.secret


def test_account_without_permissions_may_not_upload() -> None:
    file = {"file": make_csv("A-1,Anvil,,1,true").decode()}
    assert make_staff("imports.view_importjob").post("/api/upload", file).status_code == 403
    assert not ImportJob.objects.exists()


def test_account_with_the_permission_may_do_what_it_says_alone() -> None:
    staff = make_staff("catalog.add_product")
    assert staff.post("/api/products/", PRODUCT, content_type="application/json").status_code == 201
    assert staff.get("/api/products/").status_code == 403
    assert staff.delete(f"/api/products/{Product.objects.get().pk}/").status_code == 403


def test_account_without_permissions_may_read_figures_and_documentation() -> None:
    staff = make_staff()
    assert [
        staff.get(path).status_code for path in ("/api/dashboard/stats", "/api/docs/", "/api/schema/")
    ] == [
        200,
        200,
        200,
    ]


def test_path_that_no_table_has_is_a_superusers() -> None:
    request = RequestFactory().get("/api/secrets/")
    assert permissions.permission_for(request) == permissions.SUPERUSER


# --- The console ---


def addresses() -> list[str]:
    routes = [str(page.pattern) for page in urlpatterns if page.name not in OPEN_PAGES]
    return ["/" + re.sub(r"<uuid:\w+>", JOB, re.sub(r"<int:\w+>", "1", route)) for route in routes]


@pytest.mark.parametrize("address", addresses())
@pytest.mark.parametrize("method", ["get", "post"])
def test_page_is_refused_to_an_account_without_permissions(method: str, address: str) -> None:
    response = getattr(make_staff(**BROWSER), method)(address)
    assert response.status_code == 403
    assert "This account lacks the permission" in response.content.decode()


def test_form_of_an_account_that_may_only_look_does_nothing() -> None:
    job = make_job(make_csv("A-1,Anvil,,1,true"))
    assert make_staff("imports.view_importjob").post(f"/imports/{job.pk}/cancel/").status_code == 403
    assert ImportJob.objects.get().status == "pending"


def test_many_products_are_not_deleted_by_who_may_only_change_them() -> None:
    product = make_product()
    form = {"action": "delete", "scope": "selection", "id": product.pk, "confirmed": 1}
    assert make_staff("catalog.change_product").post("/products/apply/", form).status_code == 403
    assert Product.objects.exists()


def test_deletion_is_not_undone_by_who_may_only_change_products() -> None:
    make_product()
    change = make_bulk_change("delete")
    staff = make_staff("catalog.view_product", "catalog.change_product", **BROWSER)
    assert "Undo …" not in staff.get(f"/products/changes/{change.pk}/").content.decode()
    assert staff.post(f"/products/changes/{change.pk}/restore/").status_code == 403
    assert staff.post(f"/products/changes/{change.pk}/undo/").status_code == 404
    assert BulkChange.objects.get().status == "completed"


def test_console_shows_no_button_that_would_be_refused() -> None:
    product, webhook = make_product(), make_webhook()
    views = ["catalog.view_product", "imports.view_importjob", "hooks.view_webhook"]
    staff = make_staff(*views, **BROWSER)
    paths = [
        "/",
        "/products/",
        f"/products/{product.pk}/",
        "/imports/",
        "/webhooks/",
        f"/webhooks/{webhook.pk}/",
    ]
    pages = "".join(staff.get(path).content.decode() for path in paths)
    for word in (
        "New product",
        "Edit",
        "Save",
        "Delete",
        "Activate",
        "Import a file",
        "Rotate",
        "Disable",
        "Send a",
    ):
        assert word not in pages.replace("Edit product", ""), word


def test_console_shows_the_sections_that_the_account_may_see() -> None:
    page = make_staff("catalog.view_product", **BROWSER).get("/").content.decode()
    navigation = page[page.index('<nav class="main-nav"') :].partition("</nav>")[0]
    assert re.findall(r">(\w+)</a>", navigation) == ["Overview", "Products"]


def test_open_console_of_a_developer_shows_everything(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    make_product()
    page = client.get("/products/").content.decode()
    assert "New product" in page
    assert "Delete …" in page
