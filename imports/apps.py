"""How Django knows this app."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "imports"
