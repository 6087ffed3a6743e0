"""Cut the parts of a plan into chunks, in the order in which they are applied."""

from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from imports.queries import Parameters, Tables


@dataclass(frozen=True)
class Chunk:
    """The rows of a part of the plan with numbers after `after` and up to `up_to`. Once it is applied, `done` of the
    plan's `rows` are done."""

    plan: str
    after: int
    up_to: int
    done: int
    rows: int
    # Numbers follow the keys, but only within a part.
    ordered_by: LiteralString = "number"

    @property
    def key_order(self) -> sql.SQL:
        return sql.SQL(self.ordered_by)

    @property
    def bounds(self) -> Parameters:
        return {"after": self.after, "up_to": self.up_to}


# All rows that were classified again.
REPLANNED = Chunk("replanned", 0, 2**62, 0, 0, "key, line")


class Parts:
    """The parts of a job's plan, and how many rows each of them counts."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        names = ["_".join(["plan", name.rpartition("_")[2]]) for (name,) in tables.fetch_all("plan_parts")]
        self.parts = [(name, int(tables.fetch("part_rows", plan=name)[0])) for name in names]
        self.rows = sum(rows for _, rows in self.parts)

    def chunk(self, done: int, size: int) -> Chunk:
        """The next `size` rows after the `done` ones, within one part."""
        before = 0
        for plan, rows in self.parts:
            if done < before + rows:
                after = done - before
                [end] = self.tables.fetch("chunk_end", {"after": after, "rows": size}, plan=plan)
                up_to = rows if end is None else end
                return Chunk(plan, after, up_to, before + up_to, self.rows)
            before += rows
        raise IndexError(done)

    def whole(self) -> Chunk:
        """All parts as one chunk."""
        return Chunk("plan", 0, self.rows, self.rows, self.rows, "key, line")
