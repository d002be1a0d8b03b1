"""A stream is drained, whether or not anyone listens."""

import io

import pytest

from tracer.lab.guest import Stream


def test_a_sink_that_fails_ends_the_guest_but_the_stream_is_drained() -> None:
    ended: list[bool] = []

    def full(_chunk: bytes) -> None:
        raise BrokenPipeError

    stream = Stream(full)
    stream.pump(io.BytesIO(b"x" * 200_000), lambda: ended.append(True))
    assert len(stream.output) == 200_000
    assert isinstance(stream.error, BrokenPipeError)
    assert ended == [True]


@pytest.mark.parametrize("step", [1, 2, 3, 100])
def test_the_mark_ends_a_stream_and_is_no_part_of_it(step: int) -> None:
    """However it is cut; what only begins like it is output."""
    sent = b"a\0b \0mar\0\0mark"
    taken: list[bytes] = []
    marks: list[bytes] = []

    class Cut(io.BytesIO):
        def read(self, _size: int | None = None) -> bytes:
            return super().read(step)

    stream = Stream(taken.append, b"\0mark")
    stream.pump(Cut(sent), lambda: None, lambda: marks.append(b"".join(taken)))
    assert b"".join(taken) == bytes(stream.output) == sent[:-5]
    assert marks == [sent[:-5]], "it was called before the sink had everything"
    assert stream.is_whole


def test_a_stream_without_its_mark_is_not_whole() -> None:
    stream = Stream(lambda _: None, b"\0mark")
    stream.pump(io.BytesIO(b"all but \0mar"), lambda: None)
    assert bytes(stream.output) == b"all but \0mar"
    assert not stream.is_whole


def test_a_sink_that_fails_at_the_very_end_is_not_forgotten() -> None:
    def full(chunk: bytes) -> None:
        if chunk == b"\0mar":
            raise BrokenPipeError

    stream = Stream(full, b"\0mark")
    stream.pump(io.BytesIO(b"all but \0mar"), lambda: None)
    assert isinstance(stream.error, BrokenPipeError)
