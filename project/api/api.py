"""The API: its routers, its authentication, and the HTTP status of each kind of domain error (lib.errors).

All other exceptions are handled in project.api.exception_handlers."""

from typing import NoReturn, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from lib.errors import Conflict, DomainError, Gone, Invalid, NotFound, Overloaded, QuotaReached
from project.api import openapi
from project.api.json_parser import StrictParser
from project.api.query_parameters import strict_query
from project.auth.authentication import CHECKS, guard_docs
from project.problems import FieldError, problem

# Ninja's type for the argument of a handler; it is always an instance.
Raised = Exception | type[Exception]


STATUS_OF_KIND: dict[type[DomainError], int] = {
    Conflict: 409,
    Gone: 410,
    Invalid: 422,
    NotFound: 404,
    Overloaded: 503,
    QuotaReached: 429,
}
# Codes with a status of their own.
STATUS_OF_CODE = {
    "archive.too_large": 413,
    "file.missing": 410,
    "file.too_large": 413,
    "file.media_type": 415,
    "file.not_csv": 415,
    "storage.full": 507,
}


class ImporterAPI(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, object] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        return openapi.complete(schema)


api = ImporterAPI(
    title="Product Importer",
    version=settings.VERSION,
    description=openapi.DESCRIPTION,
    docs_url="/docs/",
    openapi_url="/schema/",
    docs_decorator=guard_docs,
    servers=[{"url": "/"}],
    urls_namespace="api",
    auth=CHECKS,
    parser=StrictParser(),
)


def domain_error_response(request: HttpRequest, exc: Raised) -> HttpResponse:
    error = cast(DomainError, exc)
    errors = [
        FieldError(pointer=value.pointer, code=value.code, detail=value.detail)
        for value in error.invalid_values()
    ]
    status = status_of(type(error), error.code)
    return problem(status, error.code, error.detail, errors, members=error.members())


def status_of(error: type[DomainError], code: str) -> int:
    kinds = (status for kind, status in STATUS_OF_KIND.items() if issubclass(error, kind))
    return STATUS_OF_CODE.get(code) or next(kinds)


def reraise(request: HttpRequest, exc: Raised) -> NoReturn:
    raise exc


api.add_exception_handler(DomainError, domain_error_response)
# Ninja would handle these itself; raised again, they reach project.api.exception_handlers.
for error_type in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(error_type, reraise)

api.add_decorator(strict_query, mode="view")
api.add_router("", "imports.api.router")
api.add_router("/imports/profiles", "imports.profile_api.router")
api.add_router("/products", "catalog.api.router")
api.add_router("/webhooks", "hooks.api.router")
api.add_router("/dashboard", "dashboard.api.router")
