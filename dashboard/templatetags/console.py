"""Template filters and tags for numbers, times and words."""

import re
from datetime import UTC, datetime

from django import template
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard.metrics.charts import Column
from lib.pagination import with_parameters

register = template.Library()

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
BYTES = ("bytes", "kB", "MB", "GB")


@register.filter
def grouped(number: float | None) -> str:
    """1234567 as 1,234,567, and None as an empty string."""
    return "" if number is None else f"{number:,}"


@register.filter
def size(count: int) -> str:
    """Bytes in the largest unit that fits."""
    amount, unit = float(count), BYTES[0]
    for larger in BYTES[1:]:
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == BYTES[0] or amount >= 100 else f"{amount:.1f} {unit}"


@register.filter
def duration(seconds: float | None) -> str:
    """At most two units: 2 min 5 s."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    left, parts = round(seconds), []
    for length, unit in UNITS:
        if left >= length:
            parts.append(f"{left // length} {unit}")
            left %= length
    if left and len(parts) < 2:
        parts.append(f"{left} s")
    return " ".join(parts[:2])


@register.filter
def plural(count: int, noun: str) -> str:
    """`3|plural:"row"` is "3 rows". Irregular nouns have both forms: "entry,entries"."""
    singular, _, several = noun.partition(",")
    return f"{count:,} {singular if count == 1 else several or f'{singular}s'}"


@register.filter
def ticks(text: str) -> SafeString:
    """`Words` in backticks as code."""
    return mark_safe(re.sub("`([^`]+)`", r"<code>\1</code>", conditional_escape(text)))  # noqa: S308 - escaped just here


@register.filter
def words(name: str) -> str:
    """on_error as On error."""
    return name.replace("_", " ").capitalize()


@register.filter
def moment(at: datetime | None, form: str = "both") -> SafeString:
    """A time in UTC, which console.js converts to the reader's time zone. `form`: both, date, time, seconds, ago."""
    if at is None:
        return mark_safe("")
    at = at.astimezone(UTC)
    date, clock = f"{at.day} {at:%b %Y}", f"{at:%H:%M}"
    shown = {"date": date, "time": clock, "seconds": f"{date}, {at:%H:%M:%S} UTC"}
    return format_html(
        '<time datetime="{}" data-form="{}">{}</time>',
        f"{at:%Y-%m-%dT%H:%M:%SZ}",
        form,
        shown.get(form, f"{date}, {clock} UTC"),
    )


@register.filter
def bucket(at: datetime, length: str) -> SafeString:
    """The start of a bucket of a chart. Days are UTC days, so they are not converted to another zone."""
    if length == "hour":
        return moment(at, "time")
    return format_html("<span>{}</span>", f"{at.day} {at:%b}")


@register.simple_tag
def tooltip(column: Column, length: str) -> SafeString:
    """The title of a column of a chart. console.js converts hours to the reader's time zone."""
    at = column.at
    if length == "hour":
        start = '<title data-at="{}" data-values="{}">{} {}, {} UTC: {}</title>'
        return format_html(
            start, f"{at:%Y-%m-%dT%H:%M:%SZ}", column.text, at.day, f"{at:%b %Y}", f"{at:%H:%M}", column.text
        )
    return format_html("<title>{} {}: {}</title>", at.day, f"{at:%b %Y}", column.text)


@register.inclusion_tag("dashboard/_nav_link.html", takes_context=True)
def nav_link(context: template.Context, name: str, label: str) -> dict[str, object]:
    """A link to a section of the console, marked if it is the current one."""
    try:
        url = reverse(f"console:{name}")
    except NoReverseMatch:
        return {}
    path = context.request.path if isinstance(context, RequestContext) else ""
    return {"url": url, "label": label, "current": path == url or (url != "/" and path.startswith(url))}


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **parameters: object) -> str:
    """The address of this page with these parameters. Empty parameters and the page number are dropped."""
    known = context.request.GET.dict() | {"page": ""} | parameters
    kept = {name: str(value) for name, value in known.items() if value not in ("", None)}
    return with_parameters(context.request.path, **kept)
