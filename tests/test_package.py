"""``import tracer`` takes no time: it imports nothing that does."""

from __future__ import annotations

import subprocess
import sys

LOADED = (
    "import sys; before = set(sys.modules); import tracer\n"
    "print(*sorted(set(sys.modules) - before))"
)


def test_importing_it_imports_the_standard_library_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    loaded = {name for name in done.stdout.split() if not name.startswith("__editable__")}
    ours = {"tracer", "tracer.shared", "tracer.shared.version"}
    assert ours <= loaded
    others = {name.partition(".")[0] for name in loaded - ours}
    assert others - set(sys.stdlib_module_names) == set()
