"""Errors that domain functions raise for their callers to explain, by kind. The domain knows nothing of HTTP:
project.api.api gives each kind a status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple


class Explanation(NamedTuple):
    """What a code means, and what to do about it."""

    meaning: str
    remedy: str


@dataclass(frozen=True)
class InvalidValue:
    """An invalid value of a request. The pointer is a JSON Pointer into the body, or starts with another part of the
    request: `/query/page`, `/header/Idempotency-Key`."""

    code: str
    detail: str
    pointer: str


class DomainError(Exception):
    """`code` is for programs, `detail` for people, `pointer` names the invalid value if there is one. A class whose errors
    are all alike has them as attributes. `codes` explains each code of the class, in the reference."""

    codes: ClassVar[Mapping[str, Explanation]] = {}
    code: str
    detail: str
    pointer: str | None = None

    def __init__(self, detail: str = "", *, code: str = "") -> None:
        if detail:
            self.detail = detail
        if code:
            self.code = code
        super().__init__(self.detail)

    def members(self) -> Mapping[str, object]:
        """Further members of the problem response."""
        return {}

    def invalid_values(self) -> Sequence[InvalidValue]:
        return [InvalidValue(self.code, self.detail, self.pointer)] if self.pointer else []


class Invalid(DomainError):
    """A value is not acceptable."""


class NotFound(DomainError):
    """Nothing has this id."""


class Conflict(DomainError):
    """The state of the object, or of others, does not allow this."""


class Gone(DomainError):
    """It existed, and was deleted on purpose."""


class QuotaReached(DomainError):
    """The key or account uses all that it may."""


class Overloaded(DomainError):
    """The server has no capacity for this at the moment; later it may."""
