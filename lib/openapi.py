"""Additions of routes to the OpenAPI schema, beyond what Ninja derives from their signatures."""

from pydantic.config import JsonDict

Extra = dict[str, dict[int, dict[str, object]]]

DOWNLOAD = {"Content-Disposition": {"description": "The suggested file name.", "schema": {"type": "string"}}}


def error_responses(*statuses: int) -> Extra:
    """Declare the error statuses of a route, for its `openapi_extra`; project.api.openapi describes them."""
    return {"responses": {status: {} for status in statuses}}


def without_default(schema: JsonDict) -> None:
    """Remove the default from a field's schema, for its `json_schema_extra`: it only stands for "not sent"."""
    schema.pop("default", None)
