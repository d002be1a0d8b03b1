"""Texts that cross from a guest to the host as JSON. Standard library only.

A guest fills its texts in English; with each goes its template and values, so that the host can
show it in the language in use. A guest is not trusted: a template is filled only if the host's
catalogue has it, so that it is one of ours; otherwise the English text that came with it is shown,
made visible.
"""

from __future__ import annotations

import gettext
import json
from typing import Any, Final

from tracer.shared.message import Message, joined
from tracer.shared.visible import visible_lines

_DEEPEST: Final = 8
"""How deep texts may be nested; ours have three levels at most."""


def to_json(text: str) -> Any:
    """Return ``text`` ready for JSON: itself, or a message's English, template and values."""
    if not isinstance(text, Message):
        return text
    made: dict[str, Any] = {"english": str.__str__(text), "template": text.template}
    parts = getattr(text, "parts", None)
    if parts is not None:
        return made | {"parts": [to_json(part) for part in parts]}
    values = {key: _value(each) for key, each in text.values.items()}
    return made | {"plural": text.plural, "values": values}


def to_line(text: str) -> str:
    """Return ``text`` as one line if it is a message, else as it is."""
    return json.dumps(to_json(text)) if isinstance(text, Message) else text


def from_json(found: Any) -> str | None:
    """Return the text of which ``to_json`` made ``found``; None if it did not."""
    return _text(found, _DEEPEST)


def from_line(line: str) -> str:
    """Return the text of which ``to_line`` made ``line``; ``line`` itself if it did not."""
    if not line.startswith("{"):
        return line
    try:
        text = from_json(json.loads(line))
    except (ValueError, RecursionError):
        return line
    return line if text is None else text


def _value(value: Any) -> Any:
    if isinstance(value, Exception):
        value = str(value)
    if isinstance(value, str):
        return to_json(value)
    return value if isinstance(value, int | float) else str(value)


def _text(found: Any, deepest: int) -> str | None:
    if isinstance(found, str):
        return found
    if not isinstance(found, dict) or not isinstance(found.get("english"), str) or not deepest:
        return None
    return _Handed(found, deepest - 1)


class _Handed(Message):
    """A text from a guest: English by itself, in another language if it is one of ours."""

    _found: dict[str, Any]
    _deepest: int

    def __new__(cls, found: dict[str, Any], deepest: int) -> _Handed:
        text = visible_lines(found["english"])
        handed = str.__new__(cls, text)
        handed.template, handed.plural, handed.values = text, "", {}
        handed._found, handed._deepest = found, deepest
        return handed

    def by(self, catalogue: gettext.NullTranslations) -> Message:
        try:
            return self._made(catalogue)
        except (LookupError, TypeError, ValueError, AttributeError):
            return self

    def _made(self, catalogue: gettext.NullTranslations) -> Message:
        template, plural = self._found["template"], self._found.get("plural", "")
        if "parts" in self._found:
            return joined(template, [self._part(each) for each in self._found["parts"]]).by(
                catalogue
            )
        known = (
            catalogue.ngettext(template, plural, 2) != plural
            if plural
            else catalogue.gettext(template) != template
        )
        if not known:
            return self
        values = {key: self._part(each) for key, each in self._found["values"].items()}
        return Message(template, plural, values).by(catalogue)

    def _part(self, found: Any) -> Any:
        if isinstance(found, int | float):
            return found
        text = _text(found, self._deepest)
        if text is None:
            raise TypeError(found)
        return text
