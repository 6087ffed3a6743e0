"""The addresses of the console. Each page is one view; who may see them is project.console's."""

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from dashboard import views_imports, views_overview

app_name = "console"

urlpatterns = [
    path("", views_overview.overview, name="overview"),
    path("imports/", views_imports.imports, name="imports"),
    path("imports/<uuid:job_id>/", views_imports.one, name="import"),
    path("imports/<uuid:job_id>/cancel/", views_imports.cancel, name="import-cancel"),
    path("imports/<uuid:job_id>/confirm/", views_imports.confirm, name="import-confirm"),
    path("imports/<uuid:job_id>/retry/", views_imports.retry, name="import-retry"),
    path("imports/<uuid:job_id>/undo/", views_imports.take_back, name="import-undo"),
    path(
        "sign-in/",
        LoginView.as_view(
            template_name="dashboard/sign_in.html", authentication_form=AdminAuthenticationForm
        ),
        name="sign-in",
    ),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
