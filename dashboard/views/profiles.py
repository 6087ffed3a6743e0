"""Pages of profiles: the list, one with its versions and imports, and saving one from an import."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.forms import profile_words
from dashboard.forms.profile_use import suggested
from dashboard.views.shortcuts import Pager, done, page_number
from imports import jobs, profiles
from imports.models import ImportJob, ProfileVersion
from imports.profiles import NameTaken, ProfileNotFound
from lib.errors import Conflict, Invalid

PAGE_SIZE = 25
IMPORTS_SHOWN = 10
VERSIONS_SHOWN = 50
NUMBER_DIGITS = 9
INVALID = 422


class NameForm(forms.Form):
    name = forms.CharField(required=False, strip=False)

    def clean_name(self) -> str:
        try:
            return profiles.checked_name(self.cleaned_data["name"])
        except ValueError as error:
            message = str(error)
            raise ValidationError(f"{message[0].upper()}{message[1:]}.") from None


# --- The list, and one profile ---


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    page = page_number(request)
    every = ProfileVersion.objects.current()
    shown = every.with_usage().order_by("profile__name", "id")[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    context = {
        "pager": Pager(page, PAGE_SIZE, every.count()),
        "rows": [(version, profile_words.columns_in_words(version)) for version in shown],
    }
    return render(request, "dashboard/profiles.html", context)


@require_safe
def one(request: HttpRequest, profile_id: int) -> HttpResponse:
    return show(request, profile_id)


def show(request: HttpRequest, profile_id: int, form: NameForm | None = None) -> HttpResponse:
    current = profiles.get(profile_id)
    versions = ProfileVersion.objects.filter(profile_id=profile_id).order_by("-number")
    # With the one before the last that is shown.
    newest = list(versions.with_import_count()[: VERSIONS_SHOWN + 1])
    imports = ImportJob.objects.filter(profile_version__profile=profile_id).select_related("profile_version")
    context = {
        "profile": current,
        "form": form or NameForm(initial={"name": current.name}),
        "settings": profile_words.settings_of(current.parsed_options),
        "columns": profile_words.columns_of(current),
        "versions": profile_words.with_changes(newest)[:VERSIONS_SHOWN],
        "versions_limit": VERSIONS_SHOWN,
        "jobs": imports.order_by("-created_at", "-id")[:IMPORTS_SHOWN],
        "jobs_count": imports.count(),
    }
    return render(request, "dashboard/profile.html", context, status=INVALID if form else 200)


# --- Save from an import ---


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A form for the name. If it is taken, the profile can get a new version instead."""
    job = jobs.get(job_id_of(request))
    context: dict[str, object] = {"job": job}
    if request.method != "POST":
        context["form"] = NameForm(initial={"name": profiles.free_name(suggested(job.filename))})
        return render(request, "dashboard/profile_new.html", context)
    form = NameForm(request.POST)
    context["form"] = form
    if form.is_valid():
        try:
            saved = profiles.create(form.cleaned_data["name"], profiles.settled_by(job))
        except NameTaken as error:
            form.add_error("name", "A profile with this name already exists.")
            context["taken_by"] = error.taken_by
        except Invalid as error:
            form.add_error("name", error.detail)
        else:
            messages.success(request, "Profile saved")
            return redirect("console:profile", saved.profile_id)
    return render(request, "dashboard/profile_new.html", context, status=INVALID)


@require_POST
def update(request: HttpRequest, profile_id: int) -> HttpResponse:
    """Save the settings and columns of an import as the next version."""
    content = profiles.content_of_job(job_id_of(request))
    return saved_version(request, profile_id, lambda: profiles.change(profile_id, edit=lambda kept: content))


def job_id_of(request: HttpRequest) -> UUID:
    given = (request.POST if request.method == "POST" else request.GET).get("job", "")
    try:
        return UUID(given)
    except ValueError:
        raise Http404("Choose the import to save a profile from.") from None


# --- Rename, revert, delete ---


@require_POST
def rename(request: HttpRequest, profile_id: int) -> HttpResponse:
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            profiles.change(profile_id, name=form.cleaned_data["name"])
        except NameTaken:
            form.add_error("name", "Another profile has this name.")
    if not form.is_valid():
        return show(request, profile_id, form)
    messages.success(request, "Profile renamed")
    return redirect("console:profile", profile_id)


@require_POST
def revert(request: HttpRequest, profile_id: int) -> HttpResponse:
    """Go back to an earlier version."""
    number = request.POST.get("version", "")
    if not number.isascii() or not number.isdecimal() or len(number) > NUMBER_DIGITS:
        raise Http404(f"Version {number[:20]!r} doesn't exist.")
    return saved_version(request, profile_id, lambda: profiles.revert(profile_id, int(number)))


def saved_version(request: HttpRequest, profile_id: int, save: Callable[[], ProfileVersion]) -> HttpResponse:
    before = profiles.get(profile_id).number
    try:
        number = save().number
    except (Invalid, Conflict) as error:
        messages.error(request, error.detail)
    else:
        same = f"Nothing to save: version {number} is the same."
        messages.success(request, f"Saved as version {number}" if number != before else same)
    return redirect("console:profile", profile_id)


@require_POST
def delete(request: HttpRequest, profile_id: int) -> HttpResponse:
    message = "Profile deleted. Its imports keep their settings."
    errors = (ProfileNotFound,)
    return done(request, lambda: profiles.remove(profile_id), message, "console:profiles", errors=errors)
