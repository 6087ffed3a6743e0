"""What a staff account may do: Django's permissions of the model that an address of the API or the console is about.

Given in the admin, to an account or to a group; a superuser has all. An account with none may sign in and see the
figures of the overview. project.auth.authentication asks for the API, project.middleware.console for its pages, and hides what is refused."""

from collections.abc import Mapping

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from project.api.problems import ProblemError
from project.middleware.head_and_options import SAFE_METHODS

# By the first word of a path, of the API or the console.
MODELS = {
    "products": "catalog.product",
    "upload": "imports.importjob",
    "jobs": "imports.importjob",
    "imports": "imports.importjob",
    "webhooks": "hooks.webhook",
}
# Figures and the documentation, which every member of staff may read.
READ_BY_ALL = {"", "running", "dashboard", "docs", "schema"}
SUPERUSER = "superuser"
ACTIONS = ("view", "add", "change", "delete")
# Pages of the console that are there to be sent.
FORMS = {"new": "add", "edit": "change", "pause": "change", "resume": "change"}
METHODS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


def require(request: HttpRequest, user: User | AnonymousUser) -> None:
    """Raises ProblemError where the account lacks the permission that this request needs."""
    needed = permission_for(request)
    if needed is not None and not user.has_perm(needed):
        raise ProblemError(
            403,
            "permission.missing",
            f"This account lacks the permission {needed}; an administrator can give it in the admin under Users.",
        )


def permission_for(request: HttpRequest) -> str | None:
    """Its name, as in catalog.delete_product; None where none is needed."""
    words = request.path_info.removeprefix("/api").strip("/").split("/")
    model = MODELS.get(words[0])
    if model is None:
        # What is not in these tables yet is a superuser's, who has every permission, also one that does not exist.
        return None if words[0] in READ_BY_ALL and request.method in SAFE_METHODS else SUPERUSER
    app, name = model.split(".")
    return f"{app}.{action_of(request, words[-1])}_{name}"


def action_of(request: HttpRequest, last_word: str) -> str:
    if last_word in FORMS:
        return FORMS[last_word]
    if request.method in SAFE_METHODS:
        return "view"
    # Forms of the console can only be posted: /products/7/delete/, and for many products with the action as a field.
    if last_word == "delete" or (last_word == "apply" and request.POST.get("action") == "delete"):
        return "delete"
    has_id = request.resolver_match is not None and bool(request.resolver_match.kwargs)
    # What is posted to a thing that exists, such as /webhooks/7/rotate-secret/, changes it.
    return (
        "change"
        if request.method == "POST" and (has_id or last_word == "apply")
        else METHODS[request.method or ""]
    )


def allowed(user: User | AnonymousUser, *, everything: bool) -> Mapping[str, bool]:
    """For templates: {"add_product": True, ...}."""
    permissions = [model.split(".") for model in set(MODELS.values())]
    return {
        f"{action}_{name}": everything or user.has_perm(f"{app}.{action}_{name}")
        for app, name in permissions
        for action in ACTIONS
    }
