"""Everything that a page's templates write passes through here: no name can control the output."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from analysis.terminal.tables import harmless


def plain(value: Any) -> Any:
    """Return ``value``; in a text, characters that are not readable are spelt out.

    Among them are terminal escapes, and marks that change the direction of a line.
    """
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value
