"""The one switch for all deliveries: paused by a person, held in a copy of the database, resumed."""

import asyncio
import logging
from io import StringIO

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from hooks import switch
from hooks.delivery.dispatcher import Dispatcher
from hooks.http.client import Sender
from hooks.models import Delivery, DeliverySwitch
from hooks.queries import open_sessions
from tests.factories import make_product, make_webhook
from tests.hooks.sending import send_all, statuses
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

COPIED = "Deliveries are on hold: this database was restored from a dump or copied"


def command(act: str) -> str:
    said = StringIO()
    call_command("deliveries", act, stdout=said)
    return said.getvalue().strip()


def make_copy() -> None:
    """What a dump has that is restored here: the place it was sent from is another."""
    DeliverySwitch.objects.create(place="7000000000000000000/16384/17000")


def make_due(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    make_product()


def test_deliveries_that_are_paused_wait_and_are_sent_once_resumed(receiver: Receiver) -> None:
    assert command("status") == "Deliveries are sent."
    assert command("pause").startswith("Deliveries have been paused since 20")
    make_due(receiver)
    send_all()
    assert (statuses(), receiver.received) == (["pending"], [])
    assert command("resume") == "Deliveries are sent."
    send_all()
    assert (statuses(), len(receiver.received)) == (["delivered"], 1)


def test_a_restored_copy_sends_nothing_until_it_is_resumed(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    make_copy()
    make_due(receiver)
    send_all()
    assert (statuses(), receiver.received) == (["pending"], [])
    assert [record.levelno for record in caplog.records if COPIED in record.message] == [logging.WARNING]
    assert command("status").startswith(COPIED)
    command("resume")
    send_all()
    assert statuses() == ["delivered"]


def test_a_table_that_was_restored_in_place_is_a_copy(receiver: Receiver) -> None:
    send_all()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE restored (LIKE hooks_deliveryswitch INCLUDING ALL);"
            "INSERT INTO restored SELECT * FROM hooks_deliveryswitch; DROP TABLE hooks_deliveryswitch;"
            "ALTER TABLE restored RENAME TO hooks_deliveryswitch"
        )
    assert switch.held_because().startswith(COPIED)


def test_the_place_is_written_down_once(receiver: Receiver) -> None:
    send_all()
    first = DeliverySwitch.objects.get()
    server, database, table = first.place.split("/")
    assert (len(server), database.isdecimal(), table.isdecimal()) == (19, True, True)
    send_all()
    assert DeliverySwitch.objects.get().changed_at == first.changed_at


def test_a_server_that_does_not_tell_its_identity_is_known_by_the_rest(receiver: Receiver) -> None:
    with connection.cursor() as cursor:
        cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC; CREATE ROLE unknowing")
        cursor.execute("GRANT SELECT ON hooks_deliveryswitch TO unknowing; SET ROLE unknowing")
        place = switch.read().place
        cursor.execute("RESET ROLE; GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")
        cursor.execute("DROP OWNED BY unknowing; DROP ROLE unknowing")
    assert place == "-/" + switch.read().place.partition("/")[2]


def test_the_environment_can_hold_deliveries(receiver: Receiver, settings: Settings) -> None:
    settings.DELIVERIES_ENABLED = False
    make_due(receiver)
    send_all()
    assert (statuses(), receiver.received) == (["pending"], [])
    assert command("resume") == "Deliveries are disabled: DELIVERIES_ENABLED is False."


def test_a_pause_lets_what_is_under_way_come_to_its_end_and_nothing_more(receiver: Receiver) -> None:
    make_webhook(receiver.url("/delay/0.3"), max_in_flight=1)
    for number in range(3):
        make_product(sku=f"P{number}")

    async def story() -> None:
        async with open_sessions() as sessions, Sender(configured.WEBHOOK_ALLOWED_NETWORKS) as sender:
            running = asyncio.create_task(Dispatcher(sessions, sender).run())
            await asyncio.to_thread(receiver.wait_for, 1)
            await asyncio.to_thread(in_session_of_its_own)
            await asyncio.sleep(1)
            assert len(receiver.received) == 1
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
    assert sorted(statuses()) == ["delivered", "pending", "pending"]


def in_session_of_its_own() -> None:
    switch.pause()
    connection.close()


def test_the_api_says_whether_deliveries_are_sent(client: Client) -> None:
    assert client.get("/api/dashboard/deliveries").json() == {"are_sent": True, "held_because": None}
    make_copy()
    found = client.get("/api/dashboard/deliveries").json()
    assert (found["are_sent"], found["held_because"].startswith(COPIED)) == (False, True)


def test_the_console_pauses_and_resumes(client: Client) -> None:
    make_webhook()
    page = client.post("/webhooks/pause/", follow=True).content.decode()
    assert "Deliveries have been paused since" in page
    assert DeliverySwitch.objects.get().is_paused
    page = client.post("/webhooks/resume/", follow=True).content.decode()
    assert "Pause all deliveries" in page
    assert not DeliverySwitch.objects.get().is_paused


def test_the_overview_and_the_admin_say_that_deliveries_are_held(
    client: Client, admin_client: Client
) -> None:
    make_copy()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    assert COPIED in client.get("/").content.decode()
    assert COPIED in admin_client.get("/admin/hooks/webhook/").content.decode()


def test_events_are_recorded_while_deliveries_are_held(receiver: Receiver) -> None:
    make_copy()
    make_due(receiver)
    send_all()
    assert Delivery.objects.get().event.event_type == "product.created"
