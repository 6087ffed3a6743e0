"""Events times webhooks gives deliveries: set by set, after the change was committed.

hooks.delivery.dispatcher runs it. A batch of events says how far it is, in the commit that makes its deliveries, so it can be
broken off anywhere and two may run at once."""

from dataclasses import dataclass

from hooks.queries import Sessions, fetch

# A step is a fraction of a second: the deliveries of a long import begin while it still runs.
STEP = 10_000


@dataclass(frozen=True)
class Made:
    """What a step did: whom there are deliveries for, and whether there may be more to do."""

    webhooks: set[int]
    more: bool


async def fan_out(sessions: Sessions) -> Made:
    """One step of what was written lately, and one of a recovery."""
    written, recovered = await step(sessions, "fan_out"), await step(sessions, "recover")
    return Made(written.webhooks | recovered.webhooks, written.more or recovered.more)


async def step(sessions: Sessions, statement: str) -> Made:
    [made] = await fetch(sessions, statement, {"step": STEP})
    return Made(set(made["webhooks"]), made["more"])
