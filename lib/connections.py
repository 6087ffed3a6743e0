"""Database connections beside Django's own, to the same database."""

from typing import Any

from django.db import connection

# What Django adds for its own cursors.
OF_DJANGO = ("cursor_factory", "context", "server_side_binding")


def parameters(application_name: str) -> dict[str, Any]:
    """Return the parameters of a psycopg connection in autocommit mode. Without prepared statements, which a transaction
    pooler does not keep."""
    own = connection.get_connection_params()
    kept = {name: value for name, value in own.items() if name not in OF_DJANGO}
    return {**kept, "autocommit": True, "prepare_threshold": None, "application_name": application_name}
