"""Reads untrusted JSON: gives values of the expected type, or a TraceError.

The standard library's parser can reject what msgspec accepts (a key twice), and msgspec what the
parser accepts (wrong types, ranges, missing keys). Keys that a type does not name are ignored:
docs/design.md, "Schemas".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from tracer.shared.errors import TraceError
from tracer.shared.message import message
from tracer.shared.regular import read_regular

DEEPEST: Final = 32
"""How deep objects and arrays may be nested; ours have at most eight levels."""

_PLACE: Final = re.compile(r"^(?P<why>.*?)(?: - at `\$\.?(?P<place>.*)`)?$", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`")
_SHOWN: Final = 60
"""How many characters of a wrong value are shown."""

Wanted = TypeVar("Wanted")


def read_object(path: Path, most_bytes: int) -> dict[str, Any]:
    """Return the JSON object in the regular file ``path``.

    Lone surrogates in its strings, which no file could hold, are turned into escapes.

    Raises:
        TraceError: no such file, too long, too deep, not JSON, NaN or infinity, a key twice.
    """
    return object_of(path, read_regular(path, most_bytes))


def object_of(path: Path, text: bytes) -> dict[str, Any]:
    """Return the JSON object ``text``, the content of ``path``; as `read_object`."""
    try:
        found = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_float=_finite,
        )
        _check_depth(found)
        if b"\\u" in text:  # nothing else brings half of a pair
            found = _storable(found)
    except (ValueError, RecursionError) as error:
        raise TraceError(
            message(
                "{path}: not JSON ({error}); needed an object: record again", path=path, error=error
            )
        ) from error
    if not isinstance(found, dict):
        raise TraceError(
            message(
                "{path}: a JSON {name}; needed an object: record again",
                path=path,
                name=type(found).__name__,
            )
        )
    return found


def check_schema(path: Path, found: Mapping[str, Any], known: int, oldest: int = 0) -> None:
    """Raise TraceError unless ``found`` is of the schema ``known``, the one this version reads.

    Or of an older one, back to ``oldest``.
    """
    schema = found.get("schema")
    if type(schema) is int and (oldest or known) <= schema <= known:
        return
    newer = type(schema) is int and schema > known
    remedy = message("read it with a newer tracer") if newer else message("record again")
    raise TraceError(
        message(
            "{path}: schema {schema}; this version reads schema {known}: {remedy}",
            path=path,
            schema=_short(schema),
            known=known,
            remedy=remedy,
        )
    )


def converted(path: Path, found: Mapping[str, Any], wanted: type[Wanted]) -> Wanted:
    """Return ``found``, the object in ``path``, as a value of type ``wanted``; else TraceError.

    The error names the field, what was found there, and what was needed.
    """
    try:
        return msgspec.convert(found, type=wanted)
    except msgspec.ValidationError as error:
        match = _PLACE.match(str(error))
        why, place = (match["why"], match["place"] or "") if match else (str(error), "")
    if missing := _MISSING.fullmatch(why):
        field = f"{place}.{missing[1]}".lstrip(".")
        raise TraceError(
            message("{path}: no {field}; needed one: record again", path=path, field=field)
        )
    raise TraceError(
        message(
            "{path}: {field} is {found}; {why}: record again",
            path=path,
            field=place or "$",
            found=_short(_at(found, place)),
            why=why[:1].lower() + why[1:],
        )
    )


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(message("the key {key!r} appears twice", key=twice))
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(message("{text} is not a JSON number", text=text))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _no_number(text)
    return number


def _check_depth(found: Any) -> None:
    """Raise ValueError if ``found`` has more than DEEPEST levels of objects and arrays."""
    level = [found]
    for _ in range(DEEPEST + 1):
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return
        level = [
            each
            for inner in level
            for each in (inner.values() if isinstance(inner, dict) else inner)
        ]
    raise ValueError(message("more than {deepest} levels deep", deepest=DEEPEST))


def _storable(found: Any) -> Any:
    """Return ``found`` with valid UTF-8 strings."""
    if isinstance(found, str):
        return found.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(found, list):
        return [_storable(each) for each in found]
    if isinstance(found, dict):
        return {_storable(key): _storable(each) for key, each in found.items()}
    return found


def _at(found: Any, place: str) -> Any:
    """Return the value at ``place``, in msgspec's notation, or its nearest unambiguous parent."""
    for key in place.partition("[")[0].split("."):
        if isinstance(found, Mapping) and key in found:
            found = found[key]
    return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
