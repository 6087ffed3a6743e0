"""`python manage.py test` runs the same suite as pytest does."""

import argparse
from collections.abc import Sequence

import pytest


class PytestRunner:
    """What Django's `test` command needs of a runner; see TEST_RUNNER in project.settings."""

    def __init__(
        self, verbosity: int = 1, failfast: bool = False, keepdb: bool = False, **options: object
    ) -> None:
        self.arguments = ["-q"] if verbosity == 0 else ["-v"] if verbosity >= 2 else []
        self.arguments += ["--exitfirst"] if failfast else []
        self.arguments += ["--reuse-db"] if keepdb else []

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--keepdb", action="store_true", help="Keep the test database between runs.")

    def run_tests(self, test_labels: Sequence[str]) -> int:
        return int(pytest.main([*self.arguments, *test_labels]))
