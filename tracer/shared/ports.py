"""The ports of a guest by their names: each carries bytes from the guest to the host."""

from __future__ import annotations

from typing import Final

STDOUT_PORT: Final = "tracer.stdout"
STDERR_PORT: Final = "tracer.stderr"
NOTES_PORT: Final = "tracer.notes"
"""For what our program in the guest tells people, apart from a command's output."""
