"""Pages of lists in the API: their numbers, and the URLs of the next and previous ones."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest

# Numbers above it would overflow a bigint when multiplied by the page size.
PAGE_MAX = 10**12


def last_page(count: int, page_size: int) -> int:
    """Return the number of the last page. An empty list has one page."""
    return max(1, -(-count // page_size))


def links(url: str, page: int, page_size: int, count: int) -> dict[str, str | None]:
    """Return the URLs `next` and `previous` of a page. The previous page of one beyond the end is the last one."""
    has_next = page < last_page(count, page_size)
    return {
        "next": with_parameters(url, page=page + 1) if has_next else None,
        "previous": previous_link(url, page, page_size, count),
    }


def previous_link(url: str, page: int, page_size: int, count: int) -> str | None:
    return with_parameters(url, page=min(page - 1, last_page(count, page_size))) if page > 1 else None


def with_parameters(url: str, **parameters: str | int) -> str:
    """Return the URL with these query parameters replaced and the others kept."""
    parts = urlsplit(url)
    kept = [
        (key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in parameters
    ]
    return urlunsplit(parts._replace(query=urlencode([*kept, *parameters.items()])))


def url_of(request: HttpRequest) -> str:
    """Return the URL of the request, with the trailing slash of the documented path."""
    return request.build_absolute_uri(f"{request.path.rstrip('/')}/?{request.META.get('QUERY_STRING', '')}")
