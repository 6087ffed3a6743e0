"""What imports leave behind: the catalog, the rows that were rejected, and the counts of the job."""

from decimal import Decimal

from catalog.models import Product
from imports.models import ImportJob, Status

COUNTERS = ("created", "updated", "unchanged", "superseded", "error", "deactivated")


def counters(job: ImportJob) -> tuple[int, ...]:
    """Of an import that is completed, and accounts for every row."""
    job.refresh_from_db()
    assert (job.status, job.processed_rows) == (Status.COMPLETED, job.total_rows)
    return tuple(getattr(job, f"{name}_count") for name in COUNTERS)


def failure(job: ImportJob) -> tuple[str, str, str]:
    return job.status, job.failure_code, job.failure_message


def preview(job: ImportJob) -> dict[str, int]:
    assert job.preview
    return dict(job.preview)


def names() -> dict[str, str]:
    return dict(Product.objects.values_list("sku", "name"))


def catalog() -> list[tuple[str, str, str, Decimal, bool]]:
    return list(
        Product.objects.order_by("id").values_list("sku", "name", "description", "price", "is_active")
    )


def errors(job: ImportJob) -> list[tuple[int | None, int, str | None, str]]:
    return list(job.rejected.order_by("line", "id").values_list("row", "line", "column", "code"))
