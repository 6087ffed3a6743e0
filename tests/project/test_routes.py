"""What is said of every route at once: none is open, none is undocumented, each answers with either slash."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from ninja.openapi.schema import OpenAPISchema

from project.api.api import api

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)


def address(route: str) -> str:
    """An address that the route takes."""
    return re.sub(r"<[^>]+>", "0b0f6c0e-5c55-4b0a-9d0e-0a3f1f3f7c11", re.sub(r"<int:\w+>", "1", route))


ROUTES = sorted({route for route in routes(get_resolver()) if route.startswith("/api/")} - {"/api/"})
UNDOCUMENTED = {"/api/docs/", "/api/schema/"}


@pytest.fixture
def schema() -> dict[str, Any]:
    return dict(api.get_openapi_schema())


@pytest.mark.parametrize("route", ROUTES)
def test_route_is_closed_without_a_key(client: Client, settings: Any, route: str) -> None:
    settings.DEBUG = False
    statuses = {client.generic(method, address(route)).status_code for method in METHODS}
    expected = {302} if route == "/api/docs/" else {401}
    assert statuses - {405} == expected


@pytest.mark.parametrize("route", ROUTES)
def test_route_answers_with_either_slash(client: Client, settings: Any, route: str) -> None:
    settings.DEBUG = False
    path = address(route)
    twin = path.removesuffix("/") if path.endswith("/") else f"{path}/"
    assert client.get(twin).status_code == client.get(path).status_code


def test_documentation_lists_the_routes_and_no_others(schema: dict[str, Any]) -> None:
    spelled = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) for route in ROUTES}
    assert set(schema["paths"]) == spelled - UNDOCUMENTED


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_operations_have_names_of_their_own(schema: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(schema)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in names)


def test_components_have_one_meaning_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ninja merges what has one name without a word, and clients made from the schema then refuse right answers."""
    clashes: dict[str, list[object]] = {}

    def note(self: OpenAPISchema, definitions: dict[str, Any]) -> None:
        for name, definition in definitions.items():
            if self.schemas.setdefault(name, definition) != definition:
                clashes[name] = [self.schemas[name], definition]

    monkeypatch.setattr(OpenAPISchema, "add_schema_definitions", note)
    api.get_openapi_schema()
    assert clashes == {}


def test_deliveries_and_jobs_have_states_of_their_own(schema: dict[str, Any]) -> None:
    components = schema["components"]["schemas"]
    told = [components[name]["properties"]["status"]["$ref"] for name in ("DeliveryOut", "Job")]
    states = [components[ref.rpartition("/")[2]]["enum"] for ref in told]
    assert states[0] == ["pending", "delivered", "failed"]
    assert states[1] == ["pending", "processing", "ready", "completed", "failed", "cancelled"]


def test_operations_declare_both_ways_in(schema: dict[str, Any]) -> None:
    for _, path, operation in operations(schema):
        assert operation["security"] == [{"ApiKeyBearer": []}, {"StaffSession": []}], path
    assert schema["components"]["securitySchemes"]["ApiKeyBearer"]["scheme"] == "bearer"


