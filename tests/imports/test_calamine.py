"""Why python-calamine does not read workbooks here. Once one of these fails, ask again (docs/design-decisions.md)."""

import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import openpyxl
from python_calamine import CalamineWorkbook

READ = """
import resource, sys
from python_calamine import CalamineWorkbook
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_AS, (4 * 1024**3, 4 * 1024**3))
CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()
"""


def test_failed_formula_is_a_blank_cell_to_it() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["A1", "#N/A"])
    assert workbook.active["B1"].data_type == "e"
    saved = BytesIO()
    workbook.save(saved)
    sheet = CalamineWorkbook.from_filelike(BytesIO(saved.getvalue())).get_sheet_by_index(0)
    assert sheet.to_python() == [["A1", ""]]


def test_small_file_that_names_the_last_cell_aborts_its_process(tmp_path: Path) -> None:
    path = tmp_path / "last.xlsx"
    workbook = openpyxl.Workbook()
    workbook.active["A1"], workbook.active["XFD1048576"] = "sku", "x"
    workbook.save(path)
    process = subprocess.run(
        [sys.executable, "-c", READ, str(path)], check=False, stderr=subprocess.DEVNULL, timeout=60
    )
    assert (path.stat().st_size < 10_000, process.returncode) == (True, -signal.SIGABRT)
