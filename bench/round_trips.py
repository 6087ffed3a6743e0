"""A catalog of awkward texts in every format: how long its export takes, how large it is, and whether it goes in again
without a change.

JSON Lines cannot be uploaded, so its products are compared with the catalog instead."""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from bench import stack

FIELDS = ("sku", "name", "description", "price", "is_active")


def main() -> None:
    parser = argparse.ArgumentParser(description="Export awkward products and import them again.")
    parser.add_argument("--products", type=int, default=100_000)
    count = parser.parse_args().products
    with stack.environment(), stack.running() as running, tempfile.TemporaryDirectory() as folder:
        fill(count)
        for name, check in CHECKS.items():
            path = Path(folder) / f"products.{name}"
            begun = time.monotonic()
            export(running, name, path)
            exported = time.monotonic() - begun
            begun = time.monotonic()
            changes = check(running, path, count)
            checked = time.monotonic() - begun
            size = path.stat().st_size / 1e6
            print(
                f"{name:7} {size:6.1f} MB, exported in {exported:5.1f} s, read in {checked:5.1f} s: {changes} changes"
            )


def fill(count: int) -> None:
    # Its models need Django set up.
    from catalog import products
    from catalog.models import Product
    from tests.catalog import awkward

    products.remove_all()
    Product.objects.bulk_create(awkward.products(count), batch_size=5_000)


def export(running: stack.Stack, name: str, path: Path) -> None:
    with (
        running.api.stream("GET", "/products/export", params={"format": name}) as response,
        path.open("wb") as file,
    ):
        response.raise_for_status()
        for piece in response.iter_bytes():
            file.write(piece)


def import_again(running: stack.Stack, path: Path, count: int) -> int:
    job = running.wait(running.upload(path))
    if job["status"] != "completed" or job["error_count"]:
        raise AssertionError(job)
    return count - int(str(job["unchanged_count"]))


def compare(running: stack.Stack, path: Path, count: int) -> int:
    from catalog.models import Product

    stored = set(Product.objects.values_list(*FIELDS))
    with path.open() as file:
        found = {product(line) for line in file}
    return len(stored ^ found)


def product(line: str) -> tuple[object, ...]:
    values = json.loads(line)
    return tuple(Decimal(values[name]) if name == "price" else values[name] for name in FIELDS)


CHECKS: dict[str, Callable[[stack.Stack, Path, int], int]] = {
    "csv": import_again,
    "csv-eu": import_again,
    "xlsx": import_again,
    "jsonl": compare,
}

if __name__ == "__main__":
    main()
