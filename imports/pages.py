"""The plan's pages, part behind part, in chunks: what imports.chunks carries out, and in which order."""

from dataclasses import dataclass

from imports.statements import Parameters, Tables, part_name


@dataclass(frozen=True)
class Chunk:
    """The pages of a part of the plan from `first` up to, but not with, `last`. With it, `done` pages of all `pages` are
    carried out."""

    plan: str
    first: int
    last: int
    done: int
    pages: int

    @property
    def bounds(self) -> Parameters:
        return {"from": f"({self.first},0)", "to": f"({self.last},0)"}


PLANNED_AGAIN = Chunk("again", 0, 2**32 - 2, 0, 0)


class Pages:
    """The pages of the plan, part behind part."""

    def __init__(self, tables: Tables) -> None:
        parts = enumerate(tables.fetch_all("plan_pages"))
        self.parts = [(part_name(number), pages) for number, (pages,) in parts]
        self.count = sum(pages for _, pages in self.parts)

    def chunk(self, done: int, size: int) -> Chunk:
        """The next so many pages behind those that are done, as far as they are of one part."""
        first = done
        for plan, pages in self.parts:
            if first < pages:
                last = min(first + size, pages)
                return Chunk(plan, first, last, done - first + last, self.count)
            first -= pages
        raise IndexError(done)

    def whole(self) -> Chunk:
        """All parts in one."""
        return Chunk("plan", 0, self.count, self.count, self.count)
