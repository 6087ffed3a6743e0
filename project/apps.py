"""The Django apps of this package: access (the API keys), and the admin with the product's name."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class ProjectConfig(AppConfig):
    name = "project"
    verbose_name = "Access"

    def ready(self) -> None:
        # Registers the system checks.
        import_module("project.checks")


class AdminConfig(DjangoAdminConfig):
    def ready(self) -> None:
        super().ready()
        admin.site.site_header = admin.site.site_title = "Product Importer"
        admin.site.index_title = "Administration"
