"""Texts that can be shown in another language. Standard library only.

::

    message("{path}: not a trace", path=path)           a Message: English, its template, its values
    message_n("{count:,} call", "{count:,} calls", count=5)
    joined("; ", reasons)
    localized(text)                                     in the language in use, for people to read

Programs read English (JSON, manifests, tests), and a ``Message`` *is* its English text. Code that
shows a text to people calls ``localized``; plain literals and ``Message`` are looked up alike.

A value that fills a message is foreign text unless it is a message itself: a name, a path, a reason
is made visible (``tracer.shared.visible``), in one line, as it is filled in. Text of several lines
is filled in as ``quoted(text)``. A text of unknown origin, an error's or a line of progress, is
shown by ``localized_line``.

The catalogue of a language is ``tracer/locale/LANGUAGE/LC_MESSAGES/tracer.po``: a language with a
catalogue is one that tracer speaks.
"""

from __future__ import annotations

import gettext
import os
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from tracer.shared.visible import visible, visible_lines

DOMAIN: Final = "tracer"
LOCALES: Final = Path(__file__).parents[1] / "locale"
ENGLISH: Final = "en"
_CATALOGUES: Final = LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po")
LANGUAGES: Final = (ENGLISH, *sorted(path.parents[1].name for path in _CATALOGUES))

_in_use: gettext.NullTranslations = gettext.NullTranslations()


class _Filling(string.Formatter):
    """Fills in templates: a value that is not a message is foreign text, and made visible."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return ``value`` formatted by ``format_spec``; a message as it is."""
        if isinstance(value, Exception):
            value = str(value)
        if isinstance(value, Message):
            return value if not format_spec else format(value, format_spec)
        return visible(format(value, format_spec))


_FILLING: Final = _Filling()


class Message(str):
    """English text that knows how it was made, so that it can be made in another language.

    Values that are a ``Message`` are translated with it; other values (numbers, kernel names,
    paths) are the same in every language.
    """

    template: str
    plural: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, plural: str, values: Mapping[str, Any]) -> Self:
        """Make the text; ``plural`` is "" if no number decides the form."""
        chosen = plural if plural and values["count"] != 1 else template
        said = super().__new__(cls, _FILLING.vformat(chosen, (), values))
        said.template, said.plural, said.values = template, plural, values
        return said

    def __deepcopy__(self, memo: object) -> Self:
        """Return the text itself: it is immutable, and dataclasses.asdict makes deep copies."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle template and values too: workers' results contain texts."""
        return _unpickled, (type(self), str.__str__(self), self.__dict__)

    def __str__(self) -> str:
        """Return itself: ``str(error)`` of an error made with it is still a ``Message``."""
        return self

    def by(self, catalogue: gettext.NullTranslations) -> Message:
        """Return the text in the language of ``catalogue``."""
        if self.plural:
            template = catalogue.ngettext(self.template, self.plural, self.values["count"])
        else:
            template = catalogue.gettext(self.template)
        values = {key: _by(value, catalogue) for key, value in self.values.items()}
        return _ours(_FILLING.vformat(template, (), values))


class _Joined(Message):
    """Texts joined by a separator that is a message too: Chinese has its own."""

    parts: tuple[str, ...]

    def by(self, catalogue: gettext.NullTranslations) -> Message:
        separator = catalogue.gettext(self.template)
        return _ours(separator.join(_by(part, catalogue) for part in self.parts))


def _unpickled(kind: type[Message], text: str, known: Mapping[str, Any]) -> Message:
    said = str.__new__(kind, text)
    said.__dict__.update(known)
    return said


def message(template: str, /, **values: Any) -> Message:
    """Return ``template`` filled with ``values`` by ``str.format``."""
    return Message(template, "", values)


def message_n(one: str, many: str, /, *, count: int, **values: Any) -> Message:
    """Return ``one`` filled if ``count`` is 1, else ``many``; ``{count}`` is among the values."""
    return Message(one, many, {"count": count, **values})


def joined(separator: str, parts: Iterable[str]) -> Message:
    """Return ``parts`` joined by ``separator``, each translated by itself."""
    texts = tuple(part if isinstance(part, Message) else visible(part) for part in parts)
    said = _Joined("{text}", "", {"text": _ours(separator.join(texts))})
    said.template, said.parts = separator, texts
    return said


def quoted(text: str) -> Message:
    """Return foreign ``text``, perhaps of several lines, to be filled in with its lines."""
    return _ours(visible_lines(text))


def localized(text: str) -> str:
    """Return ``text``, a literal or ``Message``, in the language in use; as it is if unknown.

    What comes back is a ``Message`` where ``text`` is one: it may be filled in once more.
    """
    if isinstance(text, Message):
        return text.by(_in_use)
    return _in_use.gettext(text) if text else ""


def localized_line(text: str) -> str:
    """Return ``text`` in the language in use; made visible if it is no message."""
    return localized(text) if isinstance(text, Message) else visible_lines(localized(text))


def use(language: str) -> None:
    """Show texts in ``language`` from now on: one of LANGUAGES.

    FileNotFoundError: its catalogue was not compiled (scripts/build).
    """
    global _in_use  # noqa: PLW0603 - one program speaks one language
    _in_use = (
        gettext.NullTranslations()
        if language == ENGLISH
        else gettext.translation(DOMAIN, LOCALES, [language])
    )


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Show texts in ``language`` while the block runs, then in the previous one; see ``use``."""
    global _in_use  # noqa: PLW0603 - one program speaks one language
    before = _in_use
    use(language)
    try:
        yield
    finally:
        _in_use = before


def language() -> str:
    """Return the language in use: one of LANGUAGES."""
    return _in_use.info().get("language", ENGLISH)


def wanted(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language of the locale: the first of LC_ALL, LC_MESSAGES, LANG that is set."""
    names = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), "")
    return language_of(locale) or ENGLISH


def language_of(name: str) -> str | None:
    """Return which of LANGUAGES ``name`` means, None if none.

    >>> language_of("zh-CN"), language_of("zh"), language_of("en_GB.UTF-8"), language_of("fr")
    ('zh_CN', 'zh_CN', 'en', None)
    """
    asked = re.split("[.@]", name.replace("-", "_"))[0]
    whole = (each for each in LANGUAGES if each.lower() == asked.lower())
    tongue = asked.partition("_")[0].lower()
    return next(whole, next((each for each in LANGUAGES if each.partition("_")[0] == tongue), None))


def _by(value: Any, catalogue: gettext.NullTranslations) -> Any:
    """Return a value in the language of ``catalogue``: texts, and the texts of errors."""
    if isinstance(value, Exception):
        text = str(value)
        return text.by(catalogue) if isinstance(text, Message) else catalogue.gettext(text or " ")
    return value.by(catalogue) if isinstance(value, Message) else value


def _ours(text: str) -> Message:
    """Return ``text``, already made safe, as a message that is the same in every language."""
    said = str.__new__(_Plain, text)
    said.template, said.plural, said.values = text, "", {}
    return said


class _Plain(Message):
    """A text that is complete already, in whatever language."""

    def by(self, catalogue: gettext.NullTranslations) -> Message:
        return self
