"""The parts of a plan, one behind the other, cut into chunks: what imports.pipeline.applying carries out, and in which order."""

from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from imports.queries import Parameters, Tables


@dataclass(frozen=True)
class Chunk:
    """The rows of a part of the plan that are numbered after `after` and up to `up_to`. With it, `done` rows of all `rows`
    that the plan counts are carried out."""

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


# What was classified anew, all of it.
REPLANNED = Chunk("replanned", 0, 2**62, 0, 0, "key, line")


class Parts:
    """The parts of a job's plan, and how many rows each of them counts."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        names = ["_".join(["plan", name.rpartition("_")[2]]) for (name,) in tables.fetch_all("plan_parts")]
        self.parts = [(name, int(tables.fetch("part_rows", plan=name)[0])) for name in names]
        self.rows = sum(rows for _, rows in self.parts)

    def chunk(self, done: int, size: int) -> Chunk:
        """The next so many rows behind those that are done, as far as they are of one part."""
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
        """All parts in one."""
        return Chunk("plan", 0, self.rows, self.rows, self.rows, "key, line")
