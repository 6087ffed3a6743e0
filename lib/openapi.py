"""What routes say of themselves in the OpenAPI schema, beyond what Ninja reads off their signatures."""

Extra = dict[str, dict[int, dict[str, object]]]

DOWNLOAD = {
    "Content-Disposition": {"description": "The name to save the file under.", "schema": {"type": "string"}}
}


def error_responses(*statuses: int) -> Extra:
    """Statuses that the route may refuse with, for its `openapi_extra`; project.api.openapi says what they look like."""
    return {"responses": {status: {} for status in statuses}}
