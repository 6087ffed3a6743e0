"""What an import did to products, kept in the commit that did it, so that it can be shown and taken back.

imports.pipeline.applying writes it, imports.journal.undo reads it backwards, imports.journal.changes shows it for an import, imports.journal.product_history for
a product. Products stand in arrays, some thousands a row: a row and its index entries for each took longer than
changing the product."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from imports.models.jobs import ImportJob


class CreatedProducts(models.Model):
    """The products that one chunk of an import created."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="created", db_index=False)
    # The products' updated_at, as long as nobody has changed them.
    written_at = models.DateTimeField()
    product_ids = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [
            models.Index(fields=["job", "id"], name="createdproducts_of_job"),
            # imports.journal.product_history: a product's created_at is the moment when this was written.
            models.Index(fields=["written_at"], name="createdproducts_by_time"),
        ]

    def __str__(self) -> str:
        return f"{len(self.product_ids)} products of {self.job_id}"


class ChangedProducts(models.Model):
    """What some products were before an import changed them, and what they became."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="changed", db_index=False)
    # The products' updated_at, as long as nobody has changed them since.
    written_at = models.DateTimeField()
    product_ids = ArrayField(models.BigIntegerField())
    # The line of the file; 0 for a product that the file lacked and mode sync made inactive.
    lines = ArrayField(models.BigIntegerField())
    # The keys of their SKUs lie between these: how imports.journal.product_history finds a product without looking into every array.
    # Blank only in journals that are older than these columns.
    first_key = models.TextField(default="", db_default="", db_collation="C")
    last_key = models.TextField(default="", db_default="", db_collation="C")
    # Null for a product whose field stayed, and null altogether when it stayed in all of them.
    names_before = ArrayField(models.TextField(null=True), null=True)
    names_after = ArrayField(models.TextField(null=True), null=True)
    descriptions_before = ArrayField(models.TextField(null=True), null=True)
    descriptions_after = ArrayField(models.TextField(null=True), null=True)
    prices_before = ArrayField(models.DecimalField(max_digits=12, decimal_places=2, null=True), null=True)
    prices_after = ArrayField(models.DecimalField(max_digits=12, decimal_places=2, null=True), null=True)
    actives_before = ArrayField(models.BooleanField(null=True), null=True)
    actives_after = ArrayField(models.BooleanField(null=True), null=True)

    class Meta:
        indexes = [
            models.Index(fields=["job", "id"], name="changedproducts_of_job"),
            models.Index(fields=["last_key", "first_key"], name="changedproducts_by_key"),
        ]

    def __str__(self) -> str:
        return f"{len(self.product_ids)} products changed by {self.job_id}"


class SupersededRow(models.Model):
    """A row that a later one with the same SKU took the place of, both told by the line they start in."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(
        ImportJob, on_delete=models.CASCADE, related_name="superseded", db_index=False, db_constraint=False
    )
    line = models.BigIntegerField()
    superseded_by = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["job", "line"], name="supersededrow_of_job")]

    def __str__(self) -> str:
        return f"line {self.line} by line {self.superseded_by}"
