"""Which words of a changed text are marked."""

import pytest

from dashboard.templatetags.differences import Part, changed_words


def test_words_that_stay_are_not_marked() -> None:
    assert changed_words("A red mug of tin", "A blue mug of tin") == [
        Part(text="A "),
        Part(before="red", after="blue"),
        Part(text=" mug of tin"),
    ]


def test_added_and_removed_words_are_marked() -> None:
    assert changed_words("Tin mug", "Tin mug, 0.5 l") == [Part(text="Tin mug"), Part(after=", 0.5 l")]
    assert changed_words("Tin mug, old", "Tin mug") == [Part(text="Tin mug"), Part(before=", old")]


@pytest.mark.parametrize(
    ("before", "after"),
    [("12.00", "7.50"), ("Active", "Inactive"), ("(empty)", "A mug"), ("x " * 300, "y " * 300)],
)
def test_values_with_little_in_common_are_marked_as_a_whole(before: str, after: str) -> None:
    assert changed_words(before, after) == [Part(before=before, after=after)]


def test_change_in_a_long_text_is_marked_alone() -> None:
    before, after = f"{'x ' * 900}red{' y' * 900}", f"{'x ' * 900}blue{' y' * 900}"
    assert changed_words(before, after) == [
        Part(text="x " * 900),
        Part(before="red", after="blue"),
        Part(text=" y" * 900),
    ]


def test_texts_that_are_equal_have_nothing_marked() -> None:
    assert changed_words("A mug", "A mug") == [Part(text="A mug")]
