"""The security log: who signed in, created a key, deleted the catalog.

One line for each event, to the logger `security`, whatever LOG_LEVEL is:

    products.deleted count=450 key=pi_4Kx09aBc address=203.0.113.7

It contains no secrets: only the prefix of a key and the name of an account. project.auth.requester sets the requester;
outside of a request it is the process."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar

logger = logging.getLogger("security")

VALUE_MAX_LENGTH = 100
PLAIN = re.compile(r"[\w.:@/+-]+", re.ASCII)


def the_process() -> dict[str, object]:
    return {"by": "process"}


WHO: ContextVar[Callable[[], Mapping[str, object]]] = ContextVar("who", default=the_process)


def log(event: str, **facts: object) -> None:
    """Log an event. Call it after the commit, so that nothing is logged that was rolled back."""
    values = {**facts, **WHO.get()()}
    logger.info("%s %s", event, " ".join(f"{name}={shown(value)}" for name, value in values.items()))


def shown(value: object) -> str:
    """Quote input that could look like another line or value."""
    text = str(value)[:VALUE_MAX_LENGTH]
    return text if PLAIN.fullmatch(text) else json.dumps(text)
