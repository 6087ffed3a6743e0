"""Import a file again: with other settings, or corrected."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.forms.file_questions import Asked
from dashboard.forms.import_options import OF_THE_FILE
from dashboard.forms.import_settings import prefilled
from dashboard.forms.other_readings import of_sheet
from dashboard.views.matching import REFUSED, with_answers
from imports import jobs
from imports.errors import FileError
from imports.models import ImportJob
from imports.option_values import read
from imports.options import Options, OptionsInvalid
from imports.other_readings import other_sheets
from imports.run_again import read_with, run_again
from imports.upload.inspection import ColumnsUnclear
from imports.upload.request import given
from lib.errors import Conflict, Invalid

UNCLEAR = "Something about the file is unclear with these settings. Answer the question to run it again."


@require_safe
def sheets(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The other sheets of an import's workbook, as a part of its page."""
    job = jobs.get(job_id)
    return render(request, "dashboard/_offer.html", {"job": job, "offer": of_sheet(job)})


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """A form with the settings of an import. Sent, it leads to the new import, or asks what is unclear."""
    job = jobs.get(job_id)
    if request.method != "POST":
        return show(request, job, {})
    chosen: dict[str, object] = {**typed(request), "mapping": job.parsed_options.mapping}
    try:
        chosen["mapping"] = chosen_mapping(request, job)
        chosen |= chosen_options(request)
        again = run_again(job_id, chosen)
    except ColumnsUnclear as error:
        return show(request, job, chosen, UNCLEAR, questions=[Asked.of(one) for one in error.questions])
    except FileError as error:
        return show(request, job, chosen, error.detail, questions=about_columns(job, chosen, error))
    except OptionsInvalid as error:
        errors = {one.pointer.strip("/"): one.detail for one in error.invalid}
        return show(request, job, chosen, error.detail, errors=errors)
    except (Invalid, Conflict) as error:
        return show(request, job, chosen, error.detail)
    return redirect("console:import", again.pk)


def typed(request: HttpRequest) -> dict[str, object]:
    """The options as the form has them, in which a box that is not checked is missing."""
    sent = {name: str(value) for name, value in request.POST.items() if name in Options.model_fields}
    return {**sent, "dry_run": "dry_run" in request.POST}


def chosen_mapping(request: HttpRequest, job: ImportJob) -> dict[str, str]:
    """The fields that columns were given before, and those of the answers."""
    kept = job.parsed_options.mapping
    if "mapping" in request.POST:
        kept = read(one for one in given(request.POST) if one.name == "mapping").mapping
    return with_answers(Options(mapping={} if "match_again" in request.POST else kept), request).mapping


def chosen_options(request: HttpRequest) -> dict[str, object]:
    """The other options of the form, blank ones with their defaults."""
    sent = read(one for one in given(request.POST) if one.name in Options.model_fields)
    named = {name for name in request.POST if name in Options.model_fields}
    return sent.model_dump(include=named - {"mapping", "dry_run"})


def about_columns(job: ImportJob, chosen: Mapping[str, object], error: FileError) -> list[Asked]:
    """Which column has the SKU, if none looks like it."""
    if error.code != "header.sku_missing":
        return []
    return [Asked.of_any_column("sku", read_with(job, chosen))]


def show(
    request: HttpRequest,
    job: ImportJob,
    chosen: Mapping[str, object],
    refusal: str = "",
    *,
    questions: Sequence[Asked] = (),
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The form with what was chosen, and otherwise with the settings of the job."""
    names = [sheet.name for sheet in other_sheets(job)] if job.file_format == "xlsx" else []
    asked = {question.name for question in questions}
    fields = prefilled(job, chosen, names, errors or {})
    context = {
        "job": job,
        "fields": [field for field in fields if field.name not in OF_THE_FILE],
        "file_fields": [field for field in fields if field.name in OF_THE_FILE and field.name not in asked],
        "mapping": json.dumps(chosen.get("mapping", job.parsed_options.mapping)),
        "has_mapping": bool(chosen.get("mapping", job.parsed_options.mapping)),
        "refusal": refusal,
        "questions": questions,
    }
    return render(request, "dashboard/import_settings.html", context, status=REFUSED if refusal else 200)


@require_safe
def corrected(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """A form for the corrected file of an import."""
    job: ImportJob = jobs.get(job_id)
    context = {"job": job, "hidden": {"corrects": str(job.pk)}}
    return render(request, "dashboard/import_corrected.html", context)
