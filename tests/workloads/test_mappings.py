"""The mappings of this process, whatever the files are called."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from tracer.workloads.mappings import mappings_now


def test_a_mapped_file_may_have_any_name(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff"
    with open(name, "w+b") as file:  # noqa: PTH123 - a Path has no such name
        file.write(b"x")
        file.flush()
        with mmap.mmap(file.fileno(), 1):
            (row,) = (row for row in mappings_now() if str(tmp_path) in row)
    assert row.endswith("\\xff")
