"""What follows from outcomes, to the second, by a clock that the tests hold."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from hooks.http.outcomes import Outcome, sentence, status_failure
from hooks.policy.circuit_breaker import Health, Permit, State, allows, health_after, reset_values, resumes_at
from hooks.policy.concurrency import ConcurrencyLimit
from hooks.policy.retry import ATTEMPTS, SCHEDULE, next_attempt_at

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SUCCESS = Outcome(duration_ms=1, status_code=200)


def answered(status: int, retry_after: str | None = None) -> Outcome:
    code, error = status_failure(status)
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return Outcome(1, status, code, error, response_headers=headers)


def failed(code: str = "connect.refused") -> Outcome:
    return Outcome(1, error_code=code, error=sentence(code))


def middle() -> float:
    return 0.5


def wait(outcome: Outcome, attempts: int = 1) -> timedelta | None:
    moment = next_attempt_at(outcome, attempts, NOW, middle)
    return moment - NOW if moment else None


def after_all(outcomes: Iterable[Outcome], health: Health | None = None) -> Health:
    """At one moment."""
    health = health or Health()
    for outcome in outcomes:
        health = health_after(health, outcome, NOW)
    return health


# --- One delivery ---


def test_waits_are_those_of_the_schedule() -> None:
    waits = [wait(failed(), attempts) for attempts in range(1, ATTEMPTS)]
    hour = timedelta(hours=1)
    assert waits == [
        *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
        *(2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour),
    ]
    assert sum(SCHEDULE, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


def test_tenth_attempt_is_the_last() -> None:
    assert ATTEMPTS == 10
    assert wait(failed(), 9) == timedelta(hours=24)
    assert wait(failed(), 10) is None
    assert wait(failed(), 11) is None


@pytest.mark.parametrize(("spread", "seconds"), [(0.0, 240), (0.25, 270), (0.5, 300), (1.0, 360)])
def test_waits_are_spread_by_a_fifth(spread: float, seconds: int) -> None:
    assert next_attempt_at(failed(), 2, NOW, lambda: spread) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "status", [301, 302, 304, 400, 401, 403, 404, 408, 409, 413, 422, 425, 500, 501, 505, 999]
)
def test_every_other_status_is_tried_again(status: int) -> None:
    assert wait(answered(status)) == timedelta(seconds=5)


@pytest.mark.parametrize(
    "code", ["address.not_allowed", "dns.failed", "tls.certificate", "connection.lost", "response.invalid"]
)
def test_every_failure_is_tried_again(code: str) -> None:
    assert wait(failed(code)) == timedelta(seconds=5)


def test_410_is_not_tried_again() -> None:
    assert wait(answered(410)) is None


@pytest.mark.parametrize(
    "outcome", [*map(answered, (429, 502, 503, 504)), *map(failed, ("connect.timeout", "response.timeout"))]
)
def test_receiver_that_does_not_keep_up_has_a_minute_at_least(outcome: Outcome) -> None:
    assert wait(outcome) == timedelta(seconds=60)
    assert wait(outcome, 2) == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 60),
        ("1", 60),
        ("86400", 86_400),
        ("86401", 86_400),
        ("99999999999999999999999", 86_400),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120),
        ("Sunday, 22-Nov-26 12:02:00 GMT", 120),
        ("Sun Nov 22 12:02:00 2026", 120),
        ("Tue, 24 Nov 2026 12:00:00 GMT", 86_400),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 60),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", 60),
        ("Sun, 22 Nov 2026 12:02:00 +9999", 60),
        ("-120", 60),
        ("1.5", 60),
        ("1e3", 60),
        ("\u0661\u0662\u0660", 60),
        ("soon", 60),
        ("", 60),
    ],
)
def test_retry_after_is_kept_to_for_up_to_a_day(retry_after: str, seconds: int) -> None:
    assert wait(answered(503, retry_after)) == timedelta(seconds=seconds)


def test_retry_after_makes_no_wait_shorter() -> None:
    assert wait(answered(503, "120"), 3) == timedelta(minutes=30)


def test_retry_after_counts_with_every_failure() -> None:
    assert wait(answered(500, "120")) == timedelta(seconds=120)


# --- The breaker ---


def test_nine_failures_in_a_row_leave_it_closed() -> None:
    health = after_all([failed()] * 9)
    assert (health.state, health.consecutive_failures) == (State.HEALTHY, 9)
    assert allows(health, NOW) is Permit.ALL


def test_tenth_failure_in_a_row_opens_it_for_half_a_minute() -> None:
    health = after_all([failed()] * 10)
    assert health.state is State.OPEN
    assert resumes_at(health) == NOW + timedelta(seconds=30)
    assert allows(health, NOW + timedelta(seconds=29)) is Permit.NONE
    assert allows(health, NOW + timedelta(seconds=30)) is Permit.PROBE


def test_success_between_failures_starts_the_count_anew() -> None:
    health = after_all([*[failed()] * 9, SUCCESS, *[failed()] * 9])
    assert (health.state, health.consecutive_failures) == (State.HEALTHY, 9)


def test_what_was_under_way_when_it_opened_moves_no_probe() -> None:
    opened = after_all([failed()] * 10)
    late = health_after(opened, failed(), NOW + timedelta(seconds=12))
    assert (late.next_probe_at, late.probes) == (opened.next_probe_at, 0)
    assert late.consecutive_failures == 11


def test_failed_probes_wait_twice_as_long_up_to_a_quarter_of_an_hour() -> None:
    health, now, waits = after_all([failed()] * 10), NOW, []
    for _ in range(7):
        assert health.next_probe_at
        now = health.next_probe_at
        health = health_after(health, failed(), now, is_probe=True)
        assert health.next_probe_at
        waits.append((health.next_probe_at - now).total_seconds())
    assert waits == [60, 120, 240, 480, 900, 900, 900]
    assert health.probes == 7


def test_probe_that_gets_through_closes_it() -> None:
    opened = after_all([failed()] * 10)
    healed = health_after(opened, SUCCESS, NOW + timedelta(seconds=31), is_probe=True)
    assert healed == Health(last_success_at=NOW + timedelta(seconds=31))
    assert allows(healed, NOW + timedelta(seconds=31)) is Permit.ALL


def test_failures_are_counted_from_the_first_since_the_last_success() -> None:
    health = health_after(Health(), SUCCESS, NOW)
    health = health_after(health, failed(), NOW + timedelta(seconds=1))
    health = health_after(health, failed(), NOW + timedelta(seconds=9))
    assert health.failing_since == NOW + timedelta(seconds=1)
    assert health.last_success_at == NOW


# --- The pause that a receiver asks for ---


@pytest.mark.parametrize(("status", "pauses"), [(429, True), (503, True), (500, False), (404, False)])
def test_retry_after_of_an_overloaded_receiver_pauses_all_deliveries(status: int, pauses: bool) -> None:
    health = health_after(Health(), answered(status, "90"), NOW)
    assert resumes_at(health) == (NOW + timedelta(seconds=90) if pauses else None)
    assert allows(health, NOW + timedelta(seconds=89)) is (Permit.NONE if pauses else Permit.ALL)
    assert allows(health, NOW + timedelta(seconds=90)) is Permit.ALL


def test_longest_pause_counts() -> None:
    health = after_all([answered(429, "90"), answered(429, "30"), answered(429)])
    assert health.paused_until == NOW + timedelta(seconds=90)


def test_success_that_was_under_way_ends_no_pause() -> None:
    health = after_all([answered(429, "90"), SUCCESS])
    assert health == Health(last_success_at=NOW, paused_until=NOW + timedelta(seconds=90))


def test_pause_that_is_over_is_forgotten() -> None:
    health = health_after(Health(), answered(429, "90"), NOW)
    assert health_after(health, SUCCESS, NOW + timedelta(seconds=90)).paused_until is None


def test_probe_waits_for_the_pause() -> None:
    health = after_all([*[failed()] * 9, answered(429, "90")])
    assert allows(health, NOW + timedelta(seconds=89)) is Permit.NONE
    assert allows(health, NOW + timedelta(seconds=90)) is Permit.PROBE


# --- Disabling ---


def test_410_disables_at_once() -> None:
    health = health_after(Health(last_success_at=NOW), answered(410), NOW)
    assert (health.state, health.disabled_at) == (State.DISABLED, NOW)
    assert health.disabled_reason == "The endpoint returned 410 Gone."
    assert allows(health, NOW + timedelta(days=365)) is Permit.NONE


def test_five_days_without_a_success_disable() -> None:
    opened = after_all([failed()] * 10)
    almost = health_after(opened, failed(), NOW + timedelta(days=5, seconds=-1), is_probe=True)
    assert almost.state is State.OPEN
    disabled = health_after(almost, answered(500), NOW + timedelta(days=5), is_probe=True)
    assert (disabled.state, disabled.disabled_at) == (State.DISABLED, NOW + timedelta(days=5))
    assert disabled.disabled_reason == (
        "No delivery succeeded for 5 days (12 attempts). Last error: The endpoint returned 500 Internal Server Error."
    )
    assert disabled.next_probe_at is None


def test_quiet_days_do_not_disable() -> None:
    health = health_after(Health(), SUCCESS, NOW)
    health = health_after(health, failed(), NOW + timedelta(days=30))
    assert (health.state, health.failing_since) == (State.HEALTHY, NOW + timedelta(days=30))


def test_late_success_does_not_enable() -> None:
    disabled = health_after(Health(), answered(410), NOW)
    assert health_after(disabled, SUCCESS, NOW) == disabled
    assert health_after(disabled, failed(), NOW) == disabled


def test_reset_clears_all_but_the_last_success() -> None:
    opened = after_all([failed()] * 10, health_after(Health(), SUCCESS, NOW))
    again = Health(**{**asdict(opened), **reset_values()})
    assert again == Health(last_success_at=NOW)
    assert allows(again, NOW) is Permit.ALL


# --- Slow start ---


def test_limit_double_each_time_as_many_got_through() -> None:
    limit, sizes = ConcurrencyLimit(maximum=16, size=16).reset(), []
    for _ in range(17):
        sizes.append(limit.size)
        limit = limit.increase()
    assert sizes == [1, 2, 2, 4, 4, 4, 4, *[8] * 8, 16, 16]


def test_limit_end_at_their_limit() -> None:
    limit = ConcurrencyLimit(maximum=5, size=4)
    for _ in range(20):
        limit = limit.increase()
    assert limit.size == 5


def test_receiver_that_does_not_keep_up_has_half_the_slots() -> None:
    limit = ConcurrencyLimit(maximum=16, size=16)
    assert limit.decrease(answered(429)).size == 8
    assert limit.decrease(failed("response.timeout")).size == 8
    assert ConcurrencyLimit(maximum=16, size=1).decrease(answered(429)).size == 1


def test_other_failure_costs_no_slot_but_starts_the_count_anew() -> None:
    assert ConcurrencyLimit(maximum=16, size=8, successes=7).decrease(answered(500)) == ConcurrencyLimit(
        maximum=16, size=8, successes=0
    )
