"""Profiles in the admin: they can be viewed with their versions, and deleted, but not edited."""

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest

from imports.models import Profile, ProfileVersion
from lib.admin import ReadOnly


class VersionsInline(ReadOnly, admin.TabularInline[ProfileVersion, Profile]):
    model = ProfileVersion
    fields = ["number", "created_at", "options", "header"]
    readonly_fields = ["created_at"]
    ordering = ["-number"]
    extra = 0


class ProfileAdmin(ReadOnly, admin.ModelAdmin[Profile]):
    list_display = ["name", "version", "created_at"]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ["name", "created_at"]
    readonly_fields = ["created_at"]
    inlines = [VersionsInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Profile]:
        return super().get_queryset(request).annotate(newest=Max("versions__number"))

    @admin.display(ordering="newest")
    def version(self, profile: Profile) -> int:
        return int(getattr(profile, "newest", 0))

    def has_delete_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:  # type: ignore[override]
        return request.user.has_perm("imports.delete_profile")
