"""``--fail-on``: findings that make a command exit with a special code."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from tracer.shared.errors import unknown_name

ANY: Final = "any"
FOUND, UNJUDGED = 4, 3
"""Exit codes of ``--fail-on``."""


def wanted_rules(text: str | None, known: Collection[str]) -> frozenset[str]:
    """Return the rules, of those ``known``, that ``--fail-on`` names; ANY is kept as it is.

    UsageError: it names an unknown one.
    """
    names = text.split(",") if text else []
    for name in names:
        if name not in (*known, ANY):
            raise unknown_name("finding", name, [*known, ANY])
    return frozenset(names)


def exit_code(here: Collection[str], judged: Collection[str], wanted: frozenset[str]) -> int:
    """Return FOUND if a rule of ``wanted`` is ``here``, UNJUDGED if one was not ``judged``.

    With ANY, one judged rule is enough: few kernels allow all of them.
    """
    if wanted & set(here) or (here and ANY in wanted):
        return FOUND
    lacking = wanted - {ANY} - set(judged)
    return UNJUDGED if lacking or (ANY in wanted and not judged) else 0
