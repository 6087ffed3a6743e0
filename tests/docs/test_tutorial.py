"""The file of docs/tutorial/first-import.md does what the tutorial says."""

import re

import pytest

from imports.models import RejectedRow
from tests.docs.pages import ROOT
from tests.factories import make_import

TUTORIAL = (ROOT / "docs" / "tutorial" / "first-import.md").read_text()
[FILE] = re.findall(r"```csv\n(.*?)```", TUTORIAL, re.DOTALL)


@pytest.mark.django_db(transaction=True)
def test_two_rows_are_created_and_two_are_skipped() -> None:
    job = make_import(FILE.encode())
    assert (job.status, job.created_count, job.error_count) == ("completed", 2, 2)
    rejected = RejectedRow.objects.order_by("line").values_list("cells", flat=True)
    assert [cells[0] for cells in rejected if cells] == ["SKU003", "SKU004"]
