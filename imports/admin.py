"""Imports in the admin: they can be viewed, cancelled, and deleted once they have finished, but not edited.

An import links to its rejected rows; the other tables are in imports.admin_history and imports.admin_profiles."""

from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from imports import jobs, removal
from imports.admin_history import JournalAdmin, StoredFileAdmin, SupersededRowAdmin, with_sheets
from imports.admin_profiles import ProfileAdmin
from imports.models import (
    FINAL,
    ChangedProducts,
    CreatedProducts,
    ImportJob,
    JobNotFound,
    Profile,
    RejectedRow,
    StoredFile,
    SupersededRow,
)
from imports.progress.summary import not_listed
from lib.admin import BoundedPaginator, ReadOnly

# Messages about imports that had already finished when they were cancelled.
ENDED_SHOWN = 10
OF_JOB = "job__id__exact"


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnly, admin.ModelAdmin[ImportJob]):
    list_display = ["filename", "created_at", "status", "percent", "rows", "imported", "rejected"]
    list_filter = ["status"]
    search_fields = ["filename"]
    ordering = ["-created_at", "-id"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["cancel"]
    fieldsets = [
        (None, {"fields": ["status", "phase", "percent", "created_at", "started_at", "completed_at"]}),
        ("Failure", {"fields": ["failure_code", "failure_message", "failure_line"]}),
        (
            "Rows",
            {
                "fields": [
                    "total_rows",
                    "created_count",
                    "updated_count",
                    "unchanged_count",
                    "superseded_count",
                    "deactivated_count",
                    "new_at_zero_count",
                    "large_price_change_count",
                    "goes_inactive_count",
                    "error_count",
                    "rejected_rows",
                ]
            },
        ),
        ("Preview", {"fields": ["preview", "expires_at", "confirmed_at"]}),
        (
            "Undo",
            {
                "fields": [
                    "undo_status",
                    "undo_requested_at",
                    "undo_progress",
                    "undone_at",
                    "reverted_count",
                    "kept_count",
                    "undo_failure_code",
                    "undo_failure_message",
                ]
            },
        ),
        (
            "File",
            {
                "fields": [
                    "filename",
                    "file_bytes",
                    "file_sha256",
                    "file_encoding",
                    "file_delimiter",
                    "file_header",
                    "warnings",
                    "options",
                    "profile_version",
                    "retry_of",
                ]
            },
        ),
    ]

    @admin.display(description="progress", ordering="progress")
    def percent(self, job: ImportJob) -> str:
        return f"{job.progress}%"

    # Short names: the filter takes a part of the page's width.
    @admin.display(ordering="total_rows")
    def rows(self, job: ImportJob) -> str:
        return f"{job.total_rows:,}"

    @admin.display
    def imported(self, job: ImportJob) -> str:
        return f"{job.success_count:,}"

    @admin.display(description="errors", ordering="error_count")
    def rejected(self, job: ImportJob) -> str:
        return f"{job.error_count:,}"

    @admin.display(description="rows with errors")
    def rejected_rows(self, job: ImportJob) -> str:
        if not job.error_count:
            return "None"
        if not job.listed_count:
            return not_listed(job)
        rows = reverse("admin:imports_rejectedrow_changelist")
        file = reverse("api:download_job_errors", args=[job.pk])
        return format_html(
            '<a href="{}?{}">View</a> or <a href="{}">download</a> {}',
            rows,
            urlencode({OF_JOB: job.pk}),
            file,
            not_listed(job),
        )

    def has_delete_permission(self, request: HttpRequest, obj: ImportJob | None = None) -> bool:  # type: ignore[override]
        is_allowed = request.user.has_perm("imports.delete_importjob")
        return is_allowed and (obj is None or obj.can_be_deleted)

    def get_deleted_objects(
        self, objs: Iterable[ImportJob], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Lists only the imports: their rows can be a million."""
        jobs_chosen = list(objs)
        running = [
            f"{job.filename} is being undone. It can be deleted afterwards."
            if job.is_undoing
            else f"{job.filename} has not finished. Cancel it first."
            for job in jobs_chosen
            if not job.can_be_deleted
        ]
        return [str(job) for job in jobs_chosen], {"imports": len(jobs_chosen)}, set(), running

    def delete_model(self, request: HttpRequest, obj: ImportJob) -> None:
        with suppress(JobNotFound):
            removal.remove(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ImportJob]) -> None:
        for job in queryset:
            self.delete_model(request, job)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("imports.change_importjob")

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ImportJob]) -> None:
        # Most imports of a list have finished: only some get a message of their own. The admin capitalises messages, so
        # none begins with the name of a file.
        ended = queryset.filter(status__in=FINAL)
        count, some = ended.count(), list(ended[:ENDED_SHOWN])
        for job in [*some, *queryset.exclude(status__in=FINAL)]:
            try:
                jobs.cancel(job.pk)
            except jobs.JobEnded as error:
                message = f"Not cancelled: {job.filename}. {error.detail}"
                self.message_user(request, message, messages.WARNING)
            else:
                message = f"Cancelled: {job.filename}. Products already imported are kept."
                self.message_user(request, message, messages.SUCCESS)
        if count > len(some):
            message = f"{count - len(some):,} more had already finished."
            self.message_user(request, message, messages.WARNING)


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnly, admin.ModelAdmin[RejectedRow]):
    list_display = ["row", "place", "column", "code", "message", "value"]
    fields = ["job", "row", "place", "column", "code", "message", "value", "cells"]
    # File order, which has an index.
    ordering = ["line", "id"]
    sortable_by = ()
    list_per_page = 100
    paginator = BoundedPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[RejectedRow]:
        return with_sheets(super().get_queryset(request))

    @admin.display(description="line")
    def place(self, rejected: RejectedRow) -> str:
        return str(rejected.place)

    def has_module_permission(self, request: HttpRequest) -> bool:
        # Not on the index page: only the rows of one import are useful.
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        if OF_JOB not in request.GET:
            return HttpResponseRedirect(reverse("admin:imports_importjob_changelist"))
        return super().changelist_view(request, {"title": "Rows with errors", **(extra_context or {})})


admin.site.register(Profile, ProfileAdmin)
admin.site.register(StoredFile, StoredFileAdmin)
admin.site.register(CreatedProducts, JournalAdmin)
admin.site.register(ChangedProducts, JournalAdmin)
admin.site.register(SupersededRow, SupersededRowAdmin)
