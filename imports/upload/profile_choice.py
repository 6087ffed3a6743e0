"""Read a file that is to be uploaded with the profile that fits it, or with the one that was chosen.

Columns that the profile maps and the file lacks become questions. An upload with the profile refuses such a file until it
has their answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from imports.errors import FileError
from imports.formats.file_info import FileInfo
from imports.matching.header_names import fold
from imports.matching.mapping import keys_of
from imports.matching.saved_columns import missing_columns
from imports.models import ProfileVersion
from imports.options import Options, UploadOptions
from imports.upload.inspect import Inspection
from imports.upload.missing_columns import with_missing
from imports.upload.profile import (
    FITTING_SHOWN,
    LAST_USED_FIRST,
    current_version,
    fitting_profiles,
    nearly_fitting,
    over,
    with_profile,
)
from lib.errors import Invalid

SHEETS_LOOKED_AT = 10
PLACES_LOOKED_AT = 5
HEADER_CHANGED = "profile.header_changed"
SHEET_UNKNOWN = "sheet.unknown"


@dataclass(frozen=True)
class Offer:
    """A profile that the file can be read with."""

    name: str
    version: int
    # Whether the file lacks columns of it.
    has_changed: bool


@dataclass(frozen=True)
class FileRead:
    """How the file is read, with the options in effect, and with which profile."""

    info: FileInfo
    options: Options
    profile: ProfileVersion | None = None
    offers: Sequence[Offer] = ()
    # Why the profile that fits was not used.
    refusal: str = ""


def read_as_chosen(file: Inspection, given: UploadOptions) -> FileRead:
    """With the profile that is given, or with none."""
    if not given.profile.strip():
        options = with_profile(given)
        info = file.file_info(options)
        return FileRead(info, options, offers=offers(info))
    version = current_version(given.profile.strip())
    info, options = read_with(file, version, values_of(given))
    return FileRead(info, options, version, with_chosen(offers(info), version, info, options))


def read_as_found(file: Inspection, given: UploadOptions) -> FileRead:
    """With the profile that fits best, if one does. One that lacks columns is used only where it makes a difference."""
    plain = read_as_chosen(file, given)
    best = next(iter(plain.offers), None)
    if best is None and plain.info.questions:
        return read_in_another_place(file, given) or plain
    if best is None or (best.has_changed and is_clear_without(current_version(best.name), plain.info)):
        return plain
    try:
        return replace(read_as_chosen(file, with_name(given, best.name)), offers=plain.offers)
    except Invalid as error:
        return replace(plain, refusal=f"The profile “{best.name}” was not used. {error.detail}")


def is_clear_without(version: ProfileVersion, info: FileInfo) -> bool:
    """Whether the file asks nothing by itself, and reads the columns that it shares with the profile as that does."""
    saved = {fold(key): fold(field) for key, field in version.parsed_options.mapping.items()}
    keys, fields = map(fold, keys_of(info.header)), [column.field or "" for column in info.columns]
    agrees = all(saved.get(key, field) == field for key, field in zip(keys, fields, strict=True))
    return agrees and not info.questions


def read_in_another_place(file: Inspection, given: UploadOptions) -> FileRead | None:
    """With a profile that names where its header is, in a file whose own header was not recognized."""
    placed = ProfileVersion.objects.current().with_usage().that_say_where()
    for version in placed.order_by(LAST_USED_FIRST, "-created_at", "-id")[:PLACES_LOOKED_AT]:
        try:
            info = file.file_info(over(version, values_of(given)))
        except Invalid:
            continue
        if not info.questions:
            return read_as_chosen(file, with_name(given, version.name))
    return None


def with_name(given: UploadOptions, name: str) -> UploadOptions:
    return given.model_copy(update={"profile": name})


def values_of(given: UploadOptions) -> dict[str, object]:
    return given.model_dump(include=given.model_fields_set - {"profile", "corrects"})


def read_with(
    file: Inspection, version: ProfileVersion, values: Mapping[str, object]
) -> tuple[FileInfo, Options]:
    options = over(version, values)
    try:
        return file.file_info(options), options
    except FileError as error:
        if error.code == SHEET_UNKNOWN and "sheet" not in values:
            return read_with(file, version, {**values, "sheet": sheet_instead(file, version, values)})
        if error.code != HEADER_CHANGED:
            raise
    options = over(version, values, may_lack_columns=True)
    return with_missing(file.file_info(options), options), options


def sheet_instead(file: Inspection, version: ProfileVersion, values: Mapping[str, object]) -> str:
    """The sheet that has the columns of the profile, whose own sheet the workbook lacks: suppliers name sheets by months. Empty
    if several may have them, which is asked then."""
    info = file.file_info(over(version, {**values, "sheet": ""}))
    return "" if any(question.field == "sheet" for question in info.questions) else info.sheet


# --- Offers ---


def offers(info: FileInfo) -> list[Offer]:
    """The profiles that fit the file, and then those that nearly do."""
    fitting = {
        found.name: Offer(found.name, found.version, has_changed=False)
        for header in headers(info)
        for found in fitting_profiles(header)
    }
    near = {
        version.name: Offer(version.name, version.number, has_changed=True)
        for version in nearly_fitting(info.header)
        if version.name not in fitting
    }
    return list((fitting | near).values())[:FITTING_SHOWN]


def headers(info: FileInfo) -> Iterator[Sequence[str]]:
    """Of the sheet that is read, and then of the others."""
    yield info.header
    yield from (sheet.header for sheet in info.sheets[:SHEETS_LOOKED_AT] if sheet.name != info.sheet)


def with_chosen(
    found: Sequence[Offer], version: ProfileVersion, info: FileInfo, options: Options
) -> Sequence[Offer]:
    if any(offer.name == version.name for offer in found):
        return found
    has_changed = bool(missing_columns(info.header, options))
    return [Offer(version.name, version.number, has_changed), *found]
