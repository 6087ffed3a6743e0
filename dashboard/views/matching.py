"""The step Match columns of the upload form, and the upload of browsers without JavaScript."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from dashboard.forms import column_matching
from dashboard.forms.column_matching import ColumnMatching
from dashboard.forms.import_options import FIELD_LABELS
from imports import options
from imports.options import Options
from imports.upload.handler import FormUploadHandler
from imports.upload.inspect import Inspection
from imports.upload.request import UPLOADS, check_announced, given
from lib.errors import Invalid
from lib.places import holder_of

UNCLEAR = 422


# --- Match columns ---


# The check of the token reads the form, which must stream into the inspection by then.
@csrf_exempt
@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """How the file would be read, as a part of the upload form. The form has the beginning of a text, or all of a workbook."""
    file = Inspection()
    request.upload_handlers = [FormUploadHandler(request, lambda _: file)]
    try:
        with UPLOADS.held(holder_of(request)):
            return csrf_protect(partial(matched, file=file))(request)
    finally:
        file.close()


def matched(request: HttpRequest, file: Inspection) -> HttpResponse:
    chosen = Options()
    try:
        check_announced(request)
        chosen = options_of(request)
        matching = column_matching.of_file(file.file_info(chosen), chosen)
    except Invalid as error:
        matching = column_matching.of_failure(error.detail, chosen)
    return show(request, "dashboard/_match.html", matching)


def show(request: HttpRequest, template: str, matching: ColumnMatching, status: int = 200) -> HttpResponse:
    context = {"matching": matching, "fields": FIELD_LABELS.items()}
    return render(request, template, context, status=status)


def options_of(request: HttpRequest) -> Options:
    return options.read(one for one in given(request.POST) if one.name in Options.model_fields)
