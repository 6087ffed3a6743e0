"""The records of a file as a recipe reads them: rows that are no products are left out, and blank cells take the values of
the first row of their product."""

from collections.abc import Iterator, Mapping, Sequence

from catalog.prices import is_zero
from imports.errors import RowError, truncate
from imports.formats.csv_reader import CsvReader, Record
from imports.formats.xlsx.workbook import SheetReader
from imports.recipes.recipe import Recipe, plain


class RecipeRows:
    """Iterates like the reader it wraps. `carried` is the state() of an earlier attempt at the same place."""

    def __init__(
        self,
        reader: CsvReader | SheetReader,
        header: Sequence[str],
        recipe: Recipe,
        carried: Mapping[str, object] | None = None,
    ) -> None:
        self.reader, self.recipe, self.rules = reader, recipe, recipe.rows
        self.width = len(header)
        self.places = {plain(name): place for place, name in reversed(list(enumerate(header)))}
        rules = self.rules
        self.words = {word.casefold(): str(means).lower() for word, means in recipe.words.is_active.items()}
        self.worded = self.places_of(recipe.columns.get("is_active", ())[:1] if self.words else ())
        self.unescaped = self.places_of(recipe.unescape)
        self.guarded = self.places_of(recipe.guarded)
        self.carries = self.places_of([*rules.carry, *rules.replace])
        self.replaced = set(self.places_of(rules.replace))
        self.skips_if_blank = self.places_of(rules.skip_if_blank)
        self.skips_if_filled = self.places_of(rules.skip_if_filled)
        self.rejects_unless_zero = self.places_of(rules.reject_unless_zero)
        self.starts_if_filled, self.groups = (
            self.places_of(rules.starts_if_filled),
            self.places_of(rules.group),
        )
        self.starts, self.skips = self.values_at(rules.starts), self.values_at(rules.skip)
        # A row with fewer cells is a fragment, which is left to the row parser to reject.
        self.fewest = 1 + max([*self.skips_if_blank, *self.groups, 0])
        # The value that the rows of the current group share, and the cells of its first row by their places.
        self.group = str((carried or {}).get("group", ""))
        cells = (carried or {}).get("cells", {})
        self.first = (
            {int(place): str(cell) for place, cell in cells.items()} if isinstance(cells, dict) else {}
        )
        self.records = self._read()

    def state(self) -> dict[str, object]:
        return {"group": self.group, "cells": {str(place): cell for place, cell in self.first.items()}}

    def __iter__(self) -> Iterator[Record]:
        return self.records

    @property
    def lines_done(self) -> int:
        return self.reader.lines_done

    def skip_to(self, lines_done: int) -> None:
        self.reader.skip_to(lines_done)

    def _read(self) -> Iterator[Record]:
        for line, cells, error in self.reader:
            if error is None and len(cells) >= self.fewest:
                cells = cells + [""] * (self.width - len(cells))
                if self.is_no_product(cells):
                    continue
                error = self.why_not(cells)
                self.complete(cells)
            yield line, cells, error

    # --- Which rows ---

    def is_no_product(self, cells: Sequence[str]) -> bool:
        blank = self.skips_if_blank
        return (
            (bool(blank) and not any(cells[place].strip() for place in blank))
            or any(cells[place].strip() for place in self.skips_if_filled)
            or has_value(cells, self.skips)
        )

    def why_not(self, cells: Sequence[str]) -> RowError | None:
        for place in self.rejects_unless_zero:
            if cells[place].strip() and not is_zero(cells[place]):
                added = truncate(cells[place].strip())
                message = f"The price is that of the product plus {added}, which an import does not compute."
                return RowError("row.not_computable", message)
        return None

    # --- Their cells ---

    def complete(self, cells: list[str]) -> None:
        """Fill and translate the cells in place."""
        if self.carries:
            self.carry(cells)
        for place in self.worded:
            cells[place] = self.words.get(cells[place].strip().casefold(), cells[place])
        for place in self.unescaped:
            cells[place] = cells[place].replace("\\r\\n", "\n").replace("\\n", "\n")
        for place in self.guarded:
            if cells[place][1:].isdecimal():
                cells[place] = cells[place].removeprefix("'")

    def carry(self, cells: list[str]) -> None:
        if self.begins_group(cells):
            self.first = {place: cells[place] for place in self.carries}
            return
        for place, cell in self.first.items():
            if place in self.replaced or not cells[place].strip():
                cells[place] = cell

    def begins_group(self, cells: Sequence[str]) -> bool:
        if self.starts:
            return has_value(cells, self.starts)
        if self.starts_if_filled:
            return any(cells[place].strip() for place in self.starts_if_filled)
        group = next((cell for place in self.groups if (cell := cells[place].strip())), "")
        is_new, self.group = not group or group != self.group, group
        return is_new

    # --- Names as places ---

    def places_of(self, names: Sequence[str]) -> list[int]:
        return [self.places[name] for name in self.recipe.names_of(names) if name in self.places]

    def values_at(self, values: Mapping[str, Sequence[str]]) -> dict[int, set[str]]:
        return {
            place: set(map(str.casefold, wanted))
            for name, wanted in values.items()
            for place in self.places_of([name])
        }


def has_value(cells: Sequence[str], values: Mapping[int, set[str]]) -> bool:
    return any(cells[place].strip().casefold() in wanted for place, wanted in values.items())
