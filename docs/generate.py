"""`make docs`: writes the pages of docs/reference/ from the code.

Import options, error codes, events, environment variables, limits and the code map have one source each: the code that uses
them. Each section here renders one page. tests/docs/test_reference.py fails while a page differs from its source."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import groupby
from typing import Any, TypeVar

import django

from docs.sources import PACKAGES, ROOT, Variable, read_limits, read_modules, read_variables

REFERENCE = ROOT / "docs" / "reference"

T = TypeVar("T")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text)


def pages() -> dict[str, str]:
    return {
        "import-options.md": import_options(),
        "recipes.md": recipes(),
        "error-codes.md": error_codes(),
        "events.md": events(),
        "configuration.md": configuration(),
        "limits.md": limits(),
        "code-map.md": code_map(),
    }


# --- Recipes ---


def recipes() -> str:
    from imports.recipes.recipe import recipes as by_name

    rows = [
        (
            f"`{recipe.name}`",
            recipe.title,
            ", ".join(f"`{name}`" for name in recipe.header),
            ", ".join(f"{field}: {headers_of(headers)}" for field, headers in recipe.columns.items()),
        )
        for recipe in by_name().values()
    ]
    return page(
        "Recipes",
        "How the product files of shop systems are read. A recipe is recognised by the names that the header must have; the job's "
        "`file.recipe` says which was followed, and the option `recipe` sets another or none. Where a platform translates the "
        "names, a recipe knows the translations as well. A field that a recipe does not "
        "name is matched as in any other file. [CONTRIBUTING](../../CONTRIBUTING.md) says how to add one.",
        table(("recipe", "file", "recognised by", "columns"), rows),
    )


def headers_of(headers: Iterable[str]) -> str:
    return " or ".join(f"`{header}`" for header in headers) or "none"


# --- Import options ---


def import_options() -> str:
    from imports.options import UploadOptions

    schema = UploadOptions.model_json_schema()["properties"]
    rows = [
        (f"`{name}`", allowed_values(schema[name]), default_value(option), option.description)
        for name, option in UploadOptions.model_fields.items()
    ]
    return page(
        "Import options",
        "Form fields beside `file`, query parameters of `POST /api/upload`, or flags of `importproducts`. A blank value counts as "
        "not given. An option that is given twice must have the same value (`option.conflict`).",
        table(("option", "values", "default", "meaning"), rows),
        "Whatever the options are, the result equals that of applying the valid rows one by one in the order of the file.",
    )


def allowed_values(schema: Mapping[str, Any]) -> str:
    if kinds := schema.get("anyOf"):
        return ", or ".join(allowed_values(kind) for kind in kinds if kind != {"type": "null"})
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "integer":
        return f"{schema['minimum']} to {schema['maximum']:,}"
    if schema.get("format") == "json":
        return "a JSON object"
    if "pattern" in schema:
        return "`0%` to `100%`"
    return {"boolean": "`true`, `false`", "string": "a name"}[schema["type"]]


def default_value(option: Any) -> str:
    default = option.get_default(call_default_factory=True)
    if default is None:
        return "none"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


# --- Error codes ---


def error_codes() -> str:
    from catalog.bulk.failures import FAILURES as BULK_FAILURES
    from hooks.http.outcomes import FAILURES
    from imports.errors import FILE_CODES, ROW_CODES
    from imports.undo_errors import UNDO_CODES
    from imports.warning_codes import WARNING_CODES
    from project.problem_codes import VALUE_CODES

    heading = ("code", "meaning", "remedy")
    failures = [(f"`{code}`", sentence.format(detail="…")) for code, sentence in FAILURES.items()]
    return page(
        "Error codes",
        "## Files",
        "An upload is refused with the code in the problem's `type` where the error is found while the file arrives. Otherwise the "
        "job fails, and the code is the first of its `errors`.",
        table(heading, explained(FILE_CODES)),
        "## Rows",
        "The row is skipped and the others are imported. A row can have several.",
        table(heading, explained(ROW_CODES)),
        "## Warnings",
        "Nothing is skipped because of a warning.",
        table(heading, explained(WARNING_CODES)),
        "## Undo",
        "Why the undo of an import failed: `failure_code` of the job's `undo`.",
        table(heading, explained(UNDO_CODES)),
        "## Bulk changes",
        "Why a bulk change, or its undo, failed. The page of the bulk change in the console shows it.",
        table(heading, explained(BULK_FAILURES)),
        "## Deliveries",
        "The `error_code` of an attempt and its message.",
        table(("code", "message"), failures),
        "## Problems",
        "What the `type` of an error response ends in, after `urn:problem:`. Uploads also have the codes of files.",
        table(("code", "status", *heading[1:]), problems()),
        "## Values",
        "The `code` of each of the `errors` of a problem `request.invalid`. Codes of fields are made of the field and a word, such "
        "as `price.negative`.",
        table(heading, explained(VALUE_CODES)),
    )


def problems() -> list[tuple[object, ...]]:
    """Codes of the server and of the domain's errors, in alphabetical order."""
    from lib.errors import DomainError
    from project.api.api import status_of
    from project.problem_codes import PROBLEM_CODES

    # Imports every view of the API and the console, and with them the errors that they raise.
    import_module("project.urls")
    of_the_server = [(code, *about) for code, about in PROBLEM_CODES.items()]
    of_the_domain = [
        (code, status_of(kind, code), *explanation)
        for kind in subclasses(DomainError)
        for code, explanation in kind.codes.items()
    ]
    return [(f"`{code}`", *about) for code, *about in sorted([*of_the_server, *of_the_domain])]


