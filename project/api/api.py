"""The API as a whole: which routers it has, who may use it, and which status a refusal of a domain has.

A domain module knows nothing of HTTP: it refuses with an exception of its own that carries `code`, `detail` and,
where one value is to blame, `pointer`, where several are, `faults`. A new one is added to REFUSALS; a code whose status differs from that of
its exception, to STATUS_OF_CODE. Every other failure is raised on to project.api.exception_handlers."""

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
from catalog.products import ProductUnknown, SkuTaken
from dashboard.metrics.timeseries import SpanRefused
from hooks.deliveries import DeliveryUnknown, RangeRefused
from hooks.http.headers import HeaderRefused
from hooks.http.signing import SecretRefused
from hooks.http.url_validation import UrlRefused
from hooks.receivers import TooManyWebhooks
from hooks.secrets.encryption import DecryptionError
from hooks.webhooks import WebhookDisabled, WebhookUnknown
from imports.errors import FileFault
from imports.jobs import ErrorsRemoved, JobEnded, NotReady, NotRetryable
from imports.journal.undo import NotUndoable
from imports.models import JobUnknown
from imports.options import OptionsRefused
from imports.progress.sse import TooManyStreams
from imports.removal import JobNotEnded
from imports.upload.handler import KeyReused
from lib.places import PlacesTaken
from lib.read_only import ReadOnlyChanged
from lib.slow_reads import ReadTooSlow, TooManyReads
from project.api import openapi
from project.api.json_parser import StrictParser
from project.api.problems import Fault, problem
from project.api.query_parameters import strict_query
from project.auth.authentication import CHECKS, guard_docs


class DomainError(Protocol):
    code: str
    detail: str


# What Ninja says a handler may be given; it is always an instance.
Raised = Exception | type[Exception]


REFUSALS: dict[type[Exception], int] = {
    CursorInvalid: 422,
    DeliveryUnknown: 404,
    ErrorsRemoved: 410,
    FileFault: 422,
    HeaderRefused: 422,
    JobEnded: 409,
    JobNotEnded: 409,
    JobUnknown: 404,
    KeyReused: 422,
    NotReady: 409,
    NotRetryable: 409,
    NotUndoable: 409,
    OptionsRefused: 422,
    PageTooDeep: 422,
    PlacesTaken: 429,
    ProductUnknown: 404,
    RangeRefused: 422,
    ReadOnlyChanged: 422,
    ReadTooSlow: 503,
    SecretRefused: 422,
    SkuTaken: 409,
    SpanRefused: 422,
    TooManyExports: 503,
    TooManyReads: 503,
    TooManyStreams: 503,
    TooManyWebhooks: 409,
    DecryptionError: 409,
    UrlRefused: 422,
    WebhookDisabled: 409,
    WebhookUnknown: 404,
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
        return openapi.completed(schema)


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


def answer_refusal(request: HttpRequest, exc: Raised) -> HttpResponse:
    """The problem a domain's refusal is; where values are to blame, `errors` says which."""
    refusal = cast(DomainError, exc)
    pointer = getattr(exc, "pointer", None)
    several = getattr(exc, "faults", [refusal] if pointer else [])
    faults = [Fault(pointer=fault.pointer, code=fault.code, detail=fault.detail) for fault in several]
    status = STATUS_OF_CODE.get(refusal.code) or status_of(type(exc))
    return problem(status, refusal.code, refusal.detail, faults)


def status_of(kind: type) -> int:
    return next(REFUSALS[ancestor] for ancestor in kind.__mro__ if ancestor in REFUSALS)


def raise_on(request: HttpRequest, exc: Raised) -> NoReturn:
    raise exc


for refusal in REFUSALS:
    api.add_exception_handler(refusal, answer_refusal)
# Ninja's own answers to these; raised on, they meet the one table in project.api.exception_handlers.
for failure in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(failure, raise_on)

api.add_decorator(strict_query, mode="view")
api.add_router("/products", "catalog.api.router")
api.add_router("/webhooks", "hooks.api.router")
api.add_router("/dashboard", "dashboard.api.router")
api.add_router("", "imports.api.router")
