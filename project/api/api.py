"""The API: its routers, its authentication, and the HTTP status of each domain error.

Domain modules know nothing of HTTP: they raise exceptions with `code`, `detail` and, for an invalid value, `pointer`; for
several, `errors`. A new exception is added to STATUS_OF_ERROR; a code with another status than its exception, to
STATUS_OF_CODE. All other exceptions are handled in project.api.exception_handlers."""

from typing import NoReturn, Protocol, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from catalog.cursors import CursorInvalid
from catalog.export import TooManyExports
from catalog.listing import PageTooDeep
from catalog.products import ProductNotFound, SkuTaken
from dashboard.metrics.timeseries import SpanError
from hooks.deliveries import DeliveryNotFound, RangeError
from hooks.http.headers import HeaderError
from hooks.http.signing import SecretError
from hooks.http.url_validation import UrlError
from hooks.secrets.encryption import DecryptionError
from hooks.webhook_checks import TooManyWebhooks
from hooks.webhooks import WebhookDisabled, WebhookNotFound
from imports.errors import FileError
from imports.jobs import ErrorsRemoved, JobEnded, NotReady, NotRetryable
from imports.journal.undo import NotUndoable
from imports.models import JobNotFound
from imports.options import OptionsInvalid
from imports.progress.sse import TooManyStreams
from imports.removal import JobNotEnded
from imports.upload.handler import KeyReused
from lib.places import PlacesTaken
from lib.read_only import ReadOnlyFieldChanged
from lib.slow_reads import ReadTooSlow, TooManyReads
from project.api import openapi
from project.api.json_parser import StrictParser
from project.api.query_parameters import strict_query
from project.auth.authentication import CHECKS, guard_docs
from project.problems import FieldError, problem


class DomainError(Protocol):
    code: str
    detail: str


# Ninja's type for the argument of a handler; it is always an instance.
Raised = Exception | type[Exception]


STATUS_OF_ERROR: dict[type[Exception], int] = {
    CursorInvalid: 422,
    DeliveryNotFound: 404,
    ErrorsRemoved: 410,
    FileError: 422,
    HeaderError: 422,
    JobEnded: 409,
    JobNotEnded: 409,
    JobNotFound: 404,
    KeyReused: 422,
    NotReady: 409,
    NotRetryable: 409,
    NotUndoable: 409,
    OptionsInvalid: 422,
    PageTooDeep: 422,
    PlacesTaken: 429,
    ProductNotFound: 404,
    RangeError: 422,
    ReadOnlyFieldChanged: 422,
    ReadTooSlow: 503,
    SecretError: 422,
    SkuTaken: 409,
    SpanError: 422,
    TooManyExports: 503,
    TooManyReads: 503,
    TooManyStreams: 503,
    TooManyWebhooks: 409,
    DecryptionError: 409,
    UrlError: 422,
    WebhookDisabled: 409,
    WebhookNotFound: 404,
}
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
    """Return the problem of a domain error; `errors` lists the invalid values."""
    error = cast(DomainError, exc)
    pointer = getattr(exc, "pointer", None)
    several = getattr(exc, "errors", [error] if pointer else [])
    errors = [FieldError(pointer=each.pointer, code=each.code, detail=each.detail) for each in several]
    status = STATUS_OF_CODE.get(error.code) or status_of(type(exc))
    return problem(status, error.code, error.detail, errors)


def status_of(kind: type) -> int:
    return next(STATUS_OF_ERROR[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS_OF_ERROR)


def reraise(request: HttpRequest, exc: Raised) -> NoReturn:
    raise exc


for error_type in STATUS_OF_ERROR:
    api.add_exception_handler(error_type, domain_error_response)
# Ninja would handle these itself; raised again, they reach project.api.exception_handlers.
for error_type in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(error_type, reraise)

api.add_decorator(strict_query, mode="view")
api.add_router("", "imports.api.router")
api.add_router("/products", "catalog.api.router")
api.add_router("/webhooks", "hooks.api.router")
api.add_router("/dashboard", "dashboard.api.router")
