"""The reference pages are what `make docs` writes, and their sources are complete."""

import ast
import re
from pathlib import Path

import pytest

from docs import generate
from docs.sources import read_limits, read_modules, read_variables
from lib import limits
from project import settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = generate.pages()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_current(name: str) -> None:
    assert (generate.REFERENCE / name).read_text() == PAGES[name], "Run `make docs`."


def test_every_page_is_generated() -> None:
    assert sorted(path.name for path in generate.REFERENCE.iterdir()) == sorted(PAGES)


def variables_read(source: Path) -> dict[str, str]:
    """What the module reads from the environment, by env_text("NAME", default) and its like, and the default's source."""
    names = {}
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and re.fullmatch(r"env_\w+|os\.environ\.get", ast.unparse(node.func)):
            name, *defaults = [*node.args, *(keyword.value for keyword in node.keywords)]
            if isinstance(name, ast.Constant):
                names[str(name.value)] = ast.unparse(defaults[0]) if defaults else ""
    return names


VARIABLES = variables_read(ROOT / "project/settings.py") | variables_read(ROOT / "project/gunicorn.py")


def test_variables_are_in_the_example() -> None:
    assert sorted(variable.name for variable in read_variables()) == sorted(VARIABLES)


def test_variables_are_described() -> None:
    assert [variable.name for variable in read_variables() if not variable.description] == []


def test_defaults_in_the_example_are_those_of_the_settings() -> None:
    shown = {
        variable.name: variable.value
        for variable in read_variables()
        if variable.is_default and variable.value
    }
    values = {name: getattr(settings, name, None) for name in shown}
    simple = {name: str(value) for name, value in values.items() if isinstance(value, int)}
    assert len(simple) > 12
    assert simple == {name: shown[name] for name in simple}


def test_every_limit_has_its_reason() -> None:
    found = [limit for section in read_limits() for limit in section.limits]
    assert [limit.name for limit in found] == [name for name in vars(limits) if name.isupper()]
    assert [limit.name for limit in found if not limit.reason] == []


def test_every_module_has_a_docstring() -> None:
    assert [module.path for module in read_modules() if not module.summary] == []
