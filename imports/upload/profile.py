"""The profile that an upload names: its options as defaults, and the profiles that fit the header of a file."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from uuid import UUID

from django.db.models import Case, F, Value, When

from imports.inspection_schemas import FittingProfile
from imports.matching.header_names import fold
from imports.matching.saved_columns import fingerprint, mapping_for, saved_columns
from imports.models import ImportJob, JobNotFound, Profile, ProfileVersion
from imports.option_values import validated
from imports.options import Options, OptionsInvalid, ProfileOptions, SavedColumns, UploadOptions
from lib.errors import Explanation, Invalid, InvalidValue

FITTING_SHOWN = 10
# Profiles of nearly this header: at least this share of the names of both headers is in both.
NEARLY_SAME = 0.5
NEAR_LOOKED_AT = 100
LAST_USED_FIRST = F("last_used").desc(nulls_last=True)
# A corrected file may have been saved in another way.
OF_ONE_FILE = ("encoding", "delimiter", "sheet", "header_row")


class ProfileUnknown(Invalid):
    code = "profile.unknown"
    codes = {
        code: Explanation(
            "No profile has the name in the option `profile`.",
            "Use one of the names that the message suggests, or list them with `GET /api/imports/profiles/`.",
        )
    }

    def __init__(self, name: str) -> None:
        self.near = near_names(name)
        suggested = f" Did you mean {' or '.join(map(repr, self.near))}?" if self.near else ""
        super().__init__(f"There is no profile named {name!r}.{suggested}")

    def members(self) -> Mapping[str, object]:
        return {"profiles": self.near}


def near_names(name: str) -> list[str]:
    names = {known.casefold(): known for known in Profile.objects.values_list("name", flat=True)}
    return [names[near] for near in get_close_matches(name.casefold(), names)]


def with_profile(given: UploadOptions) -> Options:
    """The given options over those of the profile that they name. Raises ProfileUnknown."""
    values = given.model_dump(include=given.model_fields_set - {"profile", "corrects"})
    name = given.profile.strip()
    if given.corrects is not None:
        return over_job(given.corrects, name, values)
    if not name:
        return Options.model_validate(values)
    return over(current_version(name), values)


def current_version(name: str) -> ProfileVersion:
    # No name has invisible characters, and PostgreSQL refuses some of them.
    version = ProfileVersion.objects.current().named(name).first() if name.isprintable() else None
    if version is None:
        raise ProfileUnknown(name)
    return version


def over_job(job_id: UUID, profile: str, values: Mapping[str, object]) -> ProfileOptions:
    """The given options over those of the job that the file corrects. Raises JobNotFound."""
    if profile:
        message = "Give either profile or corrects: the corrected job has its own options."
        raise OptionsInvalid([InvalidValue("option.conflict", message, "/corrects")])
    job = ImportJob.objects.filter(pk=job_id).first()
    if job is None:
        raise JobNotFound(job_id)
    taken = job.parsed_options.model_dump(exclude=set(OF_ONE_FILE))
    recipe = {"recipe": job.file_recipe} if job.file_recipe else {}
    return ProfileOptions.model_validate({**taken, **recipe, **values, "corrects": job_id})


def over(
    version: ProfileVersion, values: Mapping[str, object], *, may_lack_columns: bool = False
) -> ProfileOptions:
    options = version.parsed_options
    saved = SavedColumns(
        version_id=version.pk,
        profile=version.name,
        number=version.number,
        header=version.header,
        mapping=options.mapping,
        may_lack_columns=may_lack_columns,
    )
    return ProfileOptions.model_validate({**options.model_dump(), "mapping": {}, **values, "saved": saved})


def settled(options: Options, header: Sequence[str]) -> Options:
    """The options that a file with this header is imported with, whatever becomes of the profile."""
    if saved_columns(options) is None:
        return Options.model_validate(options.model_dump(include=set(Options.model_fields)))
    values = options.model_dump(include=set(Options.model_fields)) | {
        "mapping": dict(mapping_for(header, options))
    }
    return with_profile(validated(values, {"mapping": "/mapping"}))


def corrected_job(options: Options) -> UUID | None:
    return options.corrects if isinstance(options, ProfileOptions) else None


def locked_version(options: Options) -> ProfileVersion | None:
    """The version of the profile that the options are from, which is not deleted in this transaction."""
    saved = saved_columns(options)
    if saved is None:
        return None
    return ProfileVersion.objects.select_for_update(no_key=True).filter(pk=saved.version_id).first()


def fitting_profiles(header: Sequence[str]) -> list[FittingProfile]:
    """The profiles that fit a file with this header, the best first; of those that fit alike, the last used one."""
    print_of_header, names = fingerprint(header), sorted(filter(None, set(map(fold, header))))
    is_same = Case(When(header_fingerprint=print_of_header, then=Value(True)), default=Value(False))
    found = (
        ProfileVersion.objects.current()
        .fitting(print_of_header, names)
        .annotate(is_same=is_same)
        .with_usage()
        .order_by("-is_same", "-columns__len", LAST_USED_FIRST, "-created_at", "-id")
    )[:FITTING_SHOWN]
    return [
        FittingProfile(
            id=version.profile_id,
            name=version.name,
            version=version.number,
            fits="same header" if version.header_fingerprint == print_of_header else "has its columns",
        )
        for version in found
    ]


def nearly_fitting(header: Sequence[str]) -> list[ProfileVersion]:
    """The profiles whose header has most of the names of this one, the nearest first."""
    names = {name for name in map(fold, header) if name}
    sharing = (
        ProfileVersion.objects.current()
        .filter(columns__overlap=sorted(names))
        .order_by("-created_at", "-id")[:NEAR_LOOKED_AT]
    )
    likeness = [(shared(names, version), version) for version in sharing]
    near = sorted(likeness, key=lambda found: found[0], reverse=True)
    return [version for share, version in near if share >= NEARLY_SAME]


def shared(names: set[str], version: ProfileVersion) -> float:
    """The share of names that are in both headers."""
    known = {name for name in map(fold, version.header or version.columns) if name}
    return len(names & known) / len(names | known)
