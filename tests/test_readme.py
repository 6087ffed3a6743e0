"""README and .env.example say what is there, all of it, and nothing else."""

import ast
import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.urls import resolve
from pydantic.fields import FieldInfo

from imports.errors import FILE_CODES, ROW_CODES, WARNING_CODES
from imports.options import Options
from project.api.api import api

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SITE = "http://localhost:8000"
# What curl sends a body with.
BODY_OPTIONS = {"-d", "-F", "--data-binary"}
NOT_PACKAGES = {"demo/", "management/", "migrations/", "models/", "templatetags/"}
NOT_MODULES = {"__init__.py"}


class Call(NamedTuple):
    """A curl call that README shows."""

    method: str
    path: str


class Operation(NamedTuple):
    """A route of the OpenAPI schema."""

    method: str
    path: str


def read_calls(text: str) -> list[Call]:
    commands = re.findall(r"^curl .*", text.replace("\\\n", " "), re.MULTILINE)
    return [read_call(shlex.split(command)) for command in commands if SITE in command]


def read_call(words: list[str]) -> Call:
    [url] = [word for word in words if word.startswith(SITE)]
    method = "POST" if BODY_OPTIONS & set(words) else "GET"
    if "-X" in words:
        method = words[words.index("-X") + 1]
    return Call(method, url.removeprefix(SITE).partition("?")[0])


def answers() -> list[tuple[Call, Any]]:
    """Each call that is followed by JSON, and the JSON."""
    shown = re.findall(r"```sh\n((?:(?!```).)*)```\n```json\n((?:(?!```).)*)```", README, re.DOTALL)
    return [(read_calls(commands)[-1], json.loads(answer)) for commands, answer in shown]


def schema() -> dict[str, Any]:
    return json.loads(json.dumps(api.get_openapi_schema()))  # type: ignore[no-any-return] # whatever the schema is


def operations() -> list[Operation]:
    return [
        Operation(method.upper(), path) for path, methods in schema()["paths"].items() for method in methods
    ]


def operation_of(call: Call) -> Operation | None:
    """The operation that takes the call; of two, the one whose path has fewer places to fill in."""
    taking = [operation for operation in operations() if takes(operation, call)]
    return min(taking, key=lambda operation: operation.path.count("{"), default=None)


def takes(operation: Operation, call: Call) -> bool:
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(operation.path))
    return call.method == operation.method and re.fullmatch(pattern, call.path) is not None


def table(heading: str) -> list[list[str]]:
    """The rows of all tables with that heading over their first column."""
    tables = re.findall(rf"^\| {re.escape(heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", README, re.MULTILINE)
    rows = [row for found in tables for row in found.splitlines()]
    return [[cell.replace("\\|", "|") for cell in re.split(r" \| ", row[2:-2])] for row in rows]


def column(heading: str) -> list[str]:
    """The names in the first column of those tables."""
    return [name for name, *_ in table(heading) for name in re.findall("^`([^`]+)`$", name)]


def values_of(option: dict[str, Any]) -> str:
    """What an option may be, in the words of the table, from its part of the JSON schema."""
    kind = option.get("anyOf", [option])[0]
    if "enum" in kind:
        return ", ".join(f"`{value}`" for value in kind["enum"])
    if kind["type"] == "integer":
        return f"{kind['minimum']} to {kind['maximum']:,}"
    if kind.get("format") == "json":
        return "a JSON object"
    return {"boolean": "`true`, `false`", "string": "a name"}[kind["type"]]


def variables_read(source: Path) -> set[str]:
    """What the module asks of the environment: env_text("NAME") and its like, and os.environ.get("NAME")."""
    names = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = ast.unparse(node.func)
            if re.fullmatch(r"env_\w+|os\.environ\.get", function):
                names.add(str(node.args[0].value))
    return names


VARIABLES = variables_read(ROOT / "project/settings.py") | variables_read(ROOT / "project/gunicorn.py")


@pytest.mark.parametrize("operation", operations(), ids=" ".join)
def test_operation_is_shown_in_a_call(operation: Operation) -> None:
    assert operation in map(operation_of, read_calls(README))


@pytest.mark.parametrize("call", sorted(set(read_calls(README))), ids=" ".join)
def test_call_is_of_an_operation(call: Call) -> None:
    assert operation_of(call)
    assert resolve(call.path)


@pytest.mark.parametrize(("call", "answer"), answers(), ids=lambda value: " ".join(value)[:60])
def test_answer_shown_has_the_fields_of_the_schema(call: Call, answer: dict[str, Any]) -> None:
    operation = operation_of(call)
    assert operation
    documented = schema()
    responses = documented["paths"][operation.path][operation.method.lower()]["responses"]
    fields = [
        set(documented["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]["properties"])
        for response in responses.values()
        for content in response.get("content", {}).values()
        if "$ref" in content["schema"]
    ]
    assert set(answer) in fields


def test_variables_are_listed() -> None:
    assert sorted(column("variable")) == sorted(VARIABLES)


def test_variables_are_in_the_example() -> None:
    listed = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(VARIABLES)


def test_codes_are_explained() -> None:
    codes = {**FILE_CODES, **ROW_CODES, **WARNING_CODES}
    assert table("code") == [[f"`{code}`", *explanation] for code, explanation in codes.items()]


def test_options_are_explained() -> None:
    parts = Options.model_json_schema()["properties"]
    options = [
        [f"`{name}`", values_of(parts[name]), default_of(option), option.description]
        for name, option in Options.model_fields.items()
    ]
    assert table("option") == options


def default_of(option: FieldInfo) -> str:
    default = option.get_default(call_default_factory=True)
    if default is None:
        return "none"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


@pytest.mark.parametrize("package", ["imports", "catalog", "hooks", "dashboard", "project"])
def test_modules_are_on_the_map(package: str) -> None:
    modules = {path.name for path in (ROOT / package).glob("*.py")} - NOT_MODULES
    modules |= {f"{path.parent.name}/" for path in (ROOT / package).glob("*/__init__.py")} - NOT_PACKAGES
    assert sorted(column(f"`{package}/`")) == sorted(modules)


def test_procfile_is_quoted() -> None:
    assert f"```text\n{(ROOT / 'Procfile').read_text()}```" in README


def test_targets_of_make_exist() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^|`)(?:PORT=\d+ )?make ([a-z][a-z-]+)", README, re.MULTILINE)
    assert {"run", "test", "test-matrix", "bench", "sample"} <= set(named) <= set(targets)


def test_changelog_has_this_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text()
