"""Waiting for a client: how long, and which of the slow ones has to go."""

import socket
from collections.abc import Iterator

import pytest

from lib import limits
from project.server import patient_socket
from project.server.patient_socket import PatientSocket, SlowPlaces, TooSlow


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PatientSocket, socket.socket]]:
    """A server's end and a client's, with a tenth of a second of patience."""
    monkeypatch.setattr(patient_socket, "CLIENT_STALL_SECONDS", 0.1)
    monkeypatch.setattr(patient_socket, "CLIENT_SLOW_SECONDS", 60)
    server, client = socket.socketpair()
    patient = PatientSocket.of(server, SlowPlaces(1))
    with patient, client:
        yield patient, client


def test_client_that_sends_nothing_is_let_go(pair: tuple[PatientSocket, socket.socket]) -> None:
    server, _ = pair
    with pytest.raises(TooSlow):
        server.recv(1)


def test_client_that_takes_nothing_is_let_go(pair: tuple[PatientSocket, socket.socket]) -> None:
    server, _ = pair
    with pytest.raises(TooSlow):
        server.sendall(bytes(10_000_000))


def test_bytes_earn_patience_back_and_no_more_than_there_was() -> None:
    server, client = socket.socketpair()
    with PatientSocket.of(server, SlowPlaces(1)) as patient, client:
        patient.spend(10)
        client.sendall(bytes(4_000))
        patient.recv(4_000)
        assert patient.patience == limits.CLIENT_STALL_SECONDS - 6
        client.sendall(bytes(60_000))
        patient.recv(60_000)
        assert patient.patience == limits.CLIENT_STALL_SECONDS


def test_slowest_has_to_go_when_the_places_are_taken() -> None:
    places = SlowPlaces(2)
    with make_slow(places, 5_000) as first, make_slow(places, 100) as slowest, make_slow(places, 900) as last:
        assert [client.is_cut for client in (first, slowest, last)] == [False, True, False]
        with pytest.raises(TooSlow):
            slowest.wait(1)


def make_slow(places: SlowPlaces, rate: int) -> PatientSocket:
    client = PatientSocket.of(socket.socket(), places)
    client.earn(rate * 10)
    client.spend(10)
    return client


def test_place_is_free_when_the_request_has_ended() -> None:
    places = SlowPlaces(1)
    with make_slow(places, 100) as first, make_slow(SlowPlaces(1), 100):
        first.end()
        with make_slow(places, 900):
            assert not first.is_cut
