"""``import tracer`` and ``tracer --help`` are fast: they import nothing slow."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tracer.commands.summaries import SUMMARIES

LOADED = """
import sys
before = set(sys.modules)
{}
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""

HELP = """
from tracer.cli import main
try:
    main(['--help'])
except SystemExit:
    pass
"""

OF_A_COMMAND_LINE = ("tracer.cli.", "tracer.commands.", "tracer.shared.")
"""Modules and packages that every start needs, whatever the command."""


def loaded_by(code: str) -> set[str]:
    """Return the modules that ``code`` imports, except those of an editable install."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(code)], capture_output=True, text=True, check=True
    )
    return {name for name in done.stderr.split() if not name.startswith("__editable__")}


def of_others(names: set[str]) -> set[str]:
    """Return which of ``names`` are neither in the standard library nor needed by every start."""
    foreign = {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}
    return {name for name in foreign if not f"{name}.".startswith(OF_A_COMMAND_LINE)} - {"tracer"}


def test_importing_it_imports_only_the_standard_library() -> None:
    loaded = loaded_by("import tracer")
    ours = {"tracer", "tracer.shared", "tracer.shared.version"}
    assert {name for name in loaded if name.startswith("tracer")} == ours
    assert of_others(loaded) == set()


@pytest.mark.parametrize("code", ["import tracer.cli", HELP])
def test_a_start_imports_no_command(code: str) -> None:
    loaded = loaded_by(code)
    commands = {f"tracer.commands.{name}" for name in SUMMARIES}
    assert "tracer.commands.summaries" in loaded
    assert loaded & commands == set()
    assert of_others(loaded) == set()
    assert loaded & {"ctypes", "subprocess", "importlib.resources"} == set()


def test_a_command_is_imported_alone() -> None:
    loaded = loaded_by("from tracer.cli import command_line; command_line(['report', 'x'])")
    commands = {f"tracer.commands.{name}" for name in SUMMARIES}
    assert loaded & commands == {"tracer.commands.report"}
