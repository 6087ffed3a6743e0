"""How Django knows this package: the API keys as an app of their own, and the admin under our name."""

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class ProjectConfig(AppConfig):
    name = "project"
    verbose_name = "Access"

    def ready(self) -> None:
        # Registers the system checks.
        from project import checks  # noqa: F401


class AdminConfig(DjangoAdminConfig):
    def ready(self) -> None:
        super().ready()
        admin.site.site_header = admin.site.site_title = "Product Importer"
        admin.site.index_title = "Administration"