def subclasses(kind: type[T]) -> Iterator[type[T]]:
    """Those of the product; tests may define others."""
    for each in kind.__subclasses__():
        if each.__module__.partition(".")[0] in PACKAGES:
            yield each
            yield from subclasses(each)


def explained(codes: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    return [(f"`{code}`", *explanation) for code, explanation in codes.items()]


# --- Events ---


def events() -> str:
    from hooks.openapi import HEADERS, webhooks
    from hooks.outbox import SUBSCRIBABLE, TEST

    schema: dict[str, Any] = webhooks()
    wildcards = ", ".join(f"`{name}`" for name in SUBSCRIBABLE if name not in schema)
    types = [(f"`{name}`", operation["post"]["summary"]) for name, operation in schema.items()]
    payloads = [
        part
        for data, names in groupby(
            (name for name in schema if name != TEST), key=lambda name: data_of(schema[name])
        )
        for part in (
            f"### {', '.join(f'`{name}`' for name in names)}",
            table(("field of `data`", "type"), fields(data)),
        )
    ]
    return page(
        "Events",
        "What webhooks are sent, as POST requests with a JSON body. [Receive webhooks](../guides/webhooks.md) has an endpoint "
        "that verifies them.",
        "## Types",
        table(("event type", "sent when"), types),
        f"A webhook can also subscribe to groups: {wildcards}. `webhook.test` is sent whatever a webhook subscribes to.",
        "## Headers",
        table(("header", "value"), [(f"`{name}`", text) for name, text in HEADERS.items()]),
        "## Payloads",
        "Every body has `event_type`, `timestamp` (UTC, with seconds) and `data`:",
        *payloads,
    )


def data_of(event: Mapping[str, Any]) -> dict[str, Any]:
    content = event["post"]["requestBody"]["content"]["application/json"]
    data: dict[str, Any] = content["schema"]["properties"]["data"]["properties"]
    return data


def fields(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(f"`{name}`", type_of(schema)) for name, schema in data.items()]


def type_of(schema: Mapping[str, Any]) -> str:
    kind = " or ".join(f"`{value}`" for value in schema.get("enum", ())) or str(schema["type"])
    return f"{kind}, {schema['format']}" if "format" in schema else kind


# --- Configuration ---


def configuration() -> str:
    parts = []
    for section, variables in groupby(read_variables(), key=lambda variable: variable.section):
        rows = [
            (f"`{variable.name}`", shown_default(variable), variable.description) for variable in variables
        ]
        parts += [f"## {section}", table(("variable", "default", "meaning"), rows)]
    return page(
        "Configuration",
        "Environment variables, from `.env.example`. Variables of the environment take precedence over the file `.env`.",
        *parts,
    )


def shown_default(variable: Variable) -> str:
    if not variable.is_default:
        return f"`False` (`{variable.value}` in `.env.example`)"
    return f"`{variable.value}`" if variable.value else ""


# --- Limits ---


def limits() -> str:
    from lib import limits as values

    parts = []
    for heading, introduction, found in read_limits():
        rows = [(f"`{limit.name}`", f"{getattr(values, limit.name):,}", limit.reason) for limit in found]
        parts += [f"## {heading}", *introduction, table(("limit", "value", "of what, and why"), rows)]
    return page(
        "Limits",
        "Every limit of length, count, time and memory, with its reason. The values are constants of `lib/limits.py`; limits that "
        "an operator may change are settings in [Configuration](configuration.md).",
        *parts,
    )


# --- Code map ---


def code_map() -> str:
    parts = []
    for folder, found in groupby(read_modules(), key=lambda module: module.path.parent):
        rows = [(f"`{module.path.name}`", module.summary) for module in found]
        parts += [f"{'#' * (1 + len(folder.parts))} `{folder}/`", table(("module", "is"), rows)]
    return page(
        "Code map",
        "Every module with the first paragraph of its docstring. [Architecture](../architecture.md) explains how they work "
        "together. SQL is in the folders `sql/`, one statement a file, each with its reason on top.",
        *parts,
    )


# --- Markdown ---


def page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", "<!-- Generated by `make docs`. -->", *parts]) + "\n"


def table(heading: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [f"| {' | '.join(heading)} |", "|" + "---|" * len(heading)]
    for row in rows:
        cells = " | ".join(str(cell).replace("|", "\\|") for cell in row)
        lines.append(f"| {cells} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
