"""Match the columns of a file to the fields of a product, by their names and their values. Pure functions."""

from collections.abc import Mapping, Sequence
from functools import partial

from imports.errors import FileError, truncate
from imports.matching.column_values import ColumnValues, columns_of
from imports.matching.columns import Column, Matching
from imports.matching.evidence import Evidence
from imports.matching.header_names import is_note, name_of
from imports.matching.header_row import SAMPLE_CELLS
from imports.matching.mapping import read_mapping
from imports.matching.matcher import Match, Matcher
from imports.matching.questions import looks_like_orders, question_of, samples, sku_missing
from imports.options import FIELDS
from imports.recipes.recipe import Recipe, plain
from imports.rows.cells import unreadable
from lib.limits import HEADER_MAX_CHARACTERS, HEADER_MAX_COLUMNS


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
    # Of very wide rows, a few say enough.
    ignored = recipe.names_of(recipe.ignore) if recipe else []
    values = columns_of(rows[: max(1, SAMPLE_CELLS // max(len(cells), 1))], len(cells))
    matcher = Matcher(
        [
            Evidence(place, cells[place], name_of(cells[place]), values[place])
            for place, field in enumerate(given)
            if field is None and not is_note(cells[place]) and plain(cells[place]) not in ignored
        ],
        {field: Match(place, "mapping", 1.0) for place, field in enumerate(given) if field},
        creates=creates,
        recipe=recipe,
    )
    matcher.match()
    columns = tuple(column(place, cells, given, values, matcher) for place in range(len(cells)))
    questions = [
        question_of(field, matcher.doubts[field], cells) for field in FIELDS if field in matcher.doubts
    ]
    if "sku" not in matcher.matches and "sku" not in matcher.doubts:
        questions.insert(0, sku_missing(cells))
    elif questions and matcher.order_column and recipe is None:
        questions[0] = looks_like_orders(questions[0], matcher.order_column)
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
