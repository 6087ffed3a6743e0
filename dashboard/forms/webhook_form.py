"""The form of a webhook, with each error at its field.

Headers are lines, `Name: value`. Secret values are redacted as ***, and *** keeps the stored value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from django import forms
from django.core.exceptions import ValidationError

from hooks.http.headers import HeaderError, check_headers
from hooks.http.url_validation import UrlError, check_url, default_rules
from hooks.models import DESCRIPTION_MAX_LENGTH, IN_FLIGHT_DEFAULT, IN_FLIGHT_MAX, RATE_MAX, Webhook
from hooks.openapi import MEANINGS
from hooks.outbox import SUBSCRIBABLE
from hooks.webhooks import Values, redacted_headers

WIDE = {
    "*": "All events, including future ones.",
    "product.*": "All changes of products.",
    "import.*": "All events of imports.",
}
OVERLAP_DEFAULT, OVERLAP_MAX = 24, 168
OVERLAP_INVALID = f"Enter 0 to {OVERLAP_MAX} hours."
IN_FLIGHT_INVALID = f"Enter a number from 1 to {IN_FLIGHT_MAX:,}."
RATE_INVALID = f"Enter a number from 1 to {RATE_MAX:,}, or leave it empty."
NUMBER_ERRORS = ("required", "invalid", "min_value", "max_value")


class WebhookForm(forms.Form):
    url = forms.CharField(required=False)
    event_types = forms.MultipleChoiceField(
        choices=[(name, name) for name in SUBSCRIBABLE],
        error_messages={"required": "Choose at least one event."},
    )
    description = forms.CharField(required=False, max_length=DESCRIPTION_MAX_LENGTH)
    headers = forms.CharField(required=False)
    max_in_flight = forms.IntegerField(
        min_value=1,
        max_value=IN_FLIGHT_MAX,
        error_messages=dict.fromkeys(NUMBER_ERRORS, IN_FLIGHT_INVALID),
    )
    rate_per_second = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=RATE_MAX,
        error_messages=dict.fromkeys(NUMBER_ERRORS, RATE_INVALID),
    )

    def clean_url(self) -> str:
        try:
            return check_url(self.cleaned_data["url"], default_rules())
        except UrlError as error:
            raise ValidationError(error.detail, error.code) from None

    def clean_headers(self) -> dict[str, str]:
        try:
            return check_headers(read_headers(self.cleaned_data["headers"]))
        except HeaderError as error:
            # The sentence doesn't always name the header.
            name = error.pointer.removeprefix("/headers").lstrip("/")
            raise ValidationError(f"{name}: {error.detail}" if name else error.detail) from None

    def values(self) -> Values:
        return cast(Values, self.cleaned_data)


class NewWebhookForm(WebhookForm):
    is_enabled = forms.BooleanField(required=False)


class RotationForm(forms.Form):
    overlap_hours = forms.IntegerField(
        min_value=0,
        max_value=OVERLAP_MAX,
        error_messages=dict.fromkeys(NUMBER_ERRORS, OVERLAP_INVALID),
    )


# --- Initial values ---


def new() -> NewWebhookForm:
    return NewWebhookForm(initial={"is_enabled": True, "max_in_flight": IN_FLIGHT_DEFAULT})


def of(webhook: Webhook) -> WebhookForm:
    names = ("url", "event_types", "description", "max_in_flight", "rate_per_second")
    values = {name: getattr(webhook, name) for name in names}
    return WebhookForm(initial=values | {"headers": written_headers(redacted_headers(webhook.headers))})


# --- Headers, line by line ---


def read_headers(text: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon:
            raise ValidationError(f"“{line.strip()[:40]}” has no colon. Write `Name: value`.")
        if name in headers:
            raise ValidationError(f"The header {name} appears twice.")
        headers[name] = value.strip()
    return headers


def written_headers(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


# --- Event types ---


@dataclass(frozen=True)
class Choice:
    name: str
    meaning: str


def event_choices() -> Sequence[Choice]:
    """Wildcards come before the event types that they include."""
    known = {event_type.value: meaning for event_type, meaning in MEANINGS.items()} | WIDE
    order = sorted(
        SUBSCRIBABLE, key=lambda name: (name != "*", name.partition(".")[0] == "import", name not in WIDE)
    )
    return [Choice(name, known[name]) for name in order]
