"""Sign-in with a password, with limits on guesses and on concurrent hashing.

A few attempts for an account are free; then each one doubles the wait. The same goes for an address, if a proxy reports
it. An attempt is counted before its password is checked, so concurrent attempts gain nothing; the right password resets
the counter. The limits are in lib.limits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from lib.limits import PASSWORD_HASHES_AT_ONCE, SIGN_IN_FREE_ACCOUNT, SIGN_IN_FREE_ADDRESS
from lib.security_log import log
from project.auth.requester import client_address
from project.models import SignInCounter
from project.problems import ProblemError

FREE = {
    SignInCounter.Kind.ACCOUNT: SIGN_IN_FREE_ACCOUNT,
    SignInCounter.Kind.ADDRESS: SIGN_IN_FREE_ADDRESS,
}
HASHES = BoundedSemaphore(PASSWORD_HASHES_AT_ONCE)
BUSY_SECONDS = 2


class SignInBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> Any:
        """Raises ProblemError (429) if the password is not even checked."""
        if username is None or password is None:
            return None
        with hashing_slot():
            counters = counted(request, username)
            user = super().authenticate(request, username, password, **credentials)
        if user is None:
            log("sign_in.failed", account=known(username))
            return None
        for counter in counters:
            counter.forgive()
        log("sign_in.succeeded", account=username)
        return user


@contextmanager
def hashing_slot() -> Iterator[None]:
    if not HASHES.acquire(blocking=False):
        detail = "Too many concurrent sign-ins. Try again in a moment."
        raise ProblemError(429, "sign_in.busy", detail, retry_after=BUSY_SECONDS)
    try:
        yield
    finally:
        HASHES.release()


def counted(request: HttpRequest | None, username: str) -> Sequence[SignInCounter]:
    """Count one more attempt. Raises ProblemError while a wait is in force."""
    names = {SignInCounter.Kind.ACCOUNT: username}
    if request is not None and settings.BEHIND_PROXY:
        names[SignInCounter.Kind.ADDRESS] = client_address(request)
    with transaction.atomic():
        counters = [locked(kind, name) for kind, name in names.items()]
        seconds = max(counter.seconds_left for counter in counters)
        if not seconds:
            for counter in counters:
                counter.add(FREE[SignInCounter.Kind(counter.kind)])
    if seconds:
        log("sign_in.blocked", account=known(username), seconds=seconds)
        detail = f"Too many failed sign-ins. Try again in {duration(seconds)}."
        raise ProblemError(429, "sign_in.blocked", detail, retry_after=seconds)
    return counters


def locked(kind: str, name: str) -> SignInCounter:
    digest = salted_hmac("project.auth.sign_in", name, algorithm="sha256").hexdigest()
    counter, _ = SignInCounter.objects.select_for_update().get_or_create(kind=kind, name=digest)
    return counter


def known(username: str) -> str:
    """Return the name of an existing account only: other input may be a password in the wrong field."""
    return username if User.objects.filter(username=username).exists() else "unknown"


def duration(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
