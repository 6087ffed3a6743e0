"""Notifications of event streams by LISTEN and NOTIFY."""

import uuid

from django.db import connection

CHANNEL = "import_progress"


def notify(job_id: uuid.UUID) -> None:
    """Notify event streams of an update of the job once the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(job_id)])
