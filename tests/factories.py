"""Makes what tests start from. Each function says by its arguments what matters, and picks the rest."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Unpack

from django.contrib.auth.models import Permission, User
from django.test import Client

from catalog import bulk_changes
from catalog.bulk import runner as bulk_runner
from catalog.models import Action, BulkChange, Product, ProductQuerySet
from catalog.products import Values
from hooks import outbox
from hooks.http import signing
from hooks.models import Delivery, Event, Webhook
from hooks.secrets import encryption
from imports import profiles
from imports.journal import undo
from imports.models import ImportJob, ProfileVersion
from imports.options import Options
from imports.pipeline import runner, undo_runner
from imports.upload import handler
from project.auth import api_keys
from project.models import Scope


def make_key(scope: str = "write", name: str = "a shop") -> str:
    """The API key itself, as a client sends it."""
    return api_keys.issue(name, Scope(scope))[1]


product_numbers = count(1)
staff_numbers = count(1)


def make_product(**fields: Unpack[Values]) -> Product:
    number = next(product_numbers)
    made_up = Values(sku=f"SKU-{number}", name=f"Product {number}")
    product = Product.objects.create(**{**made_up, **fields})
    # With the price as it is stored.
    product.refresh_from_db()
    return product


def make_bulk_request(action: str, selection: ProductQuerySet | None = None) -> BulkChange:
    """A bulk change that waits for its worker, of all products or of these."""
    products = Product.objects.all() if selection is None else selection
    confirmed = bulk_changes.affected(Action(action), products).count()
    return bulk_changes.request(Action(action), products, confirmed=confirmed)


def make_bulk_change(action: str, selection: ProductQuerySet | None = None) -> BulkChange:
    """A bulk change that has ended."""
    change = make_bulk_request(action, selection)
    bulk_runner.run(change.pk)
    return bulk_changes.get(change.pk)


def make_client(scope: str = "write") -> Client:
    """A program with a key of its own."""
    return Client(headers={"Authorization": f"Bearer {make_key(scope)}"})


def make_staff(*permissions: str, **headers: str) -> Client:
    """A person who has signed in as staff and has these permissions, as in catalog.view_product, and no others."""
    user = User.objects.create_user(f"staff-{next(staff_numbers)}", is_staff=True)
    for permission in permissions:
        app, _, codename = permission.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client(headers=headers)
    client.force_login(user)
    return client


def make_csv(*lines: str, header: str = "sku,name,description,price,is_active") -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def make_job(content: bytes, filename: str = "products.csv", **options: object) -> ImportJob:
    """An upload that was accepted and waits for its worker."""
    return handler.accept_body(filename, [content], Options.model_validate(options))


def make_import(content: bytes, **options: object) -> ImportJob:
    """An upload whose import has ended."""
    job = make_job(content, "products.csv", **options)
    runner.run(job.pk)
    job.refresh_from_db()
    return job


def make_undone(job: ImportJob) -> ImportJob:
    """The import, whose undo has ended."""
    undo.request(job.pk)
    undo_runner.run(job.pk)
    job.refresh_from_db()
    return job


def make_profile(name: str = "Nordwind", header: Sequence[str] = (), **options: object) -> ProfileVersion:
    return profiles.create(name, profiles.Content(Options.model_validate(options), header))


def make_webhook(
    url: str = "http://127.0.0.1:9/", event_types: Sequence[str] = ("product.*",), **fields: object
) -> Webhook:
    encrypted = {"secret": encryption.default_encryptor().encrypt(signing.new_secret()), **fields}
    return Webhook.objects.create(url=url, event_types=list(event_types), **encrypted)


def make_event(**fields: object) -> Event:
    made_up = {
        "batch_id": 0,
        "event_type": "product.created",
        "object_id": 1,
        "body": outbox.body("product.created", {}),
    }
    return Event.objects.create(**{**made_up, **fields})


def make_delivery(
    webhook: Webhook | None = None, occurred_at: datetime | None = None, **fields: object
) -> Delivery:
    moment = {} if occurred_at is None else {"occurred_at": occurred_at}
    return Delivery.objects.create(webhook=webhook or make_webhook(), event=make_event(**moment), **fields)
