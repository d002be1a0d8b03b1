"""Bytes and lines to those who listen."""

from pathlib import Path

from tracer.lab.hear import both, file_at, lines_to


def test_lines_are_whole_whatever_the_chunks() -> None:
    lines: list[str] = []
    sink = lines_to(lines.append)
    for byte in "größer\n✓\n\nhalf".encode():
        sink(bytes([byte]))
    assert lines == ["größer", "✓", ""]


def test_both_and_file(tmp_path: Path) -> None:
    heard: list[bytes] = []
    (tmp_path / "log").write_text("old")
    sink = both(heard.append, file_at(tmp_path / "log"))
    sink(b"1")
    sink(b"2")
    assert heard == [b"1", b"2"]
    assert (tmp_path / "log").read_bytes() == b"12"
