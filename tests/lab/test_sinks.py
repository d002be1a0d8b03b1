"""Bytes and lines to those who listen."""

from tracer.lab.sinks import both, lines_to


def test_lines_are_whole_whatever_the_chunks() -> None:
    lines: list[str] = []
    sink = lines_to(lines.append)
    for byte in "größer\n✓\n\nhalf".encode():
        sink(bytes([byte]))
    assert lines == ["größer", "✓", ""]


def test_both() -> None:
    first: list[bytes] = []
    second: list[bytes] = []
    sink = both(first.append, second.append)
    sink(b"1")
    sink(b"2")
    assert first == second == [b"1", b"2"]


def test_a_line_without_end_is_handed_on_in_parts() -> None:
    lines: list[str] = []
    sink = lines_to(lines.append)
    for _ in range(5):
        sink(b"x" * 50_000)
    assert [len(line) for line in lines] == [100_000, 100_000]
