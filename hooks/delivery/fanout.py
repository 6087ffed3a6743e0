"""Creates a delivery for each event and each webhook that subscribes to it, in sets, after the change was committed.

A batch of events records its progress in the commit that creates its deliveries, so the work can be interrupted anywhere,
and two sessions may do it at once."""

from dataclasses import dataclass

from hooks.queries import Sessions, fetch

# A step takes a fraction of a second, so the deliveries of a long import start while it is still running.
STEP = 10_000


@dataclass(frozen=True)
class FanOut:
    """The result of a step: the webhooks that got deliveries, and whether there may be more events."""

    webhooks: set[int]
    has_more: bool


async def fan_out(sessions: Sessions) -> FanOut:
    """Run one step over new events, and one step of a recovery."""
    new, recovered = await step(sessions, "fan_out"), await step(sessions, "recover")
    return FanOut(new.webhooks | recovered.webhooks, new.has_more or recovered.has_more)


async def step(sessions: Sessions, statement: str) -> FanOut:
    [row] = await fetch(sessions, statement, {"step": STEP})
    return FanOut(set(row["webhooks"]), row["more"])
