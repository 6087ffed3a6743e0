"""Cut a plan into chunks. Its slices were counted when the plan was made; a chunk is one slice or several."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Self

from imports.pipeline import ordered
from imports.queries import Parameters, Tables

# A fraction of a second's work, and not too many flushes to disk. As in staging, an attempt starts with less, so that even
# a worker that is killed again and again makes progress.
CHUNK_ROWS = 50_000
FIRST_CHUNK_ROWS = 3_000
# Smaller ones cost more in statements than the workers save by ending together.
LAST_CHUNK_ROWS = 10_000


@dataclass(frozen=True)
class Chunk:
    """The rows of the plan with numbers after `after` and up to `up_to`: how many rows of the file they stand for, how many
    of each kind the plan keeps, and how many of these have each flag. Once they are applied, `done` rows of the plan are done."""

    after: int
    up_to: int
    rows: int
    superseded: int
    created: int
    updated: int
    deactivated: int
    ignored: int
    kept_unchanged: int
    new_at_zero: int
    large_price_change: int
    goes_inactive: int
    last_key: str
    done: int
    # The table to apply.
    plan: str = "plan"

    @property
    def bounds(self) -> Parameters:
        return {"after": self.after, "up_to": self.up_to}

    @property
    def changed(self) -> int:
        return self.updated + self.deactivated

    @property
    def rows_of_the_file(self) -> int:
        return self.rows - self.deactivated - self.ignored

    @property
    def kept(self) -> int:
        return self.superseded + self.created + self.changed + self.ignored + self.kept_unchanged

    @property
    def unchanged(self) -> int:
        """Unchanged rows the plan keeps, and those whose numbers no kept row has."""
        return self.kept_unchanged + self.rows - self.kept

    def is_ruled_out_in(self, mode: str) -> bool:
        """Whether a change of the catalog since the rows were validated makes a row invalid in the mode."""
        return bool((mode == "update_only" and self.created) or (mode == "create_only" and self.updated))

    def joined(self, following: Self) -> Self:
        return replace(
            following,
            after=self.after,
            rows=self.rows + following.rows,
            superseded=self.superseded + following.superseded,
            created=self.created + following.created,
            updated=self.updated + following.updated,
            deactivated=self.deactivated + following.deactivated,
            ignored=self.ignored + following.ignored,
            kept_unchanged=self.kept_unchanged + following.kept_unchanged,
            new_at_zero=self.new_at_zero + following.new_at_zero,
            large_price_change=self.large_price_change + following.large_price_change,
            goes_inactive=self.goes_inactive + following.goes_inactive,
        )


NO_ROWS = Chunk(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "", 0)


def whole(slices: Sequence[Chunk]) -> Chunk:
    """All of them as one chunk."""
    return reduce(Chunk.joined, slices) if slices else NO_ROWS


def slice_rows() -> int:
    """As long as the first chunk."""
    return min(FIRST_CHUNK_ROWS, CHUNK_ROWS)


def read_slices(tables: Tables) -> list[Chunk]:
    """The slices in the order of the plan."""
    return [Chunk(*row) for row in tables.fetch_all("slices")]


def cut(slices: Iterable[Chunk], sizes: Iterator[int]) -> Iterator[Chunk]:
    """Join slices to chunks that keep at least so many rows of the plan."""
    chunk, size = None, 0
    for each in slices:
        size = size or next(sizes)
        chunk = chunk.joined(each) if chunk else each
        if chunk.kept >= size:
            yield chunk
            chunk, size = None, 0
    if chunk:
        yield chunk


def chunk_sizes(left: int) -> Iterator[int]:
    """Growing sizes, but at most a worker's share of the rows that are left, so that none works alone on a last chunk."""
    size = slice_rows()
    while True:
        size = min(size, max(LAST_CHUNK_ROWS, -(-left // ordered.WORKERS)))
        yield size
        size, left = min(4 * size, CHUNK_ROWS), left - size
