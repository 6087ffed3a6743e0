"""The codes and permissions that the pages name exist in the code, and the codes of the code are on their page."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from django.apps import apps

from docs.sources import PACKAGES
from imports.options import FIELDS
from project.api.exception_handlers import REASONS
from project.api.validation_errors import WORDS
from project.problem_codes import PROBLEM_CODES
from project.server.errors import REASONS as SERVER_REASONS
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


# What is raised or sent with a code among its first arguments. Forms raise ValidationError.
CARRIERS = re.compile(r"(\w+\.)*((?!ValidationError)\w*Error|InvalidValue|Places|problem)")
CODE = re.compile(r"[a-z_]+\.[a-z_]+")
PAGE = (ROOT / "docs/reference/error-codes.md").read_text()


def nodes() -> Iterator[ast.AST]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            # Examples repeat what is raised elsewhere.
            if path.name != "error_examples.py":
                yield from ast.walk(ast.parse(path.read_text()))


def carried(node: ast.AST) -> list[ast.expr]:
    """What may be a code: an argument of a carrier, an attribute `code`, or the start of a pair of code and sentence."""
    match node:
        case ast.Call() if CARRIERS.fullmatch(ast.unparse(node.func)):
            return [*node.args, *(given.value for given in node.keywords if given.arg == "code")]
        case ast.Assign(targets=[ast.Name(id="code")]):
            return [node.value]
        case ast.Tuple(elts=[code, ast.Constant(value=str()) | ast.JoinedStr() as sentence]):
            return [code] if " " in ast.unparse(sentence) else []
    return []


def codes_carried() -> set[str]:
    found = [value.value for node in nodes() for value in carried(node) if isinstance(value, ast.Constant)]
    return {code for code in found if isinstance(code, str) and CODE.fullmatch(code)}


def is_documented(code: str) -> bool:
    field, word = code.split(".")
    return f"`{code}`" in PAGE or (field in FIELDS and f"`<field>.{word}`" in PAGE)


def test_codes_raised_are_documented() -> None:
    codes = codes_carried()
    assert {"job.ended", "url.port", "key.invalid", "uploads.too_many", "worker.missing"} <= codes
    assert {code for code in codes if not is_documented(code)} == set()


def test_codes_of_the_server_are_raised() -> None:
    assert set(PROBLEM_CODES) - codes_carried() == set()


def statuses() -> Iterator[tuple[str, int]]:
    """Each code of the server that is sent, with its status."""
    for node in nodes():
        match node:
            case ast.Call(args=[ast.Constant(value=int(status)), ast.Constant(value=str(code)), *_]) if (
                carried(node)
            ):
                yield code, status
    for status, (code, _) in [*REASONS.items(), *SERVER_REASONS.items()]:
        yield code, status


def test_statuses_documented_are_those_sent() -> None:
    assert {pair for pair in statuses() if PROBLEM_CODES[pair[0]].status != pair[1]} == set()


@pytest.mark.parametrize("word", [*WORDS.values(), "invalid", "negative", "required"])
def test_words_of_fields_are_documented(word: str) -> None:
    assert f"`<field>.{word}`" in PAGE


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
