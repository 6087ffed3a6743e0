"""The one switch for all deliveries: paused by a person, or held where the database turns out to be a copy.

What a dump restores somewhere else would send every delivery that was due a second time, to real receivers. So the switch
says in which place deliveries are sent, and anywhere else they wait until somebody resumes them. Events are recorded, and
become deliveries, all the while. hooks.delivery.dispatcher looks every second."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from hooks.models import DeliverySwitch
from hooks.outbox import notify
from hooks.outbox_sql import SWITCHED
from hooks.queries import Sessions, fetch, text

DISABLED = "Deliveries are off: DELIVERIES_ENABLED is False."
PAUSED = "Deliveries are paused since {since:%Y-%m-%d %H:%M} UTC."
COPIED = "Deliveries are held: this database was restored from a dump or copied, and may not be the one to send them."
RESUME = "Events go on being recorded. To send what waits: `python manage.py deliveries resume`"


@dataclass(frozen=True)
class Switch:
    """As the row has it; None where nobody has left it in any place yet."""

    is_paused: bool | None
    changed_at: datetime | None
    left_at: str | None
    # Which server, database and table this is, as far as may be known.
    place: str

    @property
    def held_because(self) -> str:
        """Why nothing is sent, and what to do; "" if deliveries are sent."""
        if not settings.DELIVERIES_ENABLED:
            return DISABLED
        if self.is_paused:
            return f"{PAUSED.format(since=self.changed_at)} {RESUME}"
        if self.left_at is not None and self.left_at != self.place:
            return f"{COPIED} {RESUME}"
        return ""


# --- For people ---


def held_because() -> str:
    """Why no deliveries are sent, as a sentence; "" if they are."""
    return read().held_because


def pause() -> None:
    """Attempts that are under way come to their end; then nothing is sent any more."""
    turn(is_paused=True)


def resume() -> None:
    """Send what waits: also in a database that is a copy, which is the place from now on."""
    turn(is_paused=False, place=read().place)


def turn(**values: object) -> None:
    with transaction.atomic():
        first = {"place": read().place, **values}
        DeliverySwitch.objects.update_or_create(
            pk=1, defaults={**values, "changed_at": Now()}, create_defaults=first
        )
        notify(SWITCHED)


def read() -> Switch:
    with connection.cursor() as cursor:
        cursor.execute(text("switch"))
        return Switch(*cursor.fetchone())


# --- For the dispatcher ---


async def look(sessions: Sessions) -> str:
    """As held_because. The first to look writes down which place this is."""
    [row] = await fetch(sessions, "switch")
    switch = Switch(**row)
    if switch.left_at is None:
        await fetch(sessions, "leave_switch", {"place": switch.place})
    return switch.held_because
