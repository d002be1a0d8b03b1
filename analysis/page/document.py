"""One self-contained HTML file: templates, style, scripts, and a policy for them.

The policy (CSP) lets nothing be fetched and only the scripts written here run, by their hash.
Everything from a trace passes through the templates' escaping, or `json_block`.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from babel import Locale
from markupsafe import Markup

from analysis.glossary.terms import TERMS
from analysis.page.library import chart_library
from analysis.page.templates import environment
from tracer.shared.message import LANGUAGES, language, speaking

HERE: Final = Path(__file__).parent
STYLES: Final = (
    "page.css", "cards.css", "lectures.css", "timeline.css", "comparison.css", "print.css",
)  # fmt: skip
SCRIPTS: Final = ("charts.js", "page.js")
_UNSAFE: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


BODY: Final = re.compile(r'<div id="page">\n(.*)\n</div>\n', re.DOTALL)
TITLE: Final = re.compile("<title>(.*?)</title>", re.DOTALL)


class Translated(NamedTuple):
    """A page in another language: gzip of {"body": ..., "title": ...}, in base64."""

    language: str
    packed: str


class Switch(NamedTuple):
    """A button that switches to another language: its HTML code, and its own name for itself."""

    language: str
    name: str


def document(
    template: str, charts: bool, translated: tuple[Translated, ...] = (), **values: Any
) -> str:
    """Return the page that ``template`` makes of ``values``.

    ``charts``: whether there are any; without, the chart library is left out. ``translated``: the
    same page in other languages.
    """
    scripts = [Markup(_script(text)) for text in _scripts(charts)]  # noqa: S704 - our own files
    page = environment(json_block=json_block).get_template(template)
    return page.render(
        language=_tag(language()),
        style=Markup("\n".join(map(_read, STYLES))),  # noqa: S704 - our own files
        scripts=scripts,
        policy=_policy(scripts),
        glossary=TERMS,
        translated=translated,
        **values,
    )


def in_every_language(template: str, charts: bool, values: Callable[[], dict[str, Any]]) -> str:
    """Return the page of ``values()``, containing the same page in other languages.

    Languages whose catalogue was not compiled are left out.
    """
    here = language()
    spoken = [each for each in LANGUAGES if _is_spoken(each)]
    switches = [Switch(_tag(each), own_name(each)) for each in spoken]
    translated = []
    for each in spoken:
        if each != here:
            with speaking(each):
                text = document(template, False, switches=switches, **values())
                translated.append(_packed(each, text))
    return document(template, charts, tuple(translated), switches=switches, **values())


def _is_spoken(name: str) -> bool:
    try:
        with speaking(name):
            return True
    except FileNotFoundError:
        return False


def own_name(of: str) -> str:
    """Return a language's own name, with its country if another has the same language."""
    locale = Locale.parse(of)
    alike = [each for each in LANGUAGES if each.partition("_")[0] == locale.language]
    return str(locale.language_name if len(alike) == 1 else locale.display_name)


def _packed(of: str, text: str) -> Translated:
    body, title = BODY.search(text), TITLE.search(text)
    assert body, "a page has a body"
    assert title, "a page has a title"
    found = {"body": body[1], "title": html.unescape(title[1])}
    packed = gzip.compress(json.dumps(found, ensure_ascii=False).encode(), mtime=0)
    return Translated(_tag(of), base64.b64encode(packed).decode())


def _tag(name: str) -> str:
    """Return the HTML code of a language: zh-CN."""
    return name.replace("_", "-")


def json_block(value: Any) -> Markup:
    """Return ``value`` as JSON that is safe in an HTML script element, which it cannot end."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(_UNSAFE))  # noqa: S704 - what HTML would read is escaped


def _scripts(charts: bool) -> Iterator[str]:
    if charts:
        yield chart_library()
    for name in SCRIPTS:
        yield _read(name)


def _script(text: str) -> str:
    """Return ``text`` with nothing that HTML would take for the end of the script."""
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
