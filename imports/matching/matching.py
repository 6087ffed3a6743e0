"""Match the columns of a file to the fields of a product, by their names and their values. Pure functions.

A name that can mean only one thing decides alone, unless the values contradict it; any other name needs values that
agree. What remains open is a question with its candidates, never a guess."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from imports.errors import FileError, truncate
from imports.matching.column_values import ColumnValues, columns_of, opinion
from imports.matching.header_names import CERTAIN, HINT, LIKELY, OWN, Name, fold, is_note, name_of
from imports.matching.mapping import header_text, quoted, read_mapping
from imports.options import FIELDS
from imports.rows.cells import unreadable
from lib.limits import HEADER_MAX_CHARACTERS, HEADER_MAX_COLUMNS

# How a column came to its field, or why it has none.
Reason = Literal["mapping", "recipe", "name", "name_and_values", "ignored", "note", "other", "unknown"]

SAMPLES_SHOWN = 5
SAMPLE_MAX_CHARACTERS = 100
CANDIDATES_SHOWN = 10
# Read-only columns of our own exports, ignored without a warning.
EXPORTED = ("id", "created_at", "updated_at")
# Subjects of columns whose values may still be asked about where a field has no column.
PRICE_SUBJECTS = ("", "other", "cost", "other_price")
SKU_SUBJECTS = ("", "barcode")


@dataclass(frozen=True)
class Column:
    """A column of the file as it is read."""

    header: str
    field: str | None
    reason: Reason
    # From 0 to 1; 1 is certain.
    confidence: float
    samples: tuple[str, ...]
    # What a column of another kind is about, such as "stock".
    subject: str = ""


@dataclass(frozen=True)
class Candidate:
    """A column that may be the one asked for. Its number counts from 1."""

    number: int
    header: str
    reason: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A field of which it is unclear which column has it."""

    field: str
    message: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Matching:
    columns: tuple[Column, ...]
    questions: tuple[Question, ...]

    @property
    def positions(self) -> tuple[int, ...]:
        """The position of each field, or -1."""
        places = {column.field: place for place, column in enumerate(self.columns)}
        return tuple(places.get(field, -1) for field in FIELDS)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of the columns that are ignored though nobody said so."""
        unknown = (column.header.strip() for column in self.columns if column.reason in ("other", "unknown"))
        return tuple(name for name in unknown if name and fold(name) not in EXPORTED)


@dataclass(frozen=True)
class Evidence:
    """What is known about a column nobody has assigned."""

    place: int
    header: str
    name: Name
    values: ColumnValues

    def name_rank(self, field: str) -> float:
        return self.name.fields.get(field, 0.0)

    def opinion(self, field: str) -> int:
        return opinion(self.values, field)


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
) -> Matching:
    """Match the header by the mapping first, then by the names and values of the other columns.

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
    )
    matcher.match()
    columns = tuple(column(place, cells, given, values, matcher) for place in range(len(cells)))
    if not any(found.field == "sku" for found in columns) and not matcher.asks_for("sku"):
        message = f"No column is named sku or one of its aliases. The header reads: {header_text(cells)}"
        raise FileError("header.sku_missing", message, 1)
    return Matching(columns, tuple(matcher.questions))


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

    def __init__(self, evidence: Sequence[Evidence], matches: dict[str, Match], *, creates: bool) -> None:
        self.evidence = evidence
        self.matches = matches
        self.creates = creates
        self.questions: list[Question] = []

    def match(self) -> None:
        for field in FIELDS:
            own = [found for found in self.open(field) if found.name_rank(field) == OWN]
            if len(own) > 1:
                raise two_columns(field)
            if own and not self.is_blank_sku(field, own[0]):
                self.matches[field] = Match(own[0].place, "name", OWN)
        for settle in (self.settle_sku, self.settle_name, self.settle_price, self.settle_rest):
            settle()

    def open(self, field: str) -> list[Evidence]:
        """The columns that may still hold the field; none once it has one."""
        if field in self.matches:
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
        if self.creates and not self.asks_for("name") and "name" not in self.matches:
            candidates = [one for one in described if one.values.are_short_texts and one.values.are_unique]
            candidates += [one for one in unnamed if is_like_names(one.values)]
            self.ask("name", candidates)

    def settle_price(self) -> None:
        found = self.open("price")
        if self.settle_by_name("price", found, lambda one: one.values.show_money):
            return
        if self.creates and not self.asks_for("price") and "price" not in self.matches:
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
        asked = {candidate.number - 1 for question in self.questions for candidate in question.candidates}
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
            candidates = tuple(candidate(one, field) for one in found[:CANDIDATES_SHOWN])
            self.questions.append(Question(field, MESSAGES[field], candidates))

    def asks_for(self, field: str) -> bool:
        return any(question.field == field for question in self.questions)


