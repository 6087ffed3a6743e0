"""What a reader of the logs wants to know after an incident: who signed in, made a key, deleted the catalog.

One line for each event, to the logger `security`, whatever LOG_LEVEL is:

    products.deleted count=450 key=pi_4Kx09aBc address=203.0.113.7

Never a secret: of a key its prefix, of a person the name of the account. Who it was, project.auth.requester knows and has
set; outside of a request it is the process."""

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
    """Call it once the thing is done, so that nothing is told that was rolled back."""
    told = {**facts, **WHO.get()()}
    logger.info("%s %s", event, " ".join(f"{name}={shown(value)}" for name, value in told.items()))


def shown(value: object) -> str:
    """Quoted where it is not plain: what somebody typed must not look like another line or fact."""
    text = str(value)[:VALUE_MAX_LENGTH]
    return text if PLAIN.fullmatch(text) else json.dumps(text)