def test_operations_document_their_problems(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        documented = set(operation["responses"])
        assert {400, 401, 403, "default"} <= documented, (method, path)
        assert (404 in documented) or "{" not in path, (method, path)
        assert not operation.get("requestBody") or {413, 415, 422} <= documented, (method, path)


REFUSALS = {
    "create_product": {409}, "replace_product": {409}, "change_product": {409}, "export_products": {422, 429, 503},
    "upload_file": {413, 415, 422, 429, 507},
    "watch_job": {429, 503}, "cancel_job": {409}, "confirm_job": {409}, "undo_job": {409}, "retry_job": {409, 410},
    "delete_job": {409}, "list_job_errors": {410}, "download_job_errors": {410},
    "replace_webhook": {409}, "change_webhook": {409}, "test_webhook": {409, 429}, "recover_webhook": {409},
    "redeliver_event": {409}, "create_webhook": {409},
    "create_profile": {409}, "replace_profile": {409}, "change_profile": {409}, "inspect_file": {413, 415, 422, 429, 507},
}  # fmt: skip


def test_operations_document_what_their_domains_refuse(schema: dict[str, Any]) -> None:
    found = {operation["operationId"]: operation["responses"] for _, _, operation in operations(schema)}
    for name, responses in found.items():
        assert REFUSALS.get(name, set()) <= set(responses), name
        # A conflict is said where there can be one, and nowhere else.
        assert (409 in responses) == (409 in REFUSALS.get(name, set())), name
        assert all(responses[status]["description"] for status in responses), name


def test_errors_have_examples_of_their_own(schema: dict[str, Any]) -> None:
    """Each is a problem with its status, and has a code that the source knows."""
    sources = "".join(
        path.read_text() for path in [*ROOT.glob("[a-z]*/**/*.py")] if "error_examples" not in path.name
    )
    for method, path, operation in operations(schema):
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items():
                if kind == "application/problem+json":
                    example = content["example"]
                    assert status in ("default", example["status"]), (method, path)
                    codes = [example["type"].removeprefix("urn:problem:")]
                    codes += [error["code"] for error in example.get("errors", [])]
                    assert all(is_known(code, sources) for code in codes), (method, path, codes)


def is_known(code: str, sources: str) -> bool:
    # Codes of fields are put together from the field and a word.
    return all(f'"{part}"' in sources for part in code.split(".")) or f'"{code}"' in sources


def test_tags_are_described_in_order(schema: dict[str, Any]) -> None:
    tags = [tag["name"] for tag in schema["tags"]]
    assert tags == ["Imports", "Profiles", "Products", "Webhooks", "Dashboard"]
    assert all(tag["description"].endswith(".") for tag in schema["tags"])
    assert {tag for _, _, operation in operations(schema) for tag in operation["tags"]} == set(tags)


def test_summaries_are_verbs_in_sentence_case(schema: dict[str, Any]) -> None:
    verbs = {
        *("Cancel", "Confirm", "Create", "Delete", "Download", "Export", "Get", "Inspect", "List", "Replace"),
        *("Resend", "Retry", "Rotate", "Send", "Stream", "Undo", "Update", "Upload"),
    }
    for _, path, operation in operations(schema):
        verb, _, rest = operation["summary"].partition(" ")
        assert verb in verbs, path
        assert rest == rest.lower(), path


def test_headers_of_answers_are_documented(schema: dict[str, Any]) -> None:
    paths = schema["paths"]
    assert "Retry-After" in paths["/api/jobs/{job_id}/events"]["get"]["responses"][503]["headers"]
    for path in ("/api/products/export", "/api/jobs/{job_id}/errors.csv", "/api/imports/template.xlsx"):
        assert "Content-Disposition" in paths[path]["get"]["responses"][200]["headers"]
    for _, path, operation in operations(schema):
        assert "WWW-Authenticate" in operation["responses"][401]["headers"], path
        assert set(operation["responses"]["default"]["headers"]) == {"Allow", "Retry-After"}, path


def test_body_that_may_be_left_out_is_never_null(schema: dict[str, Any]) -> None:
    bodies = {
        operation["operationId"]: operation["requestBody"]
        for _, _, operation in operations(schema)
        if not operation.get("requestBody", {"required": True})["required"]
    }
    assert set(bodies) == {"test_webhook", "rotate_webhook_secret", "retry_job"}
    for body in bodies.values():
        assert list(body["content"]["application/json"]["schema"]) == ["$ref"]


def test_problem_is_a_component(schema: dict[str, Any]) -> None:
    answer = schema["paths"]["/api/products/"]["post"]["responses"][409]
    [content] = answer["content"].values()
    assert list(answer["content"]) == ["application/problem+json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "errors" in schema["components"]["schemas"]["Problem"]["properties"]


def test_documentation_says_that_development_is_open(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert "**This server is open**" in client.get("/api/schema/").json()["info"]["description"]


def test_documentation_is_a_page_without_other_hosts(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    page = client.get("/api/docs/").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
