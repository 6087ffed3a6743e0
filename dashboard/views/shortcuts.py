"""Shared by the views of the console: query parameters, pages of lists, and actions.

A view makes one call to a domain module and renders one template. A GET returns a whole page, also to htmx, which selects a
part of it (hx-select). A POST performs one action, shows the result as a message and redirects to a page. The errors in
`errors` become messages; other errors become a failure page (project.middleware.console)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

PAGE_MAX = 10**9


def page_number(request: HttpRequest) -> int:
    text = request.GET.get("page") or "1"
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:12]) <= PAGE_MAX:
        raise Http404(f"Page {text[:20]!r} doesn't exist.")
    return int(text)


def choice(request: HttpRequest, name: str, allowed: Collection[str], default: str = "") -> str:
    """The value of a filter, or the default."""
    value = request.GET.get(name) or default
    if value not in {*allowed, default}:
        raise Http404(f"Unknown {name} {value[:40]!r}. Use one of: {', '.join(allowed)}.")
    return value


@dataclass(frozen=True)
class Pager:
    """The position of a page in its list, for the template _pager.html."""

    page: int
    page_size: int
    count: int

    @property
    def first(self) -> int:
        return (self.page - 1) * self.page_size + 1

    @property
    def last(self) -> int:
        return min(self.page * self.page_size, self.count)

    @property
    def previous(self) -> int | None:
        pages = -(-self.count // self.page_size)
        return min(self.page - 1, pages) if self.page > 1 and pages else None

    @property
    def next(self) -> int | None:
        return self.page + 1 if self.page * self.page_size < self.count else None


Errors = tuple[type[Exception], ...]


def done(
    request: HttpRequest, act: Callable[[], object], message: str, to: str, *args: object, errors: Errors
) -> HttpResponse:
    """Perform the action, show the message or the error, and redirect to the page `to`. A page that shows the progress of
    the action needs no message, which would be out of date in a moment."""
    try:
        act()
    except errors as error:
        messages.error(request, str(getattr(error, "detail", error)))
    else:
        if message:
            messages.success(request, message)
    return HttpResponseRedirect(resolve_url(to, *args))
