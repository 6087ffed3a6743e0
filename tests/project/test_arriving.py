"""When a request has arrived, so that a thread is taken for it."""

import pytest

from lib.limits import REQUEST_HEAD_MAX_BYTES, SMALL_BODY_MAX_BYTES
from project.server.arriving import Arriving


def arrived(*pieces: bytes) -> bool:
    arriving = Arriving()
    for piece in pieces:
        arriving.take(piece)
    return arriving.is_complete


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def post(*headers: str) -> bytes:
    return "\r\n".join(["POST / HTTP/1.1", *headers, "", ""]).encode()


def test_head_is_complete_with_its_last_byte() -> None:
    assert [arrived(GET[:end]) for end in (0, 10, -1, None)] == [False, False, False, True]


def test_head_is_found_whatever_pieces_it_comes_in() -> None:
    assert arrived(*(GET[at : at + 1] for at in range(len(GET))))


def test_small_body_is_waited_for() -> None:
    head = post("content-LENGTH: 10")
    assert [arrived(head, body) for body in (b"", b"123456789", b"1234567890")] == [False, False, True]


@pytest.mark.parametrize(
    "headers",
    [
        (f"Content-Length: {SMALL_BODY_MAX_BYTES + 1}",),
        ("Content-Length: 10", "Expect: 100-continue"),
        ("Transfer-Encoding: chunked",),
        ("Content-Length: -10",),
    ],
)
def test_other_bodies_are_not_waited_for(headers: tuple[str, ...]) -> None:
    assert arrived(post(*headers))


def test_line_without_its_cr_is_not_waited_for() -> None:
    assert arrived(b"GET / HTTP/1.1\n")
    assert not arrived(b"GET / HTTP/1.1\r", b"\nHost: a\r\n")


def test_head_without_end_is_too_large() -> None:
    arriving = Arriving()
    arriving.take(b"a" * (REQUEST_HEAD_MAX_BYTES + 1))
    assert arriving.is_too_large and arriving.is_complete
