"""The endpoints of /imports/profiles."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Status

from imports import profiles
from imports.models import ProfileVersion
from imports.options import Options
from imports.profile_schemas import (
    GivenOptions,
    NewProfile,
    ProfileOut,
    ProfilePage,
    ProfilePatch,
    ProfileQuery,
    ProfileReplacement,
    VersionPage,
)
from imports.profiles import Content
from lib.openapi import error_responses
from lib.pagination import links, url_of
from lib.read_only import check_same_id

router = Router(tags=["Profiles"])

Page = dict[str, object]


@router.get("/", response=ProfilePage, summary="List profiles")
def list_profiles(request: HttpRequest, query: Query[ProfileQuery]) -> Page:
    """In alphabetical order, each with its current version."""
    return page(request, query, ProfileVersion.objects.current().order_by("profile__name", "id"))


@router.post("/", response={201: ProfileOut}, summary="Create a profile", openapi_extra=error_responses(409))
def create_profile(request: HttpRequest, profile: NewProfile) -> Status[ProfileVersion]:
    """Keeps what was settled for the files of a supplier: options and the mapping of columns. With `from_job` they are those
    of a job, so that the next file with the same header has no questions. Choose the profile at an upload with
    `profile=NAME`."""
    return Status(201, profiles.create(profile.name, complete_content(profile)))


@router.get("/{int:profile_id}/", response=ProfileOut, summary="Get a profile")
def get_profile(request: HttpRequest, profile_id: int) -> ProfileVersion:
    return profiles.get(profile_id)


@router.put(
    "/{int:profile_id}/", response=ProfileOut, summary="Replace a profile", openapi_extra=error_responses(409)
)
def replace_profile(request: HttpRequest, profile_id: int, profile: ProfileReplacement) -> ProfileVersion:
    """Saves the next version. Omitted options get their defaults; use PATCH to keep them. The response of GET can be sent
    back, and saves nothing."""
    check_same_id(profile.id, profile_id)
    content = complete_content(profile)
    return profiles.change(profile_id, name=profile.name, edit=lambda kept: content)


@router.patch(
    "/{int:profile_id}/", response=ProfileOut, summary="Update a profile", openapi_extra=error_responses(409)
)
def change_profile(request: HttpRequest, profile_id: int, profile: ProfilePatch) -> ProfileVersion:
    """Saves the next version with the given options changed. A new name alone saves no version."""
    check_same_id(profile.id, profile_id)
    sent = profile.model_fields_set
    header = profile.header if "header" in sent else None

    def edit(kept: Content) -> Content:
        return content_from(profile.from_job, kept, profile.options, header)

    return profiles.change(profile_id, name=profile.name if "name" in sent else None, edit=edit)


@router.delete("/{int:profile_id}/", response={204: None}, summary="Delete a profile")
def delete_profile(request: HttpRequest, profile_id: int) -> Status[None]:
    """Deletes it with all its versions. Jobs that ran with it keep their options and columns."""
    profiles.remove(profile_id)
    return Status(204, None)


@router.get("/{int:profile_id}/versions/", response=VersionPage, summary="List a profile's versions")
def list_profile_versions(request: HttpRequest, profile_id: int, query: Query[ProfileQuery]) -> Page:
    """Newest first. A version is never changed."""
    profiles.get(profile_id)
    return page(request, query, ProfileVersion.objects.filter(profile_id=profile_id).order_by("-number"))


# --- Requests and responses ---


def complete_content(profile: NewProfile) -> Content:
    return content_from(profile.from_job, Content(Options()), profile.options, profile.header)


def content_from(
    job_id: UUID | None, kept: Content, options: GivenOptions, header: list[str] | None
) -> Content:
    base = kept if job_id is None else profiles.content_of_job(job_id)
    return base.but(options.given(), header)


def page(request: HttpRequest, query: ProfileQuery, found: QuerySet[ProfileVersion]) -> Page:
    count, start = found.count(), (query.page - 1) * query.page_size
    return {
        "count": count,
        **links(url_of(request), query.page, query.page_size, count),
        "results": list(found[start : start + query.page_size]),
    }
