"""The switch of all deliveries: paused by a person, or held because the database turns out to be a copy.

A dump restored elsewhere would send every due delivery a second time, to real endpoints. So the switch stores the place
from which deliveries are sent; anywhere else they wait until someone resumes them. Events are recorded, and become
deliveries, all the same."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from hooks.models import DeliverySwitch
from hooks.outbox import notify
from hooks.outbox_sql import SWITCH_CHANGED
from hooks.queries import Sessions, fetch, text

DISABLED = "Deliveries are disabled: DELIVERIES_ENABLED is False."
PAUSED = "Deliveries have been paused since {since:%Y-%m-%d %H:%M} UTC."
COPIED = "Deliveries are on hold: this database was restored from a dump or copied, so it may not be the one to send them."
RESUME = "Events are still recorded. To send the pending deliveries: `python manage.py deliveries resume`"


@dataclass(frozen=True)
class Switch:
    """The stored row; each value is None before the first check."""

    is_paused: bool | None
    changed_at: datetime | None
    stored_place: str | None
    # Identifies this server, database and table.
    place: str

    @property
    def held_because(self) -> str:
        """Why nothing is sent, and what to do; empty if deliveries are sent."""
        if not settings.DELIVERIES_ENABLED:
            return DISABLED
        if self.is_paused:
            return f"{PAUSED.format(since=self.changed_at)} {RESUME}"
        if self.stored_place is not None and self.stored_place != self.place:
            return f"{COPIED} {RESUME}"
        return ""


# --- For people ---


def held_because() -> str:
    """Return why no deliveries are sent, as a sentence; empty if they are."""
    return read().held_because


def pause() -> None:
    """Send nothing more; attempts in flight still finish."""
    write(is_paused=True)


def resume() -> None:
    """Send the pending deliveries, also from a copy of the database, which is the place from now on."""
    write(is_paused=False, place=read().place)


def write(**values: object) -> None:
    with transaction.atomic():
        first = {"place": read().place, **values}
        DeliverySwitch.objects.update_or_create(
            pk=1, defaults={**values, "changed_at": Now()}, create_defaults=first
        )
        notify(SWITCH_CHANGED)


def read() -> Switch:
    with connection.cursor() as cursor:
        cursor.execute(text("read_switch"))
        return Switch(*cursor.fetchone())


# --- For the dispatcher ---


async def check(sessions: Sessions) -> str:
    """Return the same as held_because. The first check stores the place."""
    [row] = await fetch(sessions, "read_switch")
    switch = Switch(**row)
    if switch.stored_place is None:
        await fetch(sessions, "init_switch", {"place": switch.place})
    return switch.held_because
