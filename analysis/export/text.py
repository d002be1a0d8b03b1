"""Strings of a trace on their way into a file: they are data, and any bytes may be in them."""

from __future__ import annotations


def storable(text: str) -> str:
    r"""Return ``text`` with what files cannot hold written as an escape.

    A manifest's JSON may have halves of surrogate pairs, which are no UTF-8, and NUL, at which
    readers of CSV and of C strings stop. All else stays as it is.

    >>> storable("a\0b\ud800")
    'a\\x00b\\ud800'
    """
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
