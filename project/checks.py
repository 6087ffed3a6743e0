"""System checks of settings and database, run by `manage.py check` and `migrate`."""

import stat
from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

POSTGRESQL_MINIMUM = 150_000
# Each stream holds a thread for minutes; this many are reserved for other requests.
THREADS_FOR_REQUESTS = 16
POOLER_ATTEMPTS = 5
# 10.0.0.0/8 and fc00::/7 are the widest private networks.
SHORTEST_PREFIX = {4: 8, 6: 7}


@register(Tags.database)
def check_server(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **kwargs: object
) -> list[CheckMessage]:
    """Run by `check --database default` and by migrate."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, lower('É') = 'é',"
                " current_setting('is_superuser') = 'on'"
            )
            version, folds_case, is_superuser = cursor.fetchone()
        if version < POSTGRESQL_MINIMUM:
            found.append(Error("PostgreSQL 15 or newer is required.", id="project.E001"))
        if not folds_case:
            found.append(
                Warning(
                    "The locale of this database only folds the case of ASCII letters, so SKUs and searches that differ "
                    "in the case of other letters do not match.",
                    hint="Create it with a Unicode locale, for example LOCALE_PROVIDER icu or LC_CTYPE 'C.UTF-8'.",
                    id="project.W001",
                )
            )
        if is_superuser and not settings.DEBUG:
            found.append(
                Warning(
                    "The database user is a PostgreSQL superuser: an SQL injection would also expose the files and "
                    "programs of the server.",
                    hint="Connect as an ordinary role that owns its database.",
                    id="project.W004",
                )
            )
    return found


@register(Tags.database)
def check_sessions(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **kwargs: object
) -> list[CheckMessage]:
    """LISTEN, exports and the tags of an import's sessions need dedicated sessions."""
    if not any(shares_sessions(alias) for alias in databases or []):
        return []
    return [
        Error(
            "The database is behind a pooler in transaction mode. Progress, exports and the recovery of imports need "
            "dedicated sessions.",
            hint="Connect to PostgreSQL directly, or use session pooling (PgBouncer: pool_mode = session).",
            id="project.E003",
        )
    ]


def shares_sessions(alias: str) -> bool:
    """Whether two open connections are served by the same server process. A busy pooler may use two by chance, so this
    is repeated."""
    first, second = connections[alias], connections[alias].copy()
    try:
        return any(backend(first) == backend(second) for _ in range(POOLER_ATTEMPTS))
    finally:
        second.close()


def backend(connection: BaseDatabaseWrapper) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@register()
def check_threads(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    if settings.STREAMS_MAX + THREADS_FOR_REQUESTS <= settings.WEB_THREADS:
        return []
    return [
        Error(
            f"STREAMS_MAX ({settings.STREAMS_MAX}) leaves fewer than {THREADS_FOR_REQUESTS} of WEB_THREADS "
            f"({settings.WEB_THREADS}) for requests: open progress streams could block the site.",
            id="project.E002",
        )
    ]


@register()
def check_development_hosts(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    if not settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "DEBUG is on and ALLOWED_HOSTS is '*': a page of another site can use the open API by DNS rebinding.",
            hint="List the hosts, or remove ALLOWED_HOSTS.",
            id="project.W002",
        )
    ]


@register(Tags.security, deploy=True)
def check_webhook_keys(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    if settings.WEBHOOK_SECRET_KEYS:
        return []
    return [
        Warning(
            "WEBHOOK_SECRET_KEYS is not set, so the secrets of webhooks are encrypted with SECRET_KEY: changing that "
            "makes them unreadable.",
            hint="Set it to a key of its own (docs/operations/encryption-keys.md). Stored secrets stay readable.",
            id="project.W003",
        )
    ]


@register(Tags.security)
def check_webhook_networks(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    wide = [
        str(network)
        for network in settings.WEBHOOK_ALLOWED_NETWORKS
        if network.prefixlen < SHORTEST_PREFIX[network.version]
    ]
    if not wide:
        return []
    return [
        Warning(
            f"WEBHOOK_ALLOWED_NETWORKS includes {', '.join(wide)}: webhooks can then reach this machine and the cloud's "
            "metadata service.",
            hint="Only list the networks of endpoints, for example 10.20.0.0/16.",
            id="project.W005",
        )
    ]


@register(Tags.security)
def check_env_file(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    file = settings.ENV_FILE
    if settings.DEBUG or not file.is_file() or not file.stat().st_mode & stat.S_IROTH:
        return []
    return [
        Warning(
            f"Every user of this machine can read {file}, which contains SECRET_KEY and passwords.",
            hint=f"chmod 600 {file}",
            id="project.W006",
        )
    ]
