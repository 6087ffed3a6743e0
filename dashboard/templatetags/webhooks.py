"""Template filters and tags for webhooks: names, labels of statuses, responses."""

from urllib.parse import urlsplit

from django import template

from dashboard.metrics.charts import milliseconds
from dashboard.metrics.webhook_metrics import State
from hooks.http.outcomes import FAILURES, Outcome, status_text
from hooks.models import Attempt, Delivery, DeliveryStatus, Webhook
from hooks.secrets.redaction import redact_url

register = template.Library()

LABELS = {
    DeliveryStatus.DELIVERED: "Delivered",
    DeliveryStatus.PENDING: "Pending",
    DeliveryStatus.FAILED: "Failed",
}
CSS_CLASSES = {
    DeliveryStatus.DELIVERED: "is-ok",
    DeliveryStatus.PENDING: "is-wait",
    DeliveryStatus.FAILED: "is-bad",
}

# How a sentence of hooks.http.outcomes is shortened for a list.
TIMEOUTS = {" within {detail} seconds": " in time", " after {detail} seconds": "", ": {detail}": ""}


@register.filter
def webhook_name(webhook: Webhook) -> str:
    """The label of the webhook, or the host of its URL."""
    return webhook.description or urlsplit(webhook.url).netloc


@register.filter
def masked(url: str) -> str:
    return redact_url(url)


@register.filter
def ms(value: float | None) -> str:
    return milliseconds(None if value is None else round(value))


@register.inclusion_tag("dashboard/_badge.html")
def state_badge(state: State) -> dict[str, str]:
    return {"css_class": state.css_class, "label": state.label}


@register.filter
def delivery_label(status: str) -> str:
    return LABELS[DeliveryStatus(status)]


@register.inclusion_tag("dashboard/_badge.html")
def delivery_badge(delivery: Delivery) -> dict[str, str]:
    if delivery.status == DeliveryStatus.PENDING and delivery.tries:
        return {"css_class": "is-warn", "label": "Retrying"}
    return {
        "css_class": CSS_CLASSES[DeliveryStatus(delivery.status)],
        "label": LABELS[DeliveryStatus(delivery.status)],
    }


@register.inclusion_tag("dashboard/_badge.html")
def attempt_badge(attempt: Attempt | Outcome) -> dict[str, str]:
    """The status code of the response, if there is one."""
    label = "No response" if attempt.status_code is None else status_text(attempt.status_code)
    return {"css_class": "is-bad" if attempt.error_code else "is-ok", "label": label}


@register.filter
def response(delivery: Delivery) -> str:
    """The result of the last attempt in a few words."""
    if delivery.status_code is not None:
        return status_text(delivery.status_code)
    # Without the timeout, which the attempt shows.
    sentence = FAILURES.get(delivery.error_code, delivery.error_code)
    for timeout, shortened in TIMEOUTS.items():
        sentence = sentence.replace(timeout, shortened)
    return sentence
