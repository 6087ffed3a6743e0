"""The Django app, which prepares the search index after a migration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from catalog import search_index


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        post_migrate.connect(search_index.prepare, sender=self)
