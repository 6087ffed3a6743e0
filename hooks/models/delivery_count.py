"""The number of accepted and failed deliveries."""

from datetime import datetime
from typing import Self

from django.db import connection, models


class DeliveryCountQuerySet(models.QuerySet["DeliveryCount"]):
    def fold(self) -> None:
        """Merge the lines of each hour. Concurrent writers and folds see the same sums at any time."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH folded AS (
                    DELETE FROM hooks_deliverycount WHERE (hour, pruned) IN (
                        SELECT hour, pruned FROM hooks_deliverycount GROUP BY hour, pruned HAVING count(*) > 1
                    )
                    RETURNING hour, pruned, accepted, failed
                )
                INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
                SELECT hour, pruned, sum(accepted), sum(failed) FROM folded GROUP BY hour, pruned
                """
            )

    def since(self, moment: datetime) -> Self:
        return self.filter(hour__gte=moment)


class DeliveryCount(models.Model):
    """A change in the number of accepted and failed deliveries, one line for each statement; the sum is the total.

    Lines are only added, so sessions do not wait for each other, and merged by the hour. Deliveries that are pruned stay
    counted, in lines of their own."""

    hour = models.DateTimeField()
    pruned = models.BooleanField(default=False)
    accepted = models.BigIntegerField()
    failed = models.BigIntegerField()

    objects = DeliveryCountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.accepted:+d} accepted, {self.failed:+d} failed"
