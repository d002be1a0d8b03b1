"""A stream is drained, whether or not anyone listens."""

import io

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
