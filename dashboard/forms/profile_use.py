"""The profile in the step Match columns: which one is used, what it sets, and what saving would keep."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.forms.file_readings import Reading
from dashboard.forms.import_options import OF_THE_FILE, option_fields, written
from dashboard.forms.profile_words import differing, label_of
from imports import profiles
from imports.errors import sanitize
from imports.models import Profile, ProfileVersion
from imports.options import Options
from imports.upload.profile import settled
from imports.upload.profile_choice import FileRead, Offer
from lib.limits import PROFILE_NAME_MAX_CHARACTERS

# With room for a number that makes it unique.
SUGGESTED_CHARACTERS = PROFILE_NAME_MAX_CHARACTERS - 10
NONE = ("", "None")
NAMES_LISTED = 200
ENDINGS = re.compile(r"(\.(csv|tsv|txt|xlsx|gz|zip))+$", re.IGNORECASE)
BETWEEN_WORDS = re.compile(r"[\s._-]+")


@dataclass(frozen=True)
class ProfileSetting:
    """An option that the profile sets in the form, with its value."""

    name: str
    value: str
    label: str
    words: str


@dataclass(frozen=True)
class ProfileUse:
    """`settings` are those of the profile that the file is read with. What is for the script is JSON."""

    settings: Sequence[ProfileSetting]
    # The options of the form as the profile has them, or their defaults.
    values: str
    # The options and the header to save; empty as long as a question is open.
    content: str
    # The name to save them by: that of the profile that is used, or a new one.
    name: str
    profile_id: int | None


def of(read: FileRead, filename: str) -> ProfileUse:
    version = read.profile
    options = version.parsed_options if version else Options()
    return ProfileUse(
        list(settings_of(options)),
        json.dumps(form_values(options)),
        "" if read.info.questions else json.dumps(content(read)),
        version.name if version else profiles.free_name(suggested(filename)),
        version.profile_id if version else None,
    )


def settings_of(options: Options) -> Iterator[ProfileSetting]:
    """Those that differ from their defaults, without those that the readings of the file show."""
    for name, value in differing(options).items():
        if name not in OF_THE_FILE:
            yield ProfileSetting(name, str(value), label_of(name), written(name, value))


def form_values(options: Options) -> dict[str, str]:
    """A preview is a matter of each import, so the box for it is no setting of a profile."""
    values = options.model_dump(mode="json")
    return {field.name: str(values[field.name]) for field in option_fields() if field.name != "dry_run"}


def content(read: FileRead) -> dict[str, object]:
    info = read.info
    header = [sanitize(name) for name in info.header]
    columns = [(column.field, column.reason) for column in info.columns]
    mapping = profiles.mapping_as_read(header, columns)
    kept = profiles.settled(settled(read.options, info.header), header, mapping, info.recipe)
    return {"header": header, "options": kept.options.model_dump(mode="json")}


def suggested(filename: str) -> str:
    """The words of the file's name. Dates and numbers in it are those of one file."""
    stem = ENDINGS.sub("", filename)
    words = [word for word in BETWEEN_WORDS.split(stem) if word and not word.isdecimal()]
    return " ".join(words)[:SUGGESTED_CHARACTERS].strip() or "Supplier"


# --- The choice of a profile ---


def choice(used: ProfileVersion | None, offers: Sequence[Offer]) -> Iterator[Reading]:
    """Nothing as long as no profile fits."""
    if offers:
        choices = [(offer.name, label(offer)) for offer in offers]
        yield Reading("profile", "Profile", used.name if used else "", "", [*choices, NONE])


def label(offer: Offer) -> str:
    changed = " (columns differ)" if offer.has_changed else ""
    return f"{offer.name}, version {offer.version}{changed}"


def only(name: str) -> Iterator[Reading]:
    """Of a file that cannot be read with the profile."""
    if name:
        yield Reading("profile", "Profile", name, "", [(name, name), NONE])


def profile_names() -> Sequence[str]:
    """For a browser without JavaScript, which does not know yet which of them fit."""
    return list(Profile.objects.order_by("name", "id").values_list("name", flat=True)[:NAMES_LISTED])
