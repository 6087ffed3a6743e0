"""Permissions of staff accounts: Django's permissions of the model behind a path of the API or the console.

They are granted in the admin, to an account or a group; a superuser has all. An account without any may sign in and see
the overview."""

from collections.abc import Mapping

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from project.problems import ProblemError

# By the first segment of a path, in the API or the console, or by the first two.
MODELS = {
    "products": "catalog.product",
    "upload": "imports.importjob",
    "jobs": "imports.importjob",
    "imports": "imports.importjob",
    "imports/profiles": "imports.profile",
    "webhooks": "hooks.webhook",
}
# Metrics and the documentation, which every staff account may read.
READ_BY_ALL = {"", "running", "dashboard", "docs", "schema"}
SUPERUSER = "superuser"
ACTIONS = ("view", "add", "change", "delete")
# Pages of the console with a form.
FORMS = {"new": "add", "edit": "change", "pause": "change", "resume": "change"}
# Of requests that change nothing.
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
METHODS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


def require(request: HttpRequest, user: User | AnonymousUser) -> None:
    """Raises ProblemError if the account lacks the permission for this request."""
    needed = permission_for(request)
    if needed is not None and not user.has_perm(needed):
        raise ProblemError(
            403,
            "permission.missing",
            f"This account lacks the permission {needed}. An administrator can grant it in the admin under Users.",
        )


def permission_for(request: HttpRequest) -> str | None:
    """Return its name, such as catalog.delete_product; None if none is needed."""
    words = request.path_info.removeprefix("/api").strip("/").split("/")
    model = MODELS.get("/".join(words[:2])) or MODELS.get(words[0])
    if model is None:
        # Other paths need a superuser, who has every permission, even one that does not exist.
        return None if words[0] in READ_BY_ALL and request.method in SAFE_METHODS else SUPERUSER
    app, name = model.split(".")
    return f"{app}.{action_of(request, words[-1])}_{name}"


def action_of(request: HttpRequest, last_word: str) -> str:
    if last_word in FORMS:
        return FORMS[last_word]
    if request.method in SAFE_METHODS:
        return "view"
    # Forms of the console are always posted: /products/7/delete/, or the action is a field for many products. Who may
    # delete products may restore them.
    if last_word in ("delete", "restore") or (
        last_word == "apply" and request.POST.get("action") == "delete"
    ):
        return "delete"
    has_id = request.resolver_match is not None and bool(request.resolver_match.kwargs)
    # A POST to an existing object, such as /webhooks/7/rotate-secret/, changes it.
    return (
        "change"
        if request.method == "POST" and (has_id or last_word == "apply")
        else METHODS[request.method or ""]
    )


def allowed(user: User | AnonymousUser, *, everything: bool) -> Mapping[str, bool]:
    """Return the permissions for templates: {"add_product": True, ...}."""
    permissions = [model.split(".") for model in set(MODELS.values())]
    return {
        f"{action}_{name}": everything or user.has_perm(f"{app}.{action}_{name}")
        for app, name in permissions
        for action in ACTIONS
    }
