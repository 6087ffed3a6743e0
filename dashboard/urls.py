"""The URLs of the console. project.middleware.console checks who may open them."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from dashboard.forms.sign_in import SignInForm
from dashboard.views import (
    bulk_actions,
    corrections,
    deliveries,
    imports,
    matching,
    overview,
    products,
    profiles,
    webhook,
    webhooks,
)

app_name = "console"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("running/", overview.part, name="running"),
    path("products/", products.listed, name="products"),
    path("products/new/", products.new, name="product-new"),
    path("products/export/", products.export, name="products-export"),
    path("products/confirm/", bulk_actions.confirm, name="products-confirm"),
    path("products/apply/", bulk_actions.apply, name="products-apply"),
    path("products/<int:product_id>/", products.one, name="product"),
    path("products/<int:product_id>/row/", products.row, name="product-row"),
    path("products/<int:product_id>/delete/", products.delete, name="product-delete"),
    path("imports/", imports.imports, name="imports"),
    path("imports/match/", matching.match, name="import-match"),
    path("imports/upload/", matching.upload, name="import-upload"),
    path("imports/profiles/", profiles.listing, name="profiles"),
    path("imports/profiles/new/", profiles.new, name="profile-new"),
    path("imports/profiles/<int:profile_id>/", profiles.one, name="profile"),
    path("imports/profiles/<int:profile_id>/update/", profiles.update, name="profile-update"),
    path("imports/profiles/<int:profile_id>/rename/", profiles.rename, name="profile-rename"),
    path("imports/profiles/<int:profile_id>/restore/", profiles.restore, name="profile-restore"),
    path("imports/profiles/<int:profile_id>/delete/", profiles.delete, name="profile-delete"),
    path("imports/<uuid:job_id>/", imports.one, name="import"),
    path("imports/<uuid:job_id>/cancel/", imports.cancel, name="import-cancel"),
    path("imports/<uuid:job_id>/confirm/", imports.confirm, name="import-confirm"),
    path("imports/<uuid:job_id>/retry/", imports.retry, name="import-retry"),
    path("imports/<uuid:job_id>/settings/", corrections.settings, name="import-settings"),
    path("imports/<uuid:job_id>/corrected/", corrections.corrected, name="import-corrected"),
    path("imports/<uuid:job_id>/delete/", imports.delete, name="import-delete"),
    path("imports/<uuid:job_id>/undo/", imports.undo_import, name="import-undo"),
    path("webhooks/", webhooks.listing, name="webhooks"),
    path("webhooks/pause/", webhooks.pause, name="deliveries-pause"),
    path("webhooks/resume/", webhooks.resume, name="deliveries-resume"),
    path("webhooks/new/", webhooks.create, name="webhook-new"),
    path("webhooks/<int:webhook_id>/", webhook.one, name="webhook"),
    path("webhooks/<int:webhook_id>/edit/", webhooks.edit, name="webhook-edit"),
    path("webhooks/<int:webhook_id>/enable/", webhooks.enable, name="webhook-enable"),
    path("webhooks/<int:webhook_id>/disable/", webhooks.disable, name="webhook-disable"),
    path("webhooks/<int:webhook_id>/delete/", webhooks.delete, name="webhook-delete"),
    path("webhooks/<int:webhook_id>/test/", webhook.test, name="webhook-test"),
    path("webhooks/<int:webhook_id>/recover/", webhook.recover, name="webhook-recover"),
    path("webhooks/<int:webhook_id>/rotate-secret/", webhook.rotate_secret, name="webhook-rotate"),
    path("webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/", deliveries.one, name="delivery"),
    path(
        "webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/redeliver/",
        deliveries.redeliver,
        name="delivery-redeliver",
    ),
    path(
        "sign-in/",
        LoginView.as_view(template_name="dashboard/sign_in.html", authentication_form=SignInForm),
        name="sign-in",
    ),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
