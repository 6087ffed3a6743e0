"""Recipes: how the product files of shop systems are read, each a small TOML file in imports/recipes/data.

    title = "Shopify products"                  as people see it
    header = ["Handle", "Variant SKU", ...]     the names that a file must have to be recognised
    sku_if_blank = ["Handle"]                   the columns to ask about if the SKU column has no values
    ignore = ["standard_price"]                 columns that hold no field, whatever their names say
    unescape = ["Description"]                  columns whose line breaks are written as \\n
    guarded = ["Variant SKU"]                   columns whose numbers an apostrophe in front keeps as text
    [translations]                              further names of a column, as the shop's language has them
    Name = ["Nom", "Nombre"]
    [columns]                                   for each field the columns that may have it, the first there is; an empty
    sku = ["Variant SKU"]                       list for a field that the file does not have, whatever its names say
    [words.is_active]                           words of this system for yes (true) and no (false)
    "2" = false
    [rows]                                      which rows belong together; see RowRules

A field that `columns` does not name is matched like that of any other file."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from imports.errors import FileError, truncate

Field = Literal["sku", "name", "description", "price", "is_active"]

DATA = Path(__file__).with_name("data")


class RowRules(BaseModel):
    """Which rows are a product, and what a row takes over from the first row of its group.

    A group is a run of rows with the same value in the first filled one of the columns `group`; or it begins where
    `starts` or `starts_if_filled` says so. All names are headers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: tuple[str, ...] = ()
    starts: dict[str, tuple[str, ...]] = {}
    starts_if_filled: tuple[str, ...] = ()
    # Blank cells of these columns take the value of the group's first row; those of `replace` always do.
    carry: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    # Rows that are no products: all of these are blank; one of these is filled; a column has one of the values.
    skip_if_blank: tuple[str, ...] = ()
    skip_if_filled: tuple[str, ...] = ()
    skip: dict[str, tuple[str, ...]] = {}
    # Rows whose price cannot be told: one of these is neither blank nor zero.
    reject_unless_zero: tuple[str, ...] = ()


class Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    is_active: dict[str, bool] = {}


class Recipe(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    header: tuple[str, ...]
    columns: dict[Field, tuple[str, ...]]
    sku_if_blank: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unescape: tuple[str, ...] = ()
    guarded: tuple[str, ...] = ()
    translations: dict[str, tuple[str, ...]] = {}
    words: Words = Words()
    rows: RowRules = RowRules()

    @property
    def changes_rows(self) -> bool:
        return bool(self.words.is_active or self.unescape or self.guarded) or self.rows != RowRules()

    def names_of(self, columns: Sequence[str]) -> list[str]:
        """What these columns may be called in a file, as plain() compares it."""
        return [plain(name) for column in columns for name in (column, *self.translations.get(column, ()))]


def recognised(header: Sequence[str]) -> Recipe | None:
    """The recipe whose names the header has; of several, the one that asks for the most."""
    names = {plain(name) for name in header}
    fitting = [
        recipe
        for recipe in recipes().values()
        if not any(names.isdisjoint(recipe.names_of([column])) for column in recipe.header)
    ]
    return max(fitting, key=lambda recipe: len(recipe.header), default=None)


def recipe_named(name: str) -> Recipe:
    """Raises FileError for an unknown name."""
    if name not in recipes():
        message = f"There is no recipe named {truncate(name)!r}. The recipes are {', '.join(recipes())}."
        raise FileError("recipe.unknown", message)
    return recipes()[name]


def titles() -> dict[str, str]:
    """What people call each recipe."""
    return {name: recipe.title for name, recipe in recipes().items()}


def plain(name: str) -> str:
    return " ".join(name.casefold().split())


@lru_cache(maxsize=1)
def recipes() -> Mapping[str, Recipe]:
    """All recipes by name. Read once, before reader processes are forked."""
    return {path.stem: read_recipe(path) for path in sorted(DATA.glob("*.toml"))}


def read_recipe(path: Path) -> Recipe:
    return Recipe(name=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