# --- What speaks for a field ---


def has_skus(one: Evidence) -> bool:
    return one.opinion("sku") > 0 and not one.values.are_flags and not one.values.count_up


def supports_sku(one: Evidence) -> bool:
    """Codes that are no IDs of a shop's database: not counted up, and no long numbers."""
    return (
        has_skus(one)
        and not one.values.are_barcodes
        and not (one.values.are_integers and len(one.values.filled[0]) > 10)
    )


def is_like_names(values: ColumnValues) -> bool:
    return values.are_short_texts and values.are_unique and values.have_spaces


def is_contradicted(one: Evidence, field: str) -> bool:
    """Whether the values say that a name which can mean several things means another one here."""
    return one.name_rank(field) < CERTAIN and one.opinion(field) < 0


def confidence_of(one: Evidence, field: str) -> float:
    sure = one.name_rank(field)
    agree = one.opinion(field) > 0
    return {CERTAIN: 0.95 if agree else 0.9, LIKELY: 0.75, HINT: 0.7}[sure]


# --- What is told ---

MESSAGES = {
    "sku": "Which column has the SKU?",
    "name": "Which column has the product name? New products need one.",
    "description": "Which column has the description?",
    "price": "Which column has the price? Without one, new products get the price 0.00.",
    "is_active": "Which column says whether a product is active?",
}


def candidate(one: Evidence, field: str) -> Candidate:
    return Candidate(one.place + 1, truncate(one.header.strip()), why(one, field), samples(one.values))


def why(one: Evidence, field: str) -> str:
    """Why it may be this column, in a few words."""
    if field == "sku" and one.values.count_up:
        return "The values count up like row numbers or internal IDs."
    if one.name_rank(field) >= CERTAIN and one.opinion(field) < 0:
        return f"Its name fits, but its values do not look like {LOOK_LIKE[field]}."
    if one.name_rank(field) >= CERTAIN:
        return "Its name fits, and so does the name of another column."
    if one.name_rank(field):
        return "Its name fits, but it can also mean something else."
    return f"Its values look like {LOOK_LIKE[field]}."


LOOK_LIKE = {
    "sku": "SKUs",
    "name": "product names",
    "description": "descriptions",
    "price": "prices",
    "is_active": "yes and no",
}


def samples(values: ColumnValues) -> tuple[str, ...]:
    return tuple(truncate(value) for value in values.distinct[:SAMPLES_SHOWN])


def column(
    place: int,
    cells: Sequence[str],
    given: Sequence[str | None],
    values: Sequence[ColumnValues],
    matcher: Matcher,
) -> Column:
    header, shown = truncate(cells[place].strip()), samples(values[place])
    for field, match in matcher.matches.items():
        if match.place == place:
            return Column(header, field, match.reason, match.confidence, shown)
    if given[place] == "":
        return Column(header, None, "ignored", 1.0, shown)
    if is_note(header):
        return Column(header, None, "note", 1.0, shown)
    subject = name_of(cells[place]).subject
    return Column(header, None, "other" if subject else "unknown", 0.9 if subject else 0.5, shown, subject)


def two_columns(name: str) -> FileError:
    return FileError("header.duplicate", f"Two columns are named {quoted(name)}. Rename or remove one.", 1)
