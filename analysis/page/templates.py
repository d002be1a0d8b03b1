"""The templates of pages: every value is escaped, and an unknown name is an error."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.page.plain import plain
from analysis.terminal.tables import cell
from tracer.shared.message import localized

HERE: Final = Path(__file__).parent


@cache
def environment(**filters: Callable[[Any], Any]) -> Environment:
    """Return the environment of templates, with ``_``, ``cell`` and ``filters`` for them.

    Equal filters share one: a template is compiled once per process, not per page.
    """
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["_"] = localized
    made.filters |= {"cell": cell, **filters}
    return made
