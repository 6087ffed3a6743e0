"""Create, read, change and delete profiles. Saving one adds a version, unless nothing changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, count, takewhile
from uuid import UUID

from django.db import IntegrityError, transaction

from imports.matching.header_names import fold
from imports.matching.mapping import check_field, check_once, keys_of, read_mapping
from imports.matching.matching import check_cells
from imports.matching.saved_columns import fingerprint
from imports.models import NAME_UNIQUE, ImportJob, JobNotFound, Profile, ProfileVersion
from imports.options import Options
from imports.recipes.recipe import recipe_named
from lib.errors import Conflict, Explanation, NotFound
from lib.limits import MAPPING_MAX_CHARACTERS, MAPPING_MAX_HEADERS, PROFILE_NAME_MAX_CHARACTERS


class ProfileNotFound(NotFound):
    code = "profile.not_found"
    codes = {
        code: Explanation("No profile has this ID.", "List the profiles with `GET /api/imports/profiles/`.")
    }

    def __init__(self, profile_id: int) -> None:
        super().__init__(f"Profile {profile_id} was not found.")


class VersionNotFound(NotFound):
    code = "profile.version_not_found"
    codes = {
        code: Explanation(
            "The profile has no version with this number.",
            "List them with `GET /api/imports/profiles/{profile_id}/versions/`.",
        )
    }

    def __init__(self, number: int) -> None:
        super().__init__(f"The profile has no version {number}.")


class NameTaken(Conflict):
    code = "profile.name_taken"
    codes = {
        code: Explanation(
            "Another profile has this name; upper and lower case make no difference. `profile` has its ID and version.",
            "Choose another name, or save that profile again with PUT or PATCH.",
        )
    }
    pointer = "/name"

    def __init__(self, name: str) -> None:
        super().__init__(f"Another profile has the name {name!r}; upper and lower case make no difference.")
        # Its current version, unless it was deleted in the meantime.
        self.taken_by = ProfileVersion.objects.current().named(name).first()

    def members(self) -> Mapping[str, object]:
        if self.taken_by is None:
            return {}
        taken_by = self.taken_by
        return {"profile": {"id": taken_by.profile_id, "name": taken_by.name, "version": taken_by.number}}


def checked_name(name: str) -> str:
    """The name without spaces around it. Raises ValueError if it cannot be one."""
    name = name.strip()
    if not name or not name.isprintable():
        raise ValueError("name must not be blank or have invisible characters")
    if len(name) > PROFILE_NAME_MAX_CHARACTERS:
        raise ValueError(f"name must have at most {PROFILE_NAME_MAX_CHARACTERS} characters")
    return name


@dataclass(frozen=True)
class Content:
    """What a version of a profile keeps: options, and the header they were settled for, if it is known."""

    options: Options
    header: Sequence[str] = ()

    def but(self, options: Mapping[str, object], header: Sequence[str] | None = None) -> "Content":
        changed = Options.model_validate(self.options.model_dump() | dict(options))
        return Content(changed, self.header if header is None else header)

    def check(self) -> None:
        """Raise FileError for what no file could be imported with."""
        mapping = self.options.mapping
        if self.header:
            check_cells(self.header)
            read_mapping(self.header, mapping)
        for header, field in mapping.items():
            check_field(header, field)
        check_once([fold(field) for field in mapping.values()])
        if self.options.recipe not in ("auto", "none"):
            recipe_named(self.options.recipe)


# --- Read ---


def get(profile_id: int) -> ProfileVersion:
    """The current version of the profile."""
    version = ProfileVersion.objects.current().filter(profile_id=profile_id).first()
    if version is None:
        raise ProfileNotFound(profile_id)
    return version


def content_of(version: ProfileVersion) -> Content:
    return Content(version.parsed_options, version.header)


def free_name(name: str) -> str:
    """The name, with a number if another profile has it."""
    names = Profile.objects.filter(name__istartswith=name).values_list("name", flat=True)
    taken = {known.casefold() for known in names}
    numbered = (f"{name} {number}" for number in count(2))
    return next(free for free in chain([name], numbered) if free.casefold() not in taken)


# --- Write ---


def create(name: str, content: Content) -> ProfileVersion:
    content.check()
    with transaction.atomic():
        profile = Profile(name=name)
        write(profile)
        add_version(profile, content)
        return get(profile.pk)


def save(name: str, content: Content) -> ProfileVersion:
    """The next version of the profile with this name, or the first one of a new profile."""
    current = ProfileVersion.objects.current().named(name).first()
    return change(current.profile_id, edit=lambda kept: content) if current else create(name, content)


def change(
    profile_id: int, *, name: str | None = None, edit: Callable[[Content], Content] | None = None
) -> ProfileVersion:
    """Rename the profile, or save what `edit` makes of its current version, or both. What stays the same writes nothing."""
    with transaction.atomic():
        profile = lock(profile_id)
        if name is not None and name != profile.name:
            profile.name = name
            write(profile)
        if edit is not None:
            content = edit(content_of(get(profile_id)))
            content.check()
            add_version(profile, content)
        return get(profile_id)


def revert(profile_id: int, number: int) -> ProfileVersion:
    """Save the next version, with the content of an earlier one."""
    earlier = ProfileVersion.objects.filter(profile_id=profile_id, number=number).first()
    if earlier is None:
        raise VersionNotFound(number)
    return change(profile_id, edit=lambda kept: content_of(earlier))


def remove(profile_id: int) -> None:
    """Delete the profile with all its versions. Jobs that ran with them keep their options and columns."""
    with transaction.atomic():
        lock(profile_id).delete()


def lock(profile_id: int) -> Profile:
    try:
        return Profile.objects.select_for_update().get(pk=profile_id)
    except Profile.DoesNotExist:
        raise ProfileNotFound(profile_id) from None


def write(profile: Profile) -> None:
    try:
        with transaction.atomic():
            profile.save()
    except IntegrityError as error:
        if NAME_UNIQUE not in str(error):
            raise
        raise NameTaken(profile.name) from None


def add_version(profile: Profile, content: Content) -> None:
    latest = profile.versions.order_by("-number").first()
    if latest is not None and content_of(latest) == Content(content.options, list(content.header)):
        return
    ProfileVersion.objects.create(
        profile=profile,
        number=latest.number + 1 if latest else 1,
        options=content.options.model_dump(mode="json"),
        header=list(content.header),
        header_fingerprint=fingerprint(content.header) if content.header else "",
        columns=sorted(fold(header) for header, field in content.options.mapping.items() if field),
    )


# --- From a job or a file ---


def content_of_job(job_id: UUID) -> Content:
    """The job's options, with each column mapped as it was read, so that nothing has to be matched again."""
    job = ImportJob.objects.filter(pk=job_id).first()
    if job is None:
        raise JobNotFound(job_id)
    return settled_by(job)


