"""What a version of a profile keeps, and how it differs from the one before, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboard.forms.file_questions import named
from dashboard.forms.import_options import WORDS, Setting, target, written
from imports.matching.header_names import fold
from imports.matching.mapping import keys_of
from imports.models import ProfileVersion
from imports.options import Options

# What a profile says about each import alike, and the columns, which have their own place.
NO_SETTINGS = {"dry_run", "mapping"}
# Of a file that no shop system has exported; a profile that is saved from an import always says it.
ORDINARY = {"recipe": "none"}
CHANGES_SHOWN = 10
# Where the label in the form is a question.
LABELS = {"mode": "Mode"}


def settings_of(options: Options) -> list[Setting]:
    """The settings that differ from their defaults."""
    return [Setting(label_of(name), written(name, value)) for name, value in differing(options).items()]


def label_of(name: str) -> str:
    return LABELS.get(name, WORDS[name].label)


def values_of(options: Options) -> dict[str, object]:
    return options.model_dump(exclude=NO_SETTINGS)


def differing(options: Options) -> dict[str, object]:
    """The options that differ from their defaults."""
    defaults = values_of(Options())
    return {
        name: value
        for name, value in values_of(options).items()
        if value not in (defaults[name], ORDINARY.get(name))
    }


# --- Columns ---


@dataclass(frozen=True)
class Columns:
    """The columns of a file: those that are imported, with their fields, those that are not, and those that the profile does
    not name, which are matched again in each file."""

    imported: Sequence[tuple[str, str]]
    ignored: Sequence[str]
    matched_again: Sequence[str]


def columns_of(version: ProfileVersion) -> Columns:
    found = list(fields_of(version))
    return Columns(
        [(header, target(field)) for header, field in found if field],
        [header for header, field in found if field == ""],
        [header for header, field in found if field is None],
    )


def fields_of(version: ProfileVersion) -> Iterator[tuple[str, str | None]]:
    """Each column with its field; None if the profile does not name it."""
    mapping = version.parsed_options.mapping
    if not version.header:
        yield from mapping.items()
    folded = {fold(header): field for header, field in mapping.items()}
    for number, (header, key) in enumerate(zip(version.header, keys_of(version.header), strict=True), 1):
        yield named(header.strip(), number), folded.get(fold(key))


def by_field(mapping: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(mapping.items(), key=lambda pair: not pair[1])


def columns_in_words(version: ProfileVersion) -> str:
    """The columns that are imported."""
    return ", ".join(f"{header} → {field}" for header, field in columns_of(version).imported)


# --- Changes ---


def with_changes(versions: Sequence[ProfileVersion]) -> list[tuple[ProfileVersion, list[str]]]:
    """The versions, newest first, each with what it changed."""
    before = [*versions[1:], None]
    return [(version, changes_of(version, one)) for version, one in zip(versions, before, strict=True)]


def changes_of(version: ProfileVersion, before: ProfileVersion | None) -> list[str]:
    if before is None:
        return ["First version"]
    found = [*changed_columns(version, before), *changed_settings(version, before)]
    if not found:
        return ["Another header"]
    more = len(found) - CHANGES_SHOWN
    return [*found[:CHANGES_SHOWN], f"and {more:,} more"] if more > 0 else found


def changed_columns(version: ProfileVersion, before: ProfileVersion) -> Iterator[str]:
    old, new = (one.parsed_options.mapping for one in (before, version))
    for header, field in by_field(new):
        if old.get(header) != field:
            yield f"“{header}”: {target(field)}{was(header, old)}"
    for header, _ in by_field(old):
        if header not in new:
            yield f"“{header}”: removed"


def was(header: str, old: Mapping[str, str]) -> str:
    return f", was {target(old[header])}" if header in old else ""


def changed_settings(version: ProfileVersion, before: ProfileVersion) -> Iterator[str]:
    old = values_of(before.parsed_options)
    for name, value in values_of(version.parsed_options).items():
        if value != old[name]:
            yield f"{label_of(name)}: {in_words(name, value)}, was {in_words(name, old[name])}"


def in_words(name: str, value: object) -> str:
    return "Automatic" if value in ("auto", "") else written(name, value)
