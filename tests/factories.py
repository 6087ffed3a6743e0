"""Makes what tests start from. Each function says by its arguments what matters, and picks the rest."""

from itertools import count
from typing import Unpack

from django.test import Client

from catalog.models import Product
from catalog.products import Values
from imports import engine, uploads
from imports.models import ImportJob
from project import keys
from project.models import Scope


def make_key(scope: str = "write", name: str = "a shop") -> str:
    """The API key itself, as a client sends it."""
    return keys.issue(name, Scope(scope))[1]


product_numbers = count(1)


def make_product(**fields: Unpack[Values]) -> Product:
    number = next(product_numbers)
    made_up = Values(sku=f"SKU-{number}", name=f"Product {number}")
    product = Product.objects.create(**{**made_up, **fields})
    # With the price as it is stored.
    product.refresh_from_db()
    return product


def make_client(scope: str = "write") -> Client:
    """A program with a key of its own."""
    return Client(headers={"Authorization": f"Bearer {make_key(scope)}"})


def make_csv(*lines: str, header: str = "sku,name,description,price,is_active") -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def make_job(content: bytes, filename: str = "products.csv") -> ImportJob:
    """An upload that was accepted and waits for its worker."""
    return uploads.accept_body(filename, [content])


def make_import(content: bytes) -> ImportJob:
    """An upload whose import has ended."""
    job = make_job(content)
    engine.run(job.pk)
    job.refresh_from_db()
    return job
