"""Import a file again: with other settings, or corrected."""

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.forms import import_options
from dashboard.forms.file_questions import Asked
from dashboard.views.matching import REFUSED, with_answers
from imports import jobs
from imports.errors import FileError
from imports.models import ImportJob
from imports.option_values import read
from imports.options import Options
from imports.run_again import run_again
from imports.upload.inspection import ColumnsUnclear
from imports.upload.request import given
from lib.errors import Conflict, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """A form with the settings of an import. Sent, it leads to the new import, or asks what is unclear."""
    job = jobs.get(job_id)
    context: dict[str, object] = {
        "job": job,
        "fields": import_options.prefilled(job),
        "mapping": json.dumps(job.parsed_options.mapping),
    }
    if request.method != "POST":
        return render(request, "dashboard/import_settings.html", context)
    try:
        chosen = chosen_settings(request)
        # As chosen, if the form is shown again.
        job.options |= chosen
        context |= {"fields": import_options.prefilled(job), "mapping": json.dumps(chosen["mapping"])}
        again = run_again(job_id, chosen)
    except ColumnsUnclear as error:
        context["questions"] = [Asked.of(question) for question in error.questions]
        context["refusal"] = "Something about the file is unclear with these settings."
    except (Invalid, Conflict, FileError) as error:
        context["refusal"] = error.detail
    else:
        return redirect("console:import", again.pk)
    return render(request, "dashboard/import_settings.html", context, status=REFUSED)


def chosen_settings(request: HttpRequest) -> dict[str, object]:
    sent = read(one for one in given(request.POST) if one.name in Options.model_fields)
    chosen = with_answers(sent, request)
    # A form does not send a box that is not checked.
    return {
        **chosen.model_dump(include=sent.model_fields_set),
        "mapping": chosen.mapping,
        "dry_run": "dry_run" in request.POST,
    }


@require_safe
def corrected(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """A form for the corrected file of an import."""
    job: ImportJob = jobs.get(job_id)
    context = {"job": job, "hidden": {"corrects": str(job.pk)}}
    return render(request, "dashboard/import_corrected.html", context)
