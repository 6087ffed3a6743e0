"""The console explains errors in its own words, not in those of the API."""

import pytest

from dashboard.metrics.explanations import IN_WORDS, KNOWN, explained
from imports.errors import FILE_CODES, ROW_CODES
from imports.options import Options


def option_names(text: str) -> list[str]:
    return [name for name in ("upsert", *Options.model_fields) if f"`{name}" in text]


@pytest.mark.parametrize("code", ROW_CODES)
def test_error_of_a_row_names_no_option(code: str) -> None:
    explanation = explained(code)
    assert option_names(f"{explanation.meaning} {explanation.remedy}") == []


@pytest.mark.parametrize("code", [code for code in FILE_CODES if code.startswith(("job.", "sync.", "file."))])
def test_remedy_of_a_failed_import_names_no_option(code: str) -> None:
    assert option_names(explained(code).remedy) == []


def test_every_code_with_words_of_its_own_exists() -> None:
    assert IN_WORDS.keys() <= KNOWN.keys()


def test_unknown_code_is_not_explained() -> None:
    assert explained("gone.code") == ("", "")
