"""API keys: how a program is let in. project.access checks them, `manage.py apikey` and the admin make them."""

from django.db import models
from django.db.models.functions import Now


class Scope(models.TextChoices):
    READ = "read"
    WRITE = "write"


class ApiKey(models.Model):
    """A key as the database knows it: its digest. The key itself is shown once, when it is made."""

    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.READ)
    # The first characters of the key, to tell keys apart in a list.
    prefix = models.CharField(max_length=16, editable=False)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Not a field: the key itself, on the way from where it is made to the one answer that shows it.
    key: str

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope__in=["read", "write"]), name="apikey_scope_is_read_or_write"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.scope})"
