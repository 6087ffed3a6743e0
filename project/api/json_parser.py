"""Parses request bodies: strict JSON, and only text that PostgreSQL can store.

Ninja alone would accept JSON with any Content-Type, which lets a page of another site post it as plain text, and would
pass on NUL and unpaired surrogates, which fail in the database."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from lib.limits import BODY_FIELDS_MAX
from lib.strict_json import UNSTORABLE, DuplicateKey, without_duplicates
from project.api.validation_errors import shown
from project.problems import FieldError, ProblemError

FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
JSON_TYPE = re.compile(r"application/(json|[\w.-]+\+json)")
# Only such an escape can introduce text that cannot be stored; only then is every string checked.
SUSPECT = re.compile(rb"\\u(0000|[dD][89a-fA-F])")


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        if is_empty_form(request):
            # Many clients send one where the body is optional.
            return None
        # A JSON part of a multipart form comes without headers of its own.
        if request.content_type is not None:
            require_json(request)
        body = read_json(request.body)
        check_field_count(body)
        if SUSPECT.search(request.body):
            check_storable(texts_in(body, ""))
        return body

    def parse_querydict(
        self, data: "MultiValueDict[str, Any]", list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        where = "/query" if isinstance(data, QueryDict) and data is request.GET else ""
        check_storable(
            (f"{where}/{shown(name)}", value)
            for name, values in data.lists()
            for value in values
            if isinstance(value, str)
        )
        return super().parse_querydict(data, list_fields, request)


def is_empty_form(request: HttpRequest) -> bool:
    return request.content_type in FORM_TYPES and not request.POST and not request.FILES


def require_json(request: HttpRequest) -> None:
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if (
        not JSON_TYPE.fullmatch(request.content_type or "")
        or charset not in ("utf-8", "utf8")
        or encoding != "identity"
    ):
        raise ProblemError(
            415,
            "content_type.unsupported",
            "Send uncompressed JSON in UTF-8 with the header 'Content-Type: application/json'.",
        )


def read_json(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), object_pairs_hook=without_duplicates, parse_constant=reject_constant)
    except RecursionError:
        raise malformed("it is nested too deeply") from None
    except UnicodeDecodeError as exc:
        raise malformed(f"byte {exc.start} is not UTF-8") from None
    except json.JSONDecodeError as exc:
        raise malformed(f"{exc.msg} at line {exc.lineno} column {exc.colno}") from None
    except DuplicateKey:
        raise malformed("an object has the same key twice") from None
    except ValueError:
        raise malformed("a number is too long") from None


def check_field_count(body: object) -> None:
    """Each unknown field would be one more error, and long error responses cost more than their requests."""
    if isinstance(body, dict) and len(body) > BODY_FIELDS_MAX:
        detail = f"The object has {len(body):,} fields. The maximum is {BODY_FIELDS_MAX}."
        error = FieldError(pointer="", code="body.too_many_fields", detail=detail)
        raise ProblemError(422, "request.invalid", detail, [error])


def reject_constant(name: str) -> NoReturn:
    raise malformed(f"{name} is not JSON")


def malformed(reason: str) -> ProblemError:
    return ProblemError(400, "json.malformed", f"The body is not valid JSON: {reason}.")


def texts_in(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield pointer, value
        case dict():
            for name, member in value.items():
                yield pointer, name
                yield from texts_in(member, f"{pointer}/{shown(name)}")
        case list():
            for index, member in enumerate(value):
                yield from texts_in(member, f"{pointer}/{index}")


def check_storable(texts: Iterator[tuple[str, str]]) -> None:
    detail = "Text must not contain NUL characters or unpaired surrogates."
    errors = [
        FieldError(pointer=pointer, code="text.invalid", detail=detail)
        for pointer, text in texts
        if UNSTORABLE.search(text)
    ]
    if errors:
        raise ProblemError(422, "request.invalid", detail, errors)
