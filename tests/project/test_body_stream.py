"""The body of a request: all of it, or a fault."""

import io

import pytest

from project.server.body_stream import BodyError, WholeBody


def make_body(text: bytes, length: int | None) -> WholeBody:
    return WholeBody(io.BytesIO(text), length)


def test_body_is_read_to_its_end() -> None:
    body = make_body(b"one\ntwo", 7)
    assert [body.readline(), body.read(2), body.read(), body.read()] == [b"one\n", b"tw", b"o", b""]


def test_nothing_is_read_beyond_the_end() -> None:
    body = make_body(b"onetwo", 3)
    assert [body.read(10), body.readline()] == [b"one", b""]


@pytest.mark.parametrize("size", [None, -1, 5, 100])
def test_body_that_ends_too_soon_is_a_fault(size: int | None) -> None:
    with pytest.raises(BodyError) as fault:
        make_body(b"one", 5).read(size)
    assert (fault.value.status, fault.value.code) == (400, "body.incomplete")


def test_line_that_ends_too_soon_is_a_fault() -> None:
    body = make_body(b"one\ntw", 7)
    assert body.readline() == b"one\n"
    with pytest.raises(BodyError):
        body.readline()


def test_body_in_chunks_ends_where_its_stream_does() -> None:
    body = make_body(b"one", None)
    assert [body.read(100), body.read(100)] == [b"one", b""]


def test_body_that_takes_too_long_is_a_fault() -> None:
    body = make_body(b"one", 3)
    body.deadline = 0
    with pytest.raises(BodyError) as fault:
        body.read(1)
    assert (fault.value.status, fault.value.code) == (408, "body.too_slow")
