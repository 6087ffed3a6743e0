"""The addresses of the console. Each page is one view; who may see them is project.console's."""

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from dashboard import (
    views_bulk,
    views_deliveries,
    views_imports,
    views_overview,
    views_products,
    views_webhook,
    views_webhooks,
)

app_name = "console"

urlpatterns = [
    path("", views_overview.overview, name="overview"),
    path("running/", views_overview.part, name="running"),
    path("products/", views_products.listed, name="products"),
    path("products/new/", views_products.new, name="product-new"),
    path("products/export/", views_products.export, name="products-export"),
    path("products/confirm/", views_bulk.confirm, name="products-confirm"),
    path("products/apply/", views_bulk.apply, name="products-apply"),
    path("products/<int:product_id>/", views_products.one, name="product"),
    path("products/<int:product_id>/row/", views_products.row, name="product-row"),
    path("products/<int:product_id>/delete/", views_products.delete, name="product-delete"),
    path("imports/", views_imports.imports, name="imports"),
    path("imports/<uuid:job_id>/", views_imports.one, name="import"),
    path("imports/<uuid:job_id>/cancel/", views_imports.cancel, name="import-cancel"),
    path("imports/<uuid:job_id>/confirm/", views_imports.confirm, name="import-confirm"),
    path("imports/<uuid:job_id>/retry/", views_imports.retry, name="import-retry"),
    path("imports/<uuid:job_id>/delete/", views_imports.delete, name="import-delete"),
    path("imports/<uuid:job_id>/undo/", views_imports.take_back, name="import-undo"),
    path("webhooks/", views_webhooks.listing, name="webhooks"),
    path("webhooks/pause/", views_webhooks.pause, name="deliveries-pause"),
    path("webhooks/resume/", views_webhooks.resume, name="deliveries-resume"),
    path("webhooks/new/", views_webhooks.create, name="webhook-new"),
    path("webhooks/<int:webhook_id>/", views_webhook.one, name="webhook"),
    path("webhooks/<int:webhook_id>/edit/", views_webhooks.edit, name="webhook-edit"),
    path("webhooks/<int:webhook_id>/enable/", views_webhooks.enable, name="webhook-enable"),
    path("webhooks/<int:webhook_id>/disable/", views_webhooks.disable, name="webhook-disable"),
    path("webhooks/<int:webhook_id>/delete/", views_webhooks.delete, name="webhook-delete"),
    path("webhooks/<int:webhook_id>/test/", views_webhook.trial, name="webhook-test"),
    path("webhooks/<int:webhook_id>/recover/", views_webhook.recover, name="webhook-recover"),
    path("webhooks/<int:webhook_id>/rotate-secret/", views_webhook.rotate_secret, name="webhook-rotate"),
    path("webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/", views_deliveries.one, name="delivery"),
    path(
        "webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/redeliver/",
        views_deliveries.redeliver,
        name="delivery-redeliver",
    ),
    path(
        "sign-in/",
        LoginView.as_view(
            template_name="dashboard/sign_in.html", authentication_form=AdminAuthenticationForm
        ),
        name="sign-in",
    ),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
