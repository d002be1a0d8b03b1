"""Everything that a page's templates write passes through here: no name can control the output."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from analysis.tables import harmless


def plain(value: Any) -> Any:
    """Return ``value``; of a text what is no character to be read is spelt out.

    A terminal's orders, and marks that turn the direction of a line, are among those.
    """
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value
