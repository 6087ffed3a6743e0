"""The root URL configuration. The paths of the API are in its routers (project.api.api)."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from project import health
from project.api.api import api

to_documentation = RedirectView.as_view(pattern_name="api:openapi-view", http_method_names=["get", "head"])

urlpatterns = [
    path("", include("dashboard.urls")),
    path("api/", to_documentation),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
