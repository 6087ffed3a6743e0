"""What `manage.py check` and `migrate` find out before anybody meets it in use."""

import stat
from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

POSTGRESQL_MINIMUM = 150_000
# Streams hold a thread each for minutes; these many are kept for requests that come and go.
THREADS_FOR_REQUESTS = 16
LOOKS_FOR_A_POOLER = 5
# 10.0.0.0/8 and fc00::/7 are the widest private networks there are.
SHORTEST_PREFIX = {4: 8, 6: 7}


@register(Tags.database)
def check_server(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **kwargs: object
) -> list[CheckMessage]:
    """Asked with `check --database default`, and by every migrate."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, lower('É') = 'é',"
                " current_setting('is_superuser') = 'on'"
            )
            version, folds_case, is_superuser = cursor.fetchone()
        if version < POSTGRESQL_MINIMUM:
            found.append(Error("PostgreSQL 15 or newer is needed.", id="project.E001"))
        if not folds_case:
            found.append(
                Warning(
                    "The locale of this database knows the letter case of ASCII only, so SKUs and searches that "
                    "differ in the case of other letters will not match.",
                    hint="Create it with a Unicode locale, for example LOCALE_PROVIDER icu or LC_CTYPE 'C.UTF-8'.",
                    id="project.W001",
                )
            )
        if is_superuser and not settings.DEBUG:
            found.append(
                Warning(
                    "The database user is a superuser of PostgreSQL: a fault that lets somebody run SQL would give them "
                    "the files and programs of the server too.",
                    hint="Sign in as an ordinary role that owns its database.",
                    id="project.W004",
                )
            )
    return found


@register(Tags.database)
def check_sessions(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **kwargs: object
) -> list[CheckMessage]:
    """LISTEN, exports and the marks by which an import's sessions are found need a session of one's own."""
    if not any(shares_sessions(alias) for alias in databases or []):
        return []
    return [
        Error(
            "The database is reached by a pooler that shares its sessions between transactions. Progress, exports and "
            "the recovery of imports need sessions of their own.",
            hint="Connect to PostgreSQL itself, or let the pooler work by session (PgBouncer: pool_mode = session).",
            id="project.E003",
        )
    ]


def shares_sessions(alias: str) -> bool:
    """Two connections that are open at once and are served by the same process of the server. A busy pooler may give
    them two by chance, so it is asked again."""
    first, second = connections[alias], connections[alias].copy()
    try:
        return any(backend(first) == backend(second) for _ in range(LOOKS_FOR_A_POOLER))
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
            f"STREAMS_MAX ({settings.STREAMS_MAX}) leaves fewer than {THREADS_FOR_REQUESTS} of the WEB_THREADS "
            f"({settings.WEB_THREADS}) for requests; people watching imports could stop the site.",
            id="project.E002",
        )
    ]


@register()
def check_development_hosts(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    if not settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "DEBUG is on and ALLOWED_HOSTS is '*': a page of another site that names this machine in its own DNS "
            "can use the open API.",
            hint="Name the hosts, or leave ALLOWED_HOSTS out.",
            id="project.W002",
        )
    ]


@register(Tags.security, deploy=True)
def check_webhook_keys(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    if settings.WEBHOOK_SECRET_KEYS:
        return []
    return [
        Warning(
            "WEBHOOK_SECRET_KEYS is not set, so the secrets of webhooks are sealed with SECRET_KEY: changing that "
            "makes them unreadable.",
            hint="Set it to a key of its own; docs/operations/encryption-keys.md says how. What is sealed stays readable.",
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
            f"WEBHOOK_ALLOWED_NETWORKS has {', '.join(wide)}: a webhook may then call this machine, and what a cloud "
            "tells its machines alone.",
            hint="Name the networks that receivers are in, for example 10.20.0.0/16.",
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
            f"Everybody on this machine can read {file}, which has SECRET_KEY and passwords.",
            hint=f"chmod 600 {file}",
            id="project.W006",
        )
    ]
