"""Links, paths, commands and sizes of the documentation."""

import re
from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.pages import ROOT, TOP

REFERENCE = ROOT / "docs" / "reference"
ALL = [*pages.paths(), *sorted(REFERENCE.glob("*.md")), *TOP]
PACKAGES = "bench|catalog|dashboard|deploy|docs|hooks|imports|lib|project|tests"


def anchors(text: str) -> set[str]:
    headings = re.findall("^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", ALL, ids=pages.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        if not target.startswith("https://"):
            file, _, anchor = target.partition("#")
            linked = (path.parent / file).resolve() if file else path
            assert linked.exists(), target
            assert not anchor or anchor in anchors(linked.read_text()), target


@pytest.mark.parametrize("path", pages.paths(), ids=pages.name)
def test_files_named_exist(path: Path) -> None:
    for named in re.findall(rf"`((?:{PACKAGES})/[\w./-]*)`", path.read_text()):
        assert (ROOT / named).exists(), named


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in re.findall(r"\]\(([^)]+)\)", index.read_text())
    }
    assert {path for path in (ROOT / "docs").rglob("*.md") if path != index} <= linked


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 200


def test_procfile_is_quoted() -> None:
    deployment = (ROOT / "docs" / "operations" / "deployment.md").read_text()
    assert f"```text\n{(ROOT / 'Procfile').read_text()}```" in deployment


def test_targets_of_make_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = "".join(path.read_text() for path in pages.paths())
    named = set(re.findall(r"(?:^|`)(?:PORT=\d+ )?make ([a-z][a-z-]+)", texts, re.MULTILINE))
    assert {"run", "test", "test-matrix", "bench", "sample", "docs"} <= named <= targets


def test_commands_of_manage_exist() -> None:
    from django.core.management import get_commands

    texts = "".join(path.read_text() for path in pages.paths())
    assert set(re.findall(r"manage\.py ([a-z]+)", texts)) <= set(get_commands())


def test_benchmarks_exist() -> None:
    texts = "".join(path.read_text() for path in pages.paths())
    assert [
        name for name in re.findall(r"bench\.(\w+)", texts) if not (ROOT / f"bench/{name}.py").exists()
    ] == []
