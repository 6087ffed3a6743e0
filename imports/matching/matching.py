"""Match the columns of a file to the fields of a product, by their names and their values. Pure functions.

A name that can mean only one thing decides alone, unless the values contradict it; any other name needs values that
agree. What remains open is a question with its candidates, never a guess."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from imports.errors import FileError, truncate
from imports.matching.column_values import ColumnValues, columns_of
from imports.matching.columns import Column, Matching, Reason
from imports.matching.evidence import (
    Evidence,
    confidence_of,
    has_skus,
    is_contradicted,
    is_like_names,
    supports_sku,
)
from imports.matching.header_names import CERTAIN, LIKELY, OWN, is_note, name_of
from imports.matching.mapping import quoted, read_mapping
from imports.matching.questions import question_of, samples, sku_missing
from imports.options import FIELDS
from imports.recipes.recipe import Recipe, plain
from imports.rows.cells import unreadable
from lib.limits import HEADER_MAX_CHARACTERS, HEADER_MAX_COLUMNS

# Subjects of columns whose values may still be asked about where a field has no column.
PRICE_SUBJECTS = ("", "other", "cost", "other_price")
SKU_SUBJECTS = ("", "barcode")


@dataclass(frozen=True)
class Match:
    place: int
    reason: Reason
    confidence: float


def match_columns(
    cells: Sequence[str],
    rows: Sequence[Sequence[str]] = (),
    mapping: Mapping[str, str] | None = None,
    *,
    creates: bool = True,
    recipe: Recipe | None = None,
) -> Matching:
    """Match the header by the mapping first, then by the recipe, then by the names and values of the other columns.

    `rows` are the first ones of the file. `creates` tells whether the import may create products, which then need a name
    and a price. Raises FileError for a header or a mapping that cannot be used."""
    check_cells(cells)
    given = read_mapping(cells, mapping or {})
    values = columns_of(rows, len(cells))
    matcher = Matcher(
        [
            Evidence(place, cells[place], name_of(cells[place]), values[place])
            for place, field in enumerate(given)
            if field is None and not is_note(cells[place])
        ],
        {field: Match(place, "mapping", 1.0) for place, field in enumerate(given) if field},
        creates=creates,
        recipe=recipe,
    )
    matcher.match()
    columns = tuple(column(place, cells, given, values, matcher) for place in range(len(cells)))
    questions = [question_of(field, found, cells) for field, found in matcher.doubts.items()]
    if "sku" not in matcher.matches and "sku" not in matcher.doubts:
        questions.insert(0, sku_missing(cells))
    return Matching(columns, tuple(questions), recipe.name if recipe else "")


def check_cells(cells: Sequence[str]) -> None:
    if len(cells) > HEADER_MAX_COLUMNS:
        raise FileError(
            "header.too_long", f"The header has {len(cells)} columns; the maximum is {HEADER_MAX_COLUMNS}.", 1
        )
    if sum(map(len, cells)) > HEADER_MAX_CHARACTERS:
        raise FileError(
            "header.too_long",
            f"The header is longer than {HEADER_MAX_CHARACTERS // 1024} kB. Is this a list of products?",
            1,
        )
    if any(unreadable(cell, "") for cell in cells):
        raise FileError("file.encoding", "The header is not valid UTF-8. Save the file as CSV UTF-8.", 1)


class Matcher:
    """Settles one field after the other, the surest first: a column can hold one field only."""

    def __init__(
        self, evidence: Sequence[Evidence], matches: dict[str, Match], *, creates: bool, recipe: Recipe | None
    ) -> None:
        self.evidence = evidence
        self.matches = matches
        self.creates = creates
        self.recipe = recipe
        # Fields that the file does not have, whatever its columns are named.
        self.absent = {field for field, headers in recipe.columns.items() if not headers} if recipe else set()
        self.doubts: dict[str, Sequence[Evidence]] = {}

    def match(self) -> None:
        if self.recipe is not None:
            self.follow(self.recipe)
        for field in FIELDS:
            own = [found for found in self.open(field) if found.name_rank(field) == OWN]
            if len(own) > 1:
                raise two_columns(field)
            if own and not self.is_blank_sku(field, own[0]):
                self.matches[field] = Match(own[0].place, "name", OWN)
        for settle in (self.settle_sku, self.settle_name, self.settle_price, self.settle_rest):
            settle()

    def follow(self, recipe: Recipe) -> None:
        by_name = {plain(one.header): one for one in reversed(self.evidence)}
        for field, headers in recipe.columns.items():
            found = next((by_name[plain(header)] for header in headers if plain(header) in by_name), None)
            if found is not None and field not in self.matches:
                self.matches[field] = Match(found.place, "recipe", 1.0)
        alternatives = [by_name[name] for name in map(plain, recipe.sku_if_blank) if name in by_name]
        sku = self.matches.get("sku")
        if alternatives and sku and sku.reason == "recipe" and self.is_blank(sku.place):
            del self.matches["sku"]
            self.ask("sku", alternatives)

    def is_blank(self, place: int) -> bool:
        values = next(one.values for one in self.evidence if one.place == place)
        return bool(values.sample) and not values.filled

    def open(self, field: str) -> list[Evidence]:
        """The columns that may still hold the field; none once it has one, or is asked for, or is known to be absent."""
        if field in self.matches or field in self.doubts or field in self.absent:
            return []
        taken = {match.place for match in self.matches.values()}
        return [found for found in self.evidence if found.place not in taken]

    def is_blank_sku(self, field: str, found: Evidence) -> bool:
        """A SKU column without a single value is not used if another column has codes."""
        is_blank = bool(found.values.sample) and not found.values.filled
        others = (one for one in self.evidence if one.name.fields.keys() <= {"sku"})
        return field == "sku" and is_blank and any(map(has_skus, others))

    # --- Each field ---

    def settle_sku(self) -> None:
        found = self.open("sku")
        if self.settle_by_name("sku", found, supports_sku):
            return
        doubtful = [one for one in found if one.name_rank("sku") and one.opinion("sku") >= 0]
        others = [
            one for one in found if one not in doubtful and one.name.subject in SKU_SUBJECTS and has_skus(one)
        ]
        self.ask("sku", [*doubtful, *others] if "sku" not in self.matches else [])

    def settle_name(self) -> None:
        found = self.open("name")
        if self.settle_by_name("name", found, lambda one: one.opinion("name") > 0):
            return
        described = [one for one in found if one.name_rank("description") in (CERTAIN, LIKELY)]
        unnamed = [one for one in found if not one.name.fields and not one.name.subject]
        if self.creates and "name" not in self.doubts and "name" not in self.matches:
            candidates = [one for one in described if one.values.are_short_texts and one.values.are_unique]
            candidates += [one for one in unnamed if is_like_names(one.values)]
            self.ask("name", candidates)

    def settle_price(self) -> None:
        found = self.open("price")
        if self.settle_by_name("price", found, lambda one: one.values.show_money):
            return
        if self.creates and "price" not in self.doubts and "price" not in self.matches:
            self.ask(
                "price",
                [one for one in found if one.name.subject in PRICE_SUBJECTS and one.values.show_money],
            )

    def settle_rest(self) -> None:
        found = self.open("is_active")
        said = [one for one in found if one.name_rank("is_active") and one.values.are_flags_in_words]
        if len(said) > 1 and len({one.values.sample for one in said}) > 1:
            self.ask("is_active", said)
        else:
            self.settle_by_name("is_active", found, self.supports_is_active)
        asked = {one.place for found in self.doubts.values() for one in found}
        found = [one for one in self.open("description") if one.place not in asked]
        self.settle_by_name("description", found, lambda one: one.opinion("description") > 0)

    def supports_is_active(self, one: Evidence) -> bool:
        counts_stock = any(other.name.subject == "stock" for other in self.evidence)
        return one.values.are_flags_in_words or (one.values.are_surely_flags and not counts_stock)

    # --- By name ---

    def settle_by_name(
        self, field: str, found: Sequence[Evidence], supports: Callable[[Evidence], bool]
    ) -> bool:
        """Match the one column with the surest name, or ask if there are several or its values leave a doubt. False if no
        name speaks for the field."""
        named = [one for one in found if one.name_rank(field) and not is_contradicted(one, field)]
        filled = [one for one in named if one.values.filled or not one.values.sample]
        named = filled or named
        if not named:
            return field in self.matches
        sure = [one for one in named if one.name_rank(field) >= CERTAIN]
        likely = [one for one in named if one.name_rank(field) < CERTAIN]
        if sure:
            self.match_or_ask(field, sure, "name", lambda one: one.opinion(field) >= 0)
        else:
            supported = [one for one in likely if supports(one) or not one.values.sample]
            self.match_or_ask(field, supported or likely, "name_and_values", supports)
        return True

    def match_or_ask(
        self, field: str, found: Sequence[Evidence], reason: Reason, agrees: Callable[[Evidence], bool]
    ) -> None:
        if len(found) == 1 and (agrees(found[0]) or not found[0].values.filled):
            confidence = confidence_of(found[0], field)
            self.matches[field] = Match(found[0].place, reason, confidence)
        else:
            self.ask(field, found)

    # --- Questions ---

    def ask(self, field: str, found: Sequence[Evidence]) -> None:
        if found:
            self.doubts[field] = found


def column(
    place: int,
    cells: Sequence[str],
    given: Sequence[str | None],
    values: Sequence[ColumnValues],
    matcher: Matcher,
) -> Column:
    header = truncate(cells[place].strip())
    made = partial(Column, place + 1, header, samples=samples(values[place]))
    for field, match in matcher.matches.items():
        if match.place == place:
            return made(field, match.reason, match.confidence)
    if given[place] == "":
        return made(None, "ignored", 1.0)
    if is_note(header):
        return made(None, "note", 1.0)
    subject = name_of(cells[place]).subject
    return made(None, "other", 0.9, subject=subject) if subject else made(None, "unknown", 0.5)


def two_columns(name: str) -> FileError:
    return FileError("header.duplicate", f"Two columns are named {quoted(name)}. Rename or remove one.", 1)
