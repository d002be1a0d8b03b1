"""The chart library as text: Vega, Vega-Lite and Vega-Embed in one script.

It is made from the installed package each time (about a second) and not kept: a page's policy lets
it run by its hash, so it must not come from a place that others might write to.
"""

from __future__ import annotations

import functools
from typing import Final

import vl_convert

_SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"


@functools.cache
def chart_library() -> str:
    """Return the script; its only global is ``window.vegaEmbed``."""
    return f"(() => {{\n{vl_convert.javascript_bundle(_SNIPPET)}\n}})();\n"
