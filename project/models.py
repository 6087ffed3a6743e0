"""API keys, and the counters that limit sign-in attempts."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Greatest, Now
from django.utils.timezone import now

from lib.limits import SIGN_IN_FORGOTTEN_HOURS, SIGN_IN_WAIT_MAX_SECONDS, SIGN_IN_WAIT_SECONDS


class Scope(models.TextChoices):
    READ = "read"
    WRITE = "write"


class ApiKey(models.Model):
    """An API key. Only its digest is stored; the key itself is shown once, when it is created."""

    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.READ)
    # The first characters, to recognise the key in a list.
    prefix = models.CharField(max_length=16, editable=False)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Not a field: carries the key itself to the one response that shows it.
    key: str

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope__in=["read", "write"]), name="apikey_scope_is_read_or_write"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.scope})"


class SignInCounterQuerySet(models.QuerySet["SignInCounter"]):
    def forgotten(self) -> "SignInCounterQuerySet":
        return self.filter(last_at__lt=now() - timedelta(hours=SIGN_IN_FORGOTTEN_HOURS))


class SignInCounter(models.Model):
    """The sign-in attempts for an account, or from an address, since the last success."""

    class Kind(models.TextChoices):
        ACCOUNT = "account"
        ADDRESS = "address"

    kind = models.CharField(max_length=8, choices=Kind)
    # A digest: the input may be a password in the wrong field.
    name = models.CharField(max_length=64)
    attempts = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=now)
    blocked_until = models.DateTimeField(null=True)

    objects = SignInCounterQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="sign_in_counter_unique")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.attempts}"

    @property
    def seconds_left(self) -> int:
        """The wait until the next attempt is allowed, rounded up."""
        if self.blocked_until is None:
            return 0
        return max(0, -((now() - self.blocked_until) // timedelta(seconds=1)))

    def add(self, free: int) -> None:
        """Count one more attempt; after the free ones each doubles the wait for the next."""
        is_forgotten = self.last_at < now() - timedelta(hours=SIGN_IN_FORGOTTEN_HOURS)
        self.attempts = 1 if is_forgotten else self.attempts + 1
        self.last_at = now()
        if self.attempts >= free:
            doubled = SIGN_IN_WAIT_SECONDS * 2 ** min(self.attempts - free, 16)
            self.blocked_until = now() + timedelta(seconds=min(doubled, SIGN_IN_WAIT_MAX_SECONDS))
        self.save()

    def forgive(self) -> None:
        """The password was right. An account's counter is reset; an address only gets this attempt back: otherwise an
        attacker with an account could reset it and guess on at others."""
        left = Value(0) if self.kind == self.Kind.ACCOUNT else Greatest(F("attempts") - 1, Value(0))
        SignInCounter.objects.filter(pk=self.pk).update(attempts=left, blocked_until=None)
