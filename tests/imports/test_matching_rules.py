"""What holds for the matching of any columns: drawn from all files of the corpus, in any mix and order."""

from hypothesis import given
from hypothesis import strategies as st

from imports.matching.columns import Matching
from imports.matching.mapping import keys_of
from imports.matching.matching import match_columns
from imports.options import FIELDS
from tests.imports.corpus.files import CorpusFile, outcome, read
from tests.imports.corpus.values import VALUES

FILES = [file for name in ("shops", "erp", "price_lists", "other_files", "odd") for file in read(name)]
COLUMNS = sorted({column for file in FILES for column in file.columns})

# Real files, and columns of any of them beside each other.
files = st.sampled_from(FILES) | st.lists(
    st.sampled_from(COLUMNS), min_size=1, max_size=12, unique_by=lambda column: column[0].strip().casefold()
).map(lambda columns: CorpusFile("drawn", tuple(columns)))
unrelated = st.tuples(
    st.sampled_from(["Zzq", "Shelf", "Column7", "ご案内", ""]), st.sampled_from(sorted(VALUES["kinds"]))
)


def matched(file: CorpusFile, mapping: dict[str, str] | None = None) -> Matching:
    return match_columns(file.header, file.rows, mapping)


@given(files, st.data())
def test_order_of_the_columns_makes_no_difference(file: CorpusFile, data: st.DataObject) -> None:
    shuffled = CorpusFile("shuffled", tuple(data.draw(st.permutations(file.columns))))
    assert outcome(matched(shuffled)) == outcome(matched(file))


@given(files, unrelated)
def test_unrelated_column_changes_no_match_of_a_certain_name(
    file: CorpusFile, column: tuple[str, str]
) -> None:
    certain = {one.field: one.header for one in matched(file).columns if one.field and one.reason == "name"}
    found = outcome(matched(CorpusFile("wider", (*file.columns, (*column, "")))))
    assert {field: found.get(field) for field in certain} == certain


@given(files, st.data())
def test_mapping_wins(file: CorpusFile, data: st.DataObject) -> None:
    place, field = data.draw(st.integers(0, len(file.header) - 1)), data.draw(st.sampled_from(FIELDS))
    matching = matched(file, {keys_of(file.header)[place]: field})
    assert (matching.columns[place].field, matching.columns[place].reason) == (field, "mapping")
    assert field not in [question.field for question in matching.questions]


@given(files)
def test_no_field_is_held_by_two_columns(file: CorpusFile) -> None:
    held = [column.field for column in matched(file).columns if column.field]
    assert sorted(held) == sorted(set(held))


@given(files)
def test_field_is_matched_or_asked_for_but_not_both(file: CorpusFile) -> None:
    matching = matched(file)
    held = {column.field for column in matching.columns if column.field}
    asked = [question.field for question in matching.questions]
    assert sorted(asked) == sorted(set(asked)) and held.isdisjoint(asked)


@given(files)
def test_answering_each_question_leaves_none_of_the_field(file: CorpusFile) -> None:
    matching = matched(file)
    answers = {
        question.candidates[0].key: question.field for question in matching.questions if question.candidates
    }
    left = {question.field for question in matched(file, answers).questions}
    assert left.isdisjoint(answers.values())
