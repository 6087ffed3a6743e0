"""Django's entry to this app: after a migration it sees to the search index."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from catalog import search_index


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        post_migrate.connect(search_index.prepare, sender=self)
