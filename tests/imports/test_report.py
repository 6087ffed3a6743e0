"""The result of an import as the command prints it."""

import io
import os
import re
import subprocess
import sys

import pytest
from django.utils.timezone import now

from imports.cli import report
from imports.models import ImportJob, RejectedRow
from tests.factories import make_csv, make_import
from tests.imports.packing import Cell, make_sheets
from tests.imports.terminal import make_terminal
from tests.programs import ROOT

transactional = pytest.mark.django_db(transaction=True)

HEADINGS = ["LINE", "COLUMN", "CODE", "MESSAGE", "VALUE"]
LONG = "The price has too many decimal places, and this is a long sentence about it."
ENVIRONMENT = {**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings"}
LOADED = """
import django
django.setup()
import sys
import project.gunicorn, project.server.worker, project.urls, project.wsgi
import hooks.tasks, imports.tasks, project.tasks
print("rich" in sys.modules)
"""


def printed(job: ImportJob, out: io.StringIO | None = None) -> list[str]:
    out = out or io.StringIO()
    report.write(out, job, now())
    return out.getvalue().splitlines()


def make_errors() -> ImportJob:
    """With a short sentence in line 2 and a long one in line 3."""
    job = make_import(make_csv("A1,Mug,,abc,", "B2,Cup,,1.23456,"))
    RejectedRow.objects.filter(job=job, line=3).update(code="price.invalid", message=LONG)
    return job


@transactional
def test_nothing_of_a_file_steers_the_terminal() -> None:
    job = make_import(make_csv("A1,Mug,,\x1b]0;title\x07,"))
    RejectedRow.objects.filter(job=job).update(message="line\nbreak")
    assert printed(job)[-1].split("  ")[-2:] == ["line\\nbreak", "\\x1b]0;title\\x07"]


@transactional
def test_row_of_several_sheets_is_shown_with_its_sheet() -> None:
    header: list[Cell] = ["sku", "name", "price"]
    content = make_sheets(
        Nord=[header, ["N1", "Boot", 1]], Süd=[header, ["N1", "Sock", 2], ["S2", "Mug", "x"]]
    )
    shown = "\n".join(printed(make_import(content, other_sheets="import", dry_run=True)))
    assert re.search("Nord, row 2 +superseded +N1 +by Süd, row 2", shown)
    assert re.search("Süd, row 3 +price +price.invalid", shown)


@transactional
def test_name_of_a_file_does_not_steer_the_terminal() -> None:
    job = make_import(make_csv("A1,Mug,,1,"))
    job.filename = "\x1b[2J[bold].csv"
    assert printed(job)[0] == f"Imported \\x1b[2J[bold].csv. Job {job.pk}"


@transactional
def test_markup_in_a_file_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_import(make_csv("A1,Mug,,[red]:smile:[/red],"))
    last = printed(job, make_terminal(monkeypatch, width=200))[-1]
    assert last.endswith("  '[red]:smile:[/red]' is not a price.  [red]:smile:[/red]")


@transactional
def test_ten_errors_are_shown_and_the_others_counted() -> None:
    job = make_import(make_csv(*(f"A{number},Mug,,abc," for number in range(12))))
    shown = printed(job)
    assert f"The first 10 of 12 errors (all: /api/jobs/{job.pk}/errors.csv):" in shown
    assert len([line for line in shown if "price.invalid" in line]) == 10


@transactional
def test_tables_are_plain_and_not_wrapped_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    make_terminal(monkeypatch, width=40, FORCE_COLOR="1")
    sentence = "'abc' is not a price.".ljust(len(LONG))
    assert printed(make_errors())[-3:] == [
        f"  LINE  COLUMN  CODE           {'MESSAGE'.ljust(len(LONG))}  VALUE",
        f"     2  price   price.invalid  {sentence}  abc",
        f"     3  price   price.invalid  {LONG}  1.23456",
    ]


@transactional
def test_narrow_window_wraps_cells_and_cuts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_import(make_csv("A1,Mug,,abc,"))
    lines = printed(job, make_terminal(monkeypatch, width=40))
    assert lines[-3:] == [
        "     2  price   price.i  'abc' is  abc",
        "                nvalid   not a",
        "                         price.",
    ]


@transactional
def test_headings_are_bold_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(make_errors(), make_terminal(monkeypatch, width=200))
    bold = [line for line in lines if "\x1b[1m" in line]
    assert [re.sub(r"\x1b\[\d*m", "", line).split() for line in bold] == [HEADINGS]


def test_web_server_and_worker_do_not_load_rich() -> None:
    command = [sys.executable, "-c", LOADED]
    loaded = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, check=True, text=True)
    assert loaded.stdout == "False\n"
