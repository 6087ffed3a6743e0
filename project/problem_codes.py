"""The codes of problems that the server, the middleware and the API raise themselves, with status, meaning and remedy.

Those of the domain are explained where they are raised (lib.errors)."""

from typing import NamedTuple

from lib.errors import Explanation


class ProblemCode(NamedTuple):
    status: int
    meaning: str
    remedy: str


RETRY = "Retry after the delay in `Retry-After`."
OPERATOR = "Ask the operator of the server."

# The end of a problem's `type`.
PROBLEM_CODES = {
    "access.denied": ProblemCode(403, "The account or key may not do this.", OPERATOR),
    "body.incomplete": ProblemCode(400, "The connection was closed before the whole body arrived.", "Retry."),
    "body.length_required": ProblemCode(
        411, "The JSON body was sent in chunks.", "Send it with a `Content-Length`."
    ),
    "body.malformed": ProblemCode(
        400, "The chunks of the body are malformed.", "Send it with a `Content-Length`."
    ),
    "body.too_large": ProblemCode(413, "The body is too large.", "Send less; the message has the maximum."),
    "body.too_slow": ProblemCode(408, "The body arrived too slowly.", "Retry."),
    "coding.unsupported": ProblemCode(
        501, "The transfer coding is not supported.", "Send `chunked`, or a `Content-Length`."
    ),
    "content_type.unsupported": ProblemCode(
        415, "The body is not uncompressed JSON in UTF-8.", "Send `Content-Type: application/json`."
    ),
    "csrf.failed": ProblemCode(
        403,
        "The CSRF token of the session is missing or expired.",
        "Send it in the header `X-CSRFToken`, or use an API key.",
    ),
    "database.read_only": ProblemCode(503, "The database is read-only at the moment.", RETRY),
    "database.unavailable": ProblemCode(503, "The database is temporarily unavailable.", RETRY),
    "expectation.unknown": ProblemCode(
        417, "The header `Expect` has an unknown value.", "Send `100-continue` or omit it."
    ),
    "form.malformed": ProblemCode(400, "The multipart form is malformed.", "Check its boundary."),
    "form.too_many_parts": ProblemCode(
        400, "The form has too many files or fields.", "Send one file and its options."
    ),
    "headers.too_large": ProblemCode(
        431, "The request headers are too many or too large.", "Check cookies and keys."
    ),
    "host.not_allowed": ProblemCode(
        400, "The host in the header `Host` is not served here.", "Add it to `ALLOWED_HOSTS`."
    ),
    "json.malformed": ProblemCode(
        400, "The body is not valid JSON, or an object has a key twice.", "The message says where."
    ),
    "key.invalid": ProblemCode(401, "The API key is mistyped, unknown or revoked.", "Create a new one."),
    "key.missing": ProblemCode(
        401,
        "The request has no API key and no session.",
        "Send the key as `Authorization: Bearer <key>`, or sign in.",
    ),
    "method.not_allowed": ProblemCode(
        405, "The path does not support this method.", "Use one of those in the header `Allow`."
    ),
    "migrations.missing": ProblemCode(
        503, "`/readyz`: the database has unapplied migrations.", "Run `python manage.py migrate`."
    ),
    "object.not_found": ProblemCode(404, "The object was not found.", "Check its ID."),
    "origin.not_allowed": ProblemCode(
        403, "A page of another site sent the request.", "Add its origin to `CORS_ALLOWED_ORIGINS`."
    ),
    "path.not_found": ProblemCode(
        404, "There is no such path, or its ID has the wrong form.", "See `/api/docs/`."
    ),
    "permission.missing": ProblemCode(
        403, "The account lacks the permission that the message names.", "Grant it in the admin under Users."
    ),
    "rate.exceeded": ProblemCode(429, "Too many requests.", RETRY),
    "request.invalid": ProblemCode(
        422, "Values of the request are invalid.", "Correct those that `errors` lists."
    ),
    "request.malformed": ProblemCode(400, "The request is malformed.", "Check how it is sent."),
    "request.rejected": ProblemCode(400, "The request was rejected.", "Check how it is sent."),
    "request.too_slow": ProblemCode(408, "The request arrived too slowly.", "Retry."),
    "scope.insufficient": ProblemCode(
        403, "The API key has the scope `read`.", "Use a key with the scope `write`."
    ),
    "server.error": ProblemCode(
        500, "Internal server error, which was logged.", "Retry, and report it if it happens again."
    ),
    "server.unavailable": ProblemCode(503, "The server is temporarily unavailable.", RETRY),
    "sign_in.blocked": ProblemCode(429, "Too many failed sign-ins.", RETRY),
    "sign_in.busy": ProblemCode(429, "Too many concurrent sign-ins.", RETRY),
    "staff.required": ProblemCode(
        403, "The account does not have staff access.", "Grant it in the admin under Users."
    ),
    "storage.full": ProblemCode(507, "The database is out of disk space.", "Free some space and retry."),
    "url.too_long": ProblemCode(414, "The URL of the request is too long.", "Shorten the query."),
    "worker.missing": ProblemCode(
        503,
        "`/readyz?worker=required`: no worker was seen.",
        "Start one: `python manage.py procrastinate worker`.",
    ),
}

# In `errors` of a problem `request.invalid`. Codes of fields are built from the field and a word.
VALUE_CODES = {
    "<field>.required": Explanation("The field is missing or blank.", "Send it."),
    "<field>.invalid": Explanation(
        "The value has the wrong type or form.", "The message says what is allowed."
    ),
    "<field>.negative": Explanation("The number is negative.", "Send 0 or more."),
    "<field>.too_small": Explanation("The number is below the minimum.", "The message has the minimum."),
    "<field>.too_large": Explanation("The number is above the maximum.", "The message has the maximum."),
    "<field>.too_precise": Explanation("The number has too many decimals.", "Round it."),
    "<field>.too_short": Explanation("The text or list is too short.", "The message has the minimum."),
    "<field>.too_long": Explanation("The text or list is too long.", "The message has the maximum."),
    "field.unknown": Explanation(
        "The body has a field that does not exist.", "Remove it or correct its name."
    ),
    "body.too_many_fields": Explanation("The body has too many fields.", "Remove those that do not exist."),
    "text.invalid": Explanation("A text contains NUL or an unpaired surrogate.", "Remove it."),
    "query.unknown": Explanation("There is no parameter with this name.", "The message names similar ones."),
    "query.repeated": Explanation("A parameter is given twice, with different values.", "Send it once."),
    "query.too_long": Explanation("The query is too long.", "The message has the maximum."),
    "event_types.unknown": Explanation("There is no event type with this name.", "See [Events](events.md)."),
}