def settled_by(job: ImportJob) -> Content:
    return settled(job.parsed_options, job.file_header, mapping_of(job), job.file_recipe)


def settled(options: Options, header: Sequence[str], mapping: Mapping[str, str], recipe: str) -> Content:
    # Whether an import stops at its preview is a matter of that import, not of the supplier's files.
    return Content(options, header).but({"mapping": mapping, "recipe": recipe or "none", "dry_run": False})


def mapping_of(job: ImportJob) -> dict[str, str]:
    if not job.file_columns:
        # The job is older than the record of columns.
        return job.parsed_options.mapping
    columns = [(column["field"], column["reason"]) for column in job.file_columns]
    return mapping_as_read(job.file_header, columns)


def mapping_as_read(header: Sequence[str], columns: Sequence[tuple[str | None, str]]) -> dict[str, str]:
    """The mapping of the columns, each with its field and the reason for it. Fields first: where there are more columns than a
    mapping may have, the last of the ignored ones are left out."""
    named = [
        (key, field or "")
        for key, (field, reason) in zip(keys_of(header), columns, strict=True)
        if reason != "note"
    ]
    named.sort(key=lambda column: not column[1])
    sizes = accumulate(len(key) + len(field) for key, field in named)
    fitting = sum(1 for _ in takewhile(lambda size: size <= MAPPING_MAX_CHARACTERS, sizes))
    return dict(named[: min(fitting, MAPPING_MAX_HEADERS)])
