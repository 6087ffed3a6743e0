"""API keys in the admin: created here, shown once, renamed, revoked."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from project.auth import api_keys
from project.models import ApiKey, Scope


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    list_display = ["name", "scope", "prefix", "is_active", "created_at", "last_used_at"]
    list_filter = ["scope"]
    search_fields = ["name", "prefix"]
    ordering = ["-created_at"]
    actions = ["revoke"]

    @admin.display(boolean=True)
    def is_active(self, key: ApiKey) -> bool:
        return key.revoked_at is None

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        count = api_keys.revoke(queryset)
        noun = "API key" if count == 1 else "API keys"
        self.message_user(request, f"{count:,} {noun} revoked. Requests with a revoked key fail.")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        return [] if obj is None else ["scope", "prefix", "created_at", "last_used_at", "revoked_at"]

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        # Revoked keys are kept as a record of who had access.
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm[ApiKey], change: bool) -> None:
        if change:
            obj.save(update_fields=["name"])
            return
        record, obj.key = api_keys.issue(obj.name, Scope(obj.scope))
        # The admin uses its own object for its log and the next page.
        obj.pk, obj.prefix, obj.sha256 = record.pk, record.prefix, record.sha256

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "API key created", "record": obj}
        return render(request, "admin/project/key.html", context)
