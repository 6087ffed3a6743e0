"""Profiles: what was settled for the files of a supplier, in versions.

A version is never changed: saving a profile adds the next one, so a job's version says what the job ran with."""

# mypy: untyped-calls-exclude=pgtrigger

from datetime import datetime
from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Func, Max, Q, Subquery, Value
from django.db.models.expressions import Exists, OuterRef
from django.db.models.functions import Lower, Now

from imports.options import Options
from lib.limits import PROFILE_NAME_MAX_CHARACTERS

NAME_UNIQUE = "profile_name_unique_ignoring_case"


class Profile(models.Model):
    name = models.CharField(max_length=PROFILE_NAME_MAX_CHARACTERS)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name=NAME_UNIQUE, violation_error_message="Another profile has this name."
            ),
            models.CheckConstraint(
                condition=Q(name=Func(F("name"), function="btrim")) & ~Q(name=""),
                name="profile_name_trimmed_and_not_blank",
                violation_error_message="A name must not be blank or have spaces around it.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProfileVersions(models.QuerySet["ProfileVersion"]):
    def current(self) -> Self:
        """The newest version of each profile, with the profile."""
        newer = ProfileVersion.objects.filter(profile=OuterRef("profile"), number__gt=OuterRef("number"))
        return self.filter(~Exists(newer)).select_related("profile")

    def named(self, name: str) -> Self:
        return self.alias(key=Lower("profile__name")).filter(key=Lower(Value(name)))

    def fitting(self, fingerprint: str, names: list[str]) -> Self:
        """Those made from this header, and those whose columns are all among its names."""
        has_columns = Q(columns__contained_by=names, columns__len__gt=0)
        return self.filter(Q(header_fingerprint=fingerprint) | has_columns)

    def that_say_where(self) -> Self:
        """Those that name the row or the sheet of their header, or how its text is read."""
        anywhere = Q(
            options__header_row="auto", options__sheet="", options__delimiter="auto", options__encoding="auto"
        )
        return self.filter(~anywhere, columns__len__gt=0)

    def with_usage(self) -> Self:
        """With `last_used`, when a file was last uploaded with any version of the profile, and `imports`, how many were."""
        versions = ProfileVersion.objects.filter(profile=OuterRef("profile")).values("profile")
        last_used, imports = Max("jobs__created_at"), Count("jobs")
        return self.annotate(
            last_used=Subquery(versions.annotate(found=last_used).values("found")),
            imports=Subquery(versions.annotate(found=imports).values("found")),
        )

    def with_import_count(self) -> Self:
        """With `imports`, how many files were uploaded with this version."""
        return self.annotate(imports=Count("jobs"))


class ProfileVersion(models.Model):
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="versions", db_index=False)
    # Counts from 1.
    number = models.IntegerField()
    # imports.options.Options as JSON.
    options = models.JSONField()
    # The header it was made from, with its fingerprint (imports.matching.saved_columns); empty if it is not known.
    header = models.JSONField(default=list, blank=True)
    header_fingerprint = models.CharField(max_length=64, default="", blank=True, db_index=True)
    # The columns that are mapped to a field, by their folded names.
    columns = ArrayField(models.TextField(), default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ProfileVersions.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "number"], name="profileversion_number_unique_in_its_profile"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="profileversion_number_counts_from_1"),
            models.CheckConstraint(
                condition=Q(header=[], header_fingerprint="") | (~Q(header=[]) & ~Q(header_fingerprint="")),
                name="profileversion_fingerprint_iff_header",
            ),
        ]
        triggers = [pgtrigger.Protect(name="version_is_never_changed", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.profile}, version {self.number}"

    @property
    def name(self) -> str:
        return self.profile.name

    @property
    def begun_at(self) -> datetime:
        return self.profile.created_at

    @property
    def parsed_options(self) -> Options:
        return Options.model_validate(self.options)
