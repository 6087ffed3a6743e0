"""The environment of a test run, set before Django reads it (`-p tests.environment` in pyproject.toml).

Nothing of the developer's `.env` gets in. Without DATABASE_URL the embedded PostgreSQL is started on a cluster
of its own, so that a running `make run` is not disturbed. With several processes (`-n`) the first starts it, and each has a
database of its own."""

import atexit
import os
from contextlib import ExitStack
from pathlib import Path

os.environ["ENV_FILE"] = os.devnull
os.environ["DEBUG"] = "True"
os.environ.setdefault("LOG_LEVEL", "WARNING")

if not os.environ.get("DATABASE_URL"):
    from project.devserver import postgres

    data = Path(__file__).parent.parent / ".data" / "test-postgres"
    stack = ExitStack()
    stack.enter_context(postgres.running(data, durable=False))
    atexit.register(stack.close)
    os.environ["DATABASE_URL"] = (
        f"postgresql://postgres@/product_importer?host={postgres.socket_directory(data)}"
    )
