"""The chart library as text: Vega, Vega-Lite and Vega-Embed in one script.

It is made by the installed package each time (about a second) and kept nowhere: a page runs it,
with a policy that names it by its hash, so it must come from nowhere that others might write.
"""

from __future__ import annotations

import functools
from typing import Final

import vl_convert

_SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"


@functools.cache
def chart_library() -> str:
    """Return the script; it defines ``window.vegaEmbed`` and nothing else that is global."""
    return f"(() => {{\n{vl_convert.javascript_bundle(_SNIPPET)}\n}})();\n"
