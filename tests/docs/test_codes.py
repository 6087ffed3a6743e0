"""The codes and permissions that the pages name exist in the code."""

import re
from itertools import chain
from pathlib import Path

import pytest
from django.apps import apps

from docs.sources import PACKAGES
from tests.docs import pages
from tests.docs.pages import ROOT, TOP

FILES = {"csv", "json", "py", "toml", "txt"}
MODULES = {"bench", *PACKAGES}
SOURCE = "".join(path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def dotted(text: str) -> set[tuple[str, str]]:
    """What is written as `price.invalid` is."""
    return set(re.findall(r"`([a-z_]+)\.([a-z_]+)`", text))


@pytest.mark.parametrize("path", [*pages.paths(), *TOP], ids=pages.name)
def test_codes_named_exist(path: Path) -> None:
    codes = {f"{subject}.{problem}" for subject, problem in dotted(path.read_text())
             if subject not in MODULES and problem not in FILES}  # fmt: skip
    assert {code for code in codes if f'"{code}"' not in SOURCE} == set()


def permissions() -> set[tuple[str, str]]:
    models = chain.from_iterable(
        apps.get_app_config(app).get_models() for app in ("catalog", "imports", "hooks")
    )
    return {
        (model._meta.app_label, f"{action}_{model._meta.model_name}")
        for model in models
        for action in model._meta.default_permissions
    }


@pytest.mark.parametrize("path", [*pages.paths(), *TOP], ids=pages.name)
def test_permissions_named_exist(path: Path) -> None:
    named = {
        (app, codename)
        for app, codename in dotted(path.read_text())
        if app in {"catalog", "imports", "hooks"}
    }
    assert named <= permissions()
