"""How many deliveries of a webhook may be in flight at once: an adaptive limit, as in TCP's congestion control."""

from dataclasses import dataclass, replace
from typing import Self

from hooks.http.outcomes import Outcome
from hooks.policy.retry import is_overloaded


@dataclass(frozen=True)
class ConcurrencyLimit:
    """A limit that starts at one, doubles each time as many deliveries succeeded as it allows, and is halved when the
    endpoint is overloaded."""

    maximum: int
    size: int = 1
    # Since the last change of the limit, or the last failure.
    successes: int = 0

    def increase(self) -> Self:
        """After a success."""
        if self.size >= self.maximum:
            return self
        successes = self.successes + 1
        if successes < self.size:
            return replace(self, successes=successes)
        return replace(self, size=min(self.size * 2, self.maximum), successes=0)

    def decrease(self, outcome: Outcome) -> Self:
        """After a failure; only one that shows overload makes the limit smaller."""
        size = max(self.size // 2, 1) if is_overloaded(outcome) else self.size
        return replace(self, size=size, successes=0)

    def reset(self) -> Self:
        """After the circuit breaker tripped."""
        return replace(self, size=1, successes=0)
