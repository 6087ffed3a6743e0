"""The step Match columns of the upload form, and the upload of browsers without JavaScript."""

import json
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html_join
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from dashboard.forms import column_matching
from dashboard.forms.file_questions import ANSWER, Asked
from dashboard.forms.import_options import FIELD_LABELS
from dashboard.forms.import_settings import of_refused_file
from dashboard.forms.profile_use import profile_names
from imports.option_values import Given, read
from imports.options import Options, UploadOptions
from imports.upload.handler import FileSink, FormUploadHandler, Upload, clean_filename
from imports.upload.inspect import Inspection
from imports.upload.inspection import ColumnsUnclear
from imports.upload.profile import with_profile
from imports.upload.profile_choice import read_as_chosen, read_as_found
from imports.upload.request import UPLOADS, check_announced, given
from lib.errors import Invalid
from lib.places import holder_of

Named = TypeVar("Named", Inspection, Upload)

REFUSED = 422
UNCHOSEN = format_html_join(
    "", '<option value="{}">{}</option>', [("", "Don't import"), *FIELD_LABELS.items()]
)


# --- Match columns ---


# The check of the token reads the form, which must stream into the inspection by then.
@csrf_exempt
@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """How the file would be read, as a part of the upload form. The form has the beginning of a text, or all of a workbook."""
    file = Inspection()
    return streamed(request, file, partial(called, file), partial(matched, file=file))


def called(file: Named, name: str) -> Named:
    file.filename = clean_filename(name)
    return file


def streamed(
    request: HttpRequest,
    file: FileSink,
    sink_of: Callable[[str], FileSink],
    respond: Callable[[HttpRequest], HttpResponse],
) -> HttpResponse:
    """The response, which may read the form; its file streams into `file`."""
    request.upload_handlers = [FormUploadHandler(request, sink_of)]
    try:
        with UPLOADS.held(holder_of(request)):
            return csrf_protect(respond)(request)
    finally:
        file.close()


def matched(request: HttpRequest, file: Inspection) -> HttpResponse:
    chosen = None
    try:
        check_announced(request)
        chosen = chosen_options(request)
        read_file = read_as_found if "find_profile" in request.POST else read_as_chosen
        matching = column_matching.of_file(read_file(file, chosen), chosen, file.filename)
    except Invalid as error:
        matching = column_matching.of_failure(error.detail, chosen)
    context = {"matching": matching, "fields": FIELD_LABELS.items(), "unchosen": UNCHOSEN}
    return render(request, "dashboard/_match.html", context)


def chosen_options(request: HttpRequest) -> UploadOptions:
    return read(one for one in given(request.POST) if one.name in UploadOptions.model_fields)


# --- Without JavaScript ---


@csrf_exempt
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Leads to the page of the import, or asks what is unclear. The file has to be chosen again then."""
    file = Upload("")
    return streamed(request, file, partial(called, file), partial(uploaded, file=file))


def uploaded(request: HttpRequest, file: Upload) -> HttpResponse:
    context: dict[str, object] = {
        "profile_names": profile_names(),
        "profile_name": request.POST.get("profile", ""),
    }
    try:
        check_announced(request)
        chosen = with_answers(with_profile(chosen_options(request)), request)
        context["hidden"] = {
            "mapping": json.dumps(chosen.mapping),
            "sheet": chosen.sheet,
            "corrects": request.POST.get("corrects", ""),
        }
        job = file.accept(chosen)
    except ColumnsUnclear as error:
        context["questions"] = [Asked.of(question) for question in error.questions]
    except Invalid as error:
        context |= {"refusal": error.detail, "fields": of_refused_file(request.POST.dict())}
    else:
        return redirect("console:import", job.pk)
    context["filename"] = file.filename
    return render(request, "dashboard/import_refused.html", context, status=REFUSED)


def with_answers(chosen: Options, request: HttpRequest) -> Options:
    mapping = dict(chosen.mapping)
    for name, value in request.POST.items():
        if name.startswith(ANSWER):
            mapping |= read([Given(f"/{name}", "mapping", str(value))]).mapping
    return chosen.model_copy(update={"mapping": mapping})
