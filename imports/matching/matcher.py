"""Settle which column holds which field, from the evidence of all columns.

A name that can mean only one thing decides alone, unless the values contradict it; any other name needs values that
agree. What remains open is a question with its candidates, never a guess."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imports.errors import FileError
from imports.matching.columns import Reason
from imports.matching.evidence import (
    OTHER_PRICES,
    Evidence,
    confidence_of,
    has_skus,
    is_about_products,
    is_blank,
    is_contradicted,
    is_like_names,
    is_named_price,
    is_rival_price,
    is_unknown,
    may_be_price,
    supports_sku,
    surest,
)
from imports.matching.header_names import OWN
from imports.matching.header_words import CERTAIN, LIKELY
from imports.matching.mapping import quoted
from imports.options import FIELDS
from imports.recipes.recipe import Recipe, plain

# Subjects of columns whose values may still be asked about where the SKU has no column.
SKU_SUBJECTS = ("", "barcode")
# SKUs are seldom numbers that long.
MARKETPLACE_ID_DIGITS = 9


@dataclass(frozen=True)
class Match:
    place: int
    reason: Reason
    confidence: float


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
            if own and not (field == "sku" and self.is_doubtful_sku(own[0])):
                self.matches[field] = Match(own[0].place, "name", OWN)
        for settle in (self.settle_sku, self.settle_name, self.settle_price, self.settle_rest):
            settle()
        if self.order_column and self.recipe is None:
            self.doubt_all()

    @property
    def order_column(self) -> str | None:
        """The column, if any, that orders, invoices and customers have, and products do not."""
        return next((one.header for one in self.evidence if one.name.subject == "order"), None)

    def follow(self, recipe: Recipe) -> None:
        by_name = {plain(one.header): one for one in reversed(self.evidence)}
        for field, headers in recipe.columns.items():
            found = next((by_name[name] for name in recipe.names_of(headers) if name in by_name), None)
            if found is not None and field not in self.matches:
                self.matches[field] = Match(found.place, "recipe", 1.0)
        alternatives = [by_name[name] for name in recipe.names_of(recipe.sku_if_blank) if name in by_name]
        sku = self.matches.get("sku")
        if alternatives and sku and sku.reason == "recipe" and is_blank(self.at(sku.place)):
            del self.matches["sku"]
            self.ask("sku", alternatives)

    def at(self, place: int) -> Evidence:
        return next(one for one in self.evidence if one.place == place)

    def open(self, field: str) -> list[Evidence]:
        """The columns that may still hold the field; none once it has one, or is asked for, or is known to be absent."""
        if field in self.matches or field in self.doubts or field in self.absent:
            return []
        return self.free()

    def free(self) -> list[Evidence]:
        """The columns that hold no field so far."""
        taken = {match.place for match in self.matches.values()}
        return [found for found in self.evidence if found.place not in taken]

    def is_doubtful_sku(self, own: Evidence) -> bool:
        """Whether the column sku has no values, or the IDs of a marketplace, and another column has codes."""
        others = [one for one in self.evidence if one is not own and has_skus(one)]
        if is_blank(own):
            return any(one.name.fields.keys() <= {"sku"} for one in others)
        has_ids = own.values.are_integers and len(own.values.filled[0]) >= MARKETPLACE_ID_DIGITS
        return has_ids and any(one.name_rank("sku") >= CERTAIN for one in others)

    # --- Each field ---

    def settle_sku(self) -> None:
        found = self.open("sku")
        if self.settle_by_name("sku", found, supports_sku):
            if self.may_be_no_products:
                self.doubt("sku")
            return
        doubtful = [one for one in found if one.name_rank("sku") and one.opinion("sku") >= 0]
        others = [
            one for one in found if one not in doubtful and one.name.subject in SKU_SUBJECTS and has_skus(one)
        ]
        self.ask("sku", [*doubtful, *others] if "sku" not in self.matches else [])

    @property
    def may_be_no_products(self) -> bool:
        """Whether the SKUs may be codes of another kind, such as those of users or categories: their name is not certain, and
        nothing else is about products."""
        match = self.matches.get("sku")
        if match is None or match.reason != "name_and_values" or not self.creates:
            return False
        has_rows = bool(self.at(match.place).values.sample)
        return has_rows and not any(map(is_about_products, self.evidence))

    def settle_name(self) -> None:
        found = self.open("name")
        if self.settle_by_name("name", found, lambda one: one.opinion("name") > 0) or not self.needs("name"):
            return
        described = [one for one in found if is_like_names(one) and one.name_rank("description")]
        if len(described) == 1 and self.is_price_list:
            self.matches["name"] = Match(described[0].place, "name_and_values", LIKELY)
        else:
            unnamed = [one for one in found if is_unknown(one) and is_like_names(one)]
            self.ask("name", [*self.own_description(), *described, *unnamed])

    def needs(self, field: str) -> bool:
        """Whether new products lack the field, and nothing is asked about it yet."""
        return self.creates and not (field in self.matches or field in self.doubts or field in self.absent)

    @property
    def is_price_list(self) -> bool:
        """Whether it has prices, so that its one short text is what people know its products by."""
        return any(
            one.values.are_prices and (one.name_rank("price") or one.name.subject in OTHER_PRICES)
            for one in self.evidence
        )

    def own_description(self) -> list[Evidence]:
        """The column description, if its values may be names in a file that does not have our names otherwise."""
        ours, sku = self.matches.get("description"), self.matches.get("sku")
        has_our_names = sku is not None and sku.reason == "name" and sku.confidence == OWN
        if ours is None or ours.reason != "name" or has_our_names:
            return []
        found = self.at(ours.place)
        if not is_like_names(found):
            return []
        del self.matches["description"]
        return [found]

    def settle_price(self) -> None:
        found = self.open("price")
        if self.settle_by_name("price", found, lambda one: one.values.show_money):
            if rivals := self.rivals_of_price():
                self.doubt("price", rivals)
        elif self.needs("price"):
            self.ask("price", list(filter(may_be_price, found)))

    def rivals_of_price(self) -> list[Evidence]:
        """Columns of other prices that may be meant too: their names say so, or the name of the match is not certain, or the
        match has no values."""
        match = self.matches.get("price")
        if match is None or match.reason not in ("name", "name_and_values"):
            return []
        own = self.at(match.place)
        others = [one for one in self.free() if one.values.sample != own.values.sample]
        if is_blank(own):
            return list(filter(is_named_price, others))
        if match.confidence == OWN:
            return []
        is_certain = match.reason == "name"
        return [
            one
            for one in others
            if is_rival_price(one) or (one.values.show_money and is_unknown(one) and not is_certain)
        ]

    def settle_rest(self) -> None:
        found = self.open("is_active")
        said = [one for one in found if one.name_rank("is_active") and one.values.are_flags_in_words]
        if len({one.values.meanings for one in said}) > 1:
            self.ask("is_active", said)
        else:
            self.settle_by_name("is_active", found, self.supports_is_active)
        asked = {one.place for found in self.doubts.values() for one in found}
        found = [one for one in self.open("description") if one.place not in asked]
        self.settle_by_name("description", surest(found), lambda one: one.opinion("description") > 0)

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
        sure = [one for one in named if one.name_rank(field) >= CERTAIN]
        filled = [one for one in sure if not is_blank(one)]
        likely = [one for one in named if one not in sure and not is_blank(one)]
        supported = [one for one in likely if supports(one) or not one.values.sample]
        if sure and not filled and supported and field in ("sku", "name", "price"):
            self.ask(field, [*sure, *supported])
        elif sure:
            self.match_or_ask(field, filled or sure, "name", lambda one: one.opinion(field) >= 0)
        elif likely:
            self.match_or_ask(field, supported or likely, "name_and_values", supports)
        return bool(sure or likely) or field in self.matches

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

    def doubt(self, field: str, others: Sequence[Evidence] = ()) -> None:
        """Ask about a match after all."""
        self.ask(field, [self.at(self.matches.pop(field).place), *others])

    def doubt_all(self) -> None:
        """A price of an order is none of a product, so each match has to be confirmed by a mapping."""
        for field in [field for field, match in self.matches.items() if match.reason != "mapping"]:
            self.doubt(field)


def two_columns(name: str) -> FileError:
    return FileError("header.duplicate", f"Two columns are named {quoted(name)}. Rename or remove one.", 1)
