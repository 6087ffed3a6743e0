"""Creates, looks up and revokes API keys.

Only the SHA-256 of a key is stored; a key has 178 random bits, so a slow hash would add nothing. The last six characters
are a checksum: a mistyped or truncated key is rejected without a database query, and secret scanners can recognise a
leaked key."""

import hashlib
import secrets
import string
import zlib
from datetime import timedelta

from django.db import InternalError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from psycopg.errors import ReadOnlySqlTransaction

from lib.security_log import log
from project.models import ApiKey, Scope

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
MARK = "pi_"
RANDOM_LENGTH = 30
CHECKSUM_LENGTH = 6
PREFIX_LENGTH = len(MARK) + 8
USE_RECORDED_EVERY = timedelta(minutes=1)


def issue(name: str, scope: Scope) -> tuple[ApiKey, str]:
    """Create a key; return its record and the key itself, which cannot be shown again."""
    body = MARK + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    key = body + checksum(body)
    record = ApiKey.objects.create(name=name, scope=scope, prefix=key[:PREFIX_LENGTH], sha256=digest(key))
    log("key.created", prefix=record.prefix, scope=scope.value, name=name)
    return record, key


def find(key: str) -> ApiKey | None:
    """Return the record of a valid key that is not revoked."""
    if not is_well_formed(key):
        return None
    for record in ApiKey.objects.filter(prefix=key[:PREFIX_LENGTH], revoked_at=None):
        if secrets.compare_digest(record.sha256, digest(key)):
            record_use(record)
            return record
    return None


def revoke(records: QuerySet[ApiKey]) -> int:
    """Revoke the keys and return how many; keys revoked before keep their date."""
    with transaction.atomic():
        active = list(records.filter(revoked_at=None).select_for_update())
        ApiKey.objects.filter(pk__in=[record.pk for record in active]).update(revoked_at=timezone.now())
    for record in active:
        log("key.revoked", prefix=record.prefix, name=record.name)
    return len(active)


def is_well_formed(key: str) -> bool:
    body = key[:-CHECKSUM_LENGTH]
    shape = key.isascii() and key.startswith(MARK) and len(body) == len(MARK) + RANDOM_LENGTH
    return shape and secrets.compare_digest(key, body + checksum(body))


def record_use(record: ApiKey) -> None:
    # To the minute is enough, and avoids a write on every request.
    now = timezone.now()
    if record.last_used_at is None or record.last_used_at < now - USE_RECORDED_EVERY:
        try:
            with transaction.atomic():
                ApiKey.objects.filter(pk=record.pk).update(last_used_at=now)
        except InternalError as failure:
            # Reads still work while the database is read-only.
            if not isinstance(failure.__cause__, ReadOnlySqlTransaction):
                raise


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, remainder = divmod(number, len(ALPHABET))
        digits = ALPHABET[remainder] + digits
    return digits
