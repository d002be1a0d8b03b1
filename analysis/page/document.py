"""One HTML file that needs nothing else: templates, style, scripts, and a policy for them.

The policy (CSP) lets nothing be fetched, and runs only the scripts that are written here, by
their hash. Everything that comes out of a trace passes the templates' escaping, or `json_block`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from analysis.glossary import TERMS
from analysis.page.library import chart_library
from analysis.page.plain import plain
from analysis.tables import cell
from tracer.shared.message import language, localized

HERE: Final = Path(__file__).parent
STYLES: Final = ("page.css", "cards.css", "timeline.css", "print.css")
SCRIPTS: Final = ("charts.js", "page.js")
_UNSAFE: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def document(template: str, charts: bool, **values: Any) -> str:
    """Return the page that ``template`` makes of ``values``.

    ``charts``: whether there are any; without one the chart library stays out.
    """
    scripts = [Markup(_script(text)) for text in _scripts(charts)]  # noqa: S704 - our own files
    page = _environment().get_template(template)
    return page.render(
        language=language().replace("_", "-"),
        style=Markup("\n".join(map(_read, STYLES))),  # noqa: S704 - our own files
        scripts=scripts,
        policy=_policy(scripts),
        glossary=TERMS,
        **values,
    )


def json_block(value: Any) -> Markup:
    """Return ``value`` as JSON that is safe in an HTML script element: nothing in it ends one."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(_UNSAFE))  # noqa: S704 - what HTML would read is escaped


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = localized
    environment.filters |= {"cell": cell, "json_block": json_block}
    return environment


def _scripts(charts: bool) -> Iterator[str]:
    if charts:
        yield chart_library()
    for name in SCRIPTS:
        yield _read(name)


def _script(text: str) -> str:
    """Return ``text`` with nothing in it that HTML would take for the script's end."""
    return re.sub(r"<(/script|!--)", r"\\x3c\1", text.replace("\r", ""), flags=re.IGNORECASE)


def _policy(scripts: list[Markup]) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _read(name: str) -> str:
    path = HERE / name
    return path.read_text("utf-8") if path.exists() else ""
