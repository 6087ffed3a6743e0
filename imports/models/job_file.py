"""The file of an import, as a part of its job: where it is stored, and how it is read."""

from typing import Self

from django.db import models

from imports.options import FIELDS
from imports.sheet_lines import Place, place_of


class OfFile(models.Model):
    filename = models.CharField(max_length=255)
    # Its name in the storage; empty once the file has been pruned. What is known about it stays below.
    stored_as = models.CharField(max_length=100, blank=True)
    file_bytes = models.BigIntegerField()
    file_sha256 = models.CharField(max_length=64)
    file_format = models.CharField(max_length=16, default="csv")
    # "" or "gzip" or "zip": what the file is packed in.
    file_packing = models.CharField(max_length=16, default="", blank=True)
    file_encoding = models.CharField(max_length=32, default="utf-8")
    file_delimiter = models.CharField(max_length=1, default=",")
    # The line of the header; the worksheet that is read, if the file has several.
    file_header_line = models.IntegerField(default=1)
    file_sheet = models.CharField(max_length=255, default="", blank=True)
    # Worksheets that are read after it as one: for each, the name and the line of the header.
    file_other_sheets = models.JSONField(default=list, blank=True)
    # The name of the recipe that it is read by, or "".
    file_recipe = models.CharField(max_length=64, default="", blank=True)
    file_header = models.JSONField(default=list, blank=True)
    # How each column is read: imports.schemas.JobColumn as JSON.
    file_columns = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True

    @property
    def positions(self) -> tuple[int, ...]:
        """The position of each field in a row of the file, or -1."""
        places = {column["field"]: place for place, column in enumerate(self.file_columns)}
        return tuple(places.get(field, -1) for field in FIELDS)

    @property
    def file_sheets(self) -> list[str]:
        """The worksheets that are read, in order; none of a text file."""
        return (
            [self.file_sheet, *(sheet["name"] for sheet in self.file_other_sheets)] if self.file_sheet else []
        )

    def place_of(self, line: int) -> Place:
        return place_of(line, self.file_sheets)

    @property
    def file(self) -> Self:
        """The job for the schema of its file, which reads the fields file_*."""
        return self
