"""How the console names webhooks, their deliveries and what came of attempts."""

from urllib.parse import urlsplit

from django import template

from dashboard.metrics.charts import milliseconds
from dashboard.metrics.webhook_metrics import State
from hooks.http.outcomes import FAILURES, Outcome, shown_status
from hooks.models import Attempt, Delivery, DeliveryStatus, Webhook
from hooks.secrets.redaction import masked_url

register = template.Library()

LABELS = {
    DeliveryStatus.DELIVERED: "Delivered",
    DeliveryStatus.PENDING: "Waiting",
    DeliveryStatus.FAILED: "Given up",
}
LOOKS = {
    DeliveryStatus.DELIVERED: "is-ok",
    DeliveryStatus.PENDING: "is-wait",
    DeliveryStatus.FAILED: "is-bad",
}


@register.filter
def webhook_name(webhook: Webhook) -> str:
    """What its people call it, or the host it leads to; the whole URL stands beside it."""
    return webhook.description or urlsplit(webhook.url).netloc


@register.filter
def masked(url: str) -> str:
    return masked_url(url)


@register.filter
def ms(value: float | None) -> str:
    return milliseconds(None if value is None else round(value))


@register.inclusion_tag("dashboard/_badge.html")
def state_badge(state: State) -> dict[str, str]:
    return {"look": state.look, "label": state.label}


@register.filter
def delivery_label(status: str) -> str:
    return LABELS[DeliveryStatus(status)]


@register.inclusion_tag("dashboard/_badge.html")
def delivery_badge(delivery: Delivery) -> dict[str, str]:
    if delivery.status == DeliveryStatus.PENDING and delivery.tries:
        return {"look": "is-warn", "label": "Retrying"}
    return {"look": LOOKS[DeliveryStatus(delivery.status)], "label": LABELS[DeliveryStatus(delivery.status)]}


@register.inclusion_tag("dashboard/_badge.html")
def attempt_badge(attempt: Attempt | Outcome) -> dict[str, str]:
    """What was answered, or that nothing was."""
    label = "No answer" if attempt.status_code is None else shown_status(attempt.status_code)
    return {"look": "is-bad" if attempt.error_code else "is-ok", "label": label}


@register.filter
def answer(delivery: Delivery) -> str:
    """What came of the last attempt, in a few words."""
    if delivery.status_code is not None:
        return shown_status(delivery.status_code)
    # How long was waited is told by the attempt.
    sentence = FAILURES.get(delivery.error_code, delivery.error_code)
    return sentence.replace(" within {detail} seconds", " in time").replace(": {detail}", "")
