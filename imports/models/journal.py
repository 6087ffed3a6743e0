"""The journal: what an import changed, written in the commit of the change, so that it can be shown and undone.

Products are stored in arrays, some thousands a row: a row with its index entries for each product took longer than
changing the product."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from imports.models.jobs import ImportJob


class CreatedProducts(models.Model):
    """The products that one chunk of an import created."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="created", db_index=False)
    # The products' updated_at, unless they changed since.
    written_at = models.DateTimeField()
    product_ids = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name_plural = "created products"
        indexes = [
            models.Index(fields=["job", "id"], name="createdproducts_of_job"),
            # For the history of a product: its created_at equals this time.
            models.Index(fields=["written_at"], name="createdproducts_by_time"),
        ]

    def __str__(self) -> str:
        return f"{len(self.product_ids)} products of {self.job_id}"


class ChangedProducts(models.Model):
    """The values of some products before and after an import changed them."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="changed", db_index=False)
    # The products' updated_at, unless they changed since.
    written_at = models.DateTimeField()
    product_ids = ArrayField(models.BigIntegerField())
    # The line of the file; null for a product missing from it that mode sync deactivated.
    lines = ArrayField(models.BigIntegerField(null=True))
    # The range of their SKU keys, which finds a product without searching every array. Blank only in journals that are
    # older than these columns.
    first_key = models.TextField(default="", db_default="", db_collation="C")
    last_key = models.TextField(default="", db_default="", db_collation="C")
    # Null for a product whose field did not change; the whole array is null if it did not change in any.
    names_before = ArrayField(models.TextField(null=True), null=True)
    names_after = ArrayField(models.TextField(null=True), null=True)
    descriptions_before = ArrayField(models.TextField(null=True), null=True)
    descriptions_after = ArrayField(models.TextField(null=True), null=True)
    prices_before = ArrayField(models.DecimalField(max_digits=12, decimal_places=2, null=True), null=True)
    prices_after = ArrayField(models.DecimalField(max_digits=12, decimal_places=2, null=True), null=True)
    actives_before = ArrayField(models.BooleanField(null=True), null=True)
    actives_after = ArrayField(models.BooleanField(null=True), null=True)

    class Meta:
        verbose_name_plural = "changed products"
        indexes = [
            models.Index(fields=["job", "id"], name="changedproducts_of_job"),
            models.Index(fields=["last_key", "first_key"], name="changedproducts_by_key"),
        ]

    def __str__(self) -> str:
        return f"{len(self.product_ids)} products changed by {self.job_id}"


class SupersededRow(models.Model):
    """A row that a later row with the same SKU superseded; both by the line they start in."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(
        ImportJob, on_delete=models.CASCADE, related_name="superseded", db_index=False, db_constraint=False
    )
    line = models.BigIntegerField()
    superseded_by = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["job", "line"], name="supersededrow_of_job")]

    def __str__(self) -> str:
        place, replacement = map(self.job.place_of, (self.line, self.superseded_by))
        return f"{place.named} by {replacement.named}"
