"""Strings of a trace, made storable in a file: they are data, and may contain any bytes."""

from __future__ import annotations


def storable(text: str) -> str:
    r"""Return ``text`` with escapes for what files cannot hold.

    A manifest's JSON may have lone surrogates, which are not valid UTF-8, and NUL, at which readers
    of CSV and of C strings stop. Everything else is kept.

    >>> storable("a\0b\ud800")
    'a\\x00b\\ud800'
    """
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
