"""What the views of the console share: reading a query, cutting a list into pages, and doing what a button asks.

A view is one call of a domain module and one template. A GET answers with a whole page, also to htmx, which picks its
part of it (hx-select). A POST does one thing, says by a message what came of it, and leads back to a page; what the
domain refuses, it names as `refused`, and its sentence becomes the message. A refusal that is not named becomes a
failure page (project.middleware.console)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

PAGE_MAX = 10**9


def page_number(request: HttpRequest) -> int:
    text = request.GET.get("page") or "1"
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:12]) <= PAGE_MAX:
        raise Http404(f"There is no page {text[:20]!r}; pages are numbered from 1.")
    return int(text)


def choice(request: HttpRequest, name: str, allowed: Collection[str], default: str = "") -> str:
    """The value of a filter; "" or the default where it is not given."""
    value = request.GET.get(name) or default
    if value not in {*allowed, default}:
        raise Http404(f"There is no {name} {value[:40]!r}; there is {', '.join(allowed)}.")
    return value


@dataclass(frozen=True)
class Pager:
    """Where a page stands in its list, for the template _pager.html."""

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


Refusals = tuple[type[Exception], ...]


def done(
    request: HttpRequest, act: Callable[[], object], said: str, to: str, *args: object, refused: Refusals
) -> HttpResponse:
    """Do it, say so or why not, and lead to the page `to`."""
    try:
        act()
    except refused as refusal:
        messages.error(request, str(getattr(refusal, "detail", refusal)))
    else:
        messages.success(request, said)
    return HttpResponseRedirect(resolve_url(to, *args))
