"""Damages a trace: one to three random mutations of its files, the same for the same seed."""

from __future__ import annotations

import json
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tracer.shared import fds
from tracer.shared.records import CALL_FIELDS, LETTERS, RING_HEADER, STEP_FIELDS, TASK_FIELDS

JSON_FILES: Final = ("manifest.json", "truth.json")
SPOOLS: Final = {"calls.bin": CALL_FIELDS, "steps.bin": STEP_FIELDS, "tasks.bin": TASK_FIELDS}
WIDTHS: Final = {kind: struct.calcsize(f"<{letter}") for kind, letter in LETTERS.items()}

ODD: Final = (
    None, True, False, 0, 1, -1, 2, 255, 256, 65536, (1 << 31) - 1, 1 << 31, (1 << 32) - 1,
    (1 << 53) + 1, (1 << 63) - 1, 1 << 63, 1 << 64, -(1 << 63), 10**30, 0.5, -0.0, 1e300, "", "x",
    "1", "\x1b[2J", "a\nlosses:   none", "\u202e", "\ud800", "\0", "é" * 300, [], [0], {}, {"x": 1},
)  # fmt: skip
"""Values put in place of others."""

TEXTS: Final = ("NaN", "Infinity", "-1e999", "1" * 4400, "[" * 50 + "]" * 50, '{"a":1,"a":2}', "")
"""Pieces of JSON text that no Python value produces."""

NUMBERS: Final = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
LARGE: Final = (1 << 40, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


FRUITLESS: Final = 20
"""How often to look for something to change, in a trace of which little is left."""


def mutate(trace: Path, rng: random.Random) -> list[str]:
    """Damage the trace directory ``trace`` and return what was done."""
    return [_one(trace, rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))]


def _one(trace: Path, rng: random.Random) -> str:
    kinds: list[Callable[[Path, random.Random], str]] = [_json_value] * 8 + [_record] * 8
    kinds += [_json_text, _cells, _cells, _cells, _bytes, _file, _observation, _observation]
    for _ in range(FRUITLESS):
        if not (done := rng.choice(kinds)(trace, rng)).startswith("no"):
            break
    return done


def _ours(path: Path) -> bool:
    """Tell whether ``path`` is still a file of the trace: nothing is written through a link."""
    return path.is_file() and not path.is_symlink()


def _json_file(trace: Path, rng: random.Random) -> Path | None:
    there = [trace / name for name in JSON_FILES if _ours(trace / name)]
    return rng.choice(there) if there else None


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return each container of ``value`` with each of its keys."""
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        return []
    return [(value, key) for key, _ in pairs] + [p for _, each in pairs for p in _places(each)]


def _json_value(trace: Path, rng: random.Random) -> str:
    """Change, remove, rename, repeat or move one value."""
    path = _json_file(trace, rng)
    try:
        found = json.loads(path.read_text()) if path else None
    except ValueError:
        return "no JSON left"
    places = _places(found)
    if path is None or not places:
        return "nothing to change"
    # Most places are in the plan, but the others are as important.
    container, key = rng.choice(
        [p for p in places if "feeds" not in p[0] or rng.random() < 0.1] or places
    )
    before = container[key]
    what = rng.choice(("odd", "odd", "odd", "near", "delete", "swap", "repeat", "rename"))
    if what == "near" and isinstance(before, int):
        container[key] = before + rng.choice((-1, 1, -before * 2, 1000, -(10**9), 10**9))
    elif what == "delete":
        del container[key]
    elif what == "swap":
        other, place = rng.choice(places)
        if place in other if isinstance(other, dict) else place < len(other):
            container[key] = json.loads(json.dumps(other[place]))
    elif what == "repeat" and isinstance(container, list):
        container.extend(json.loads(json.dumps(before)) for _ in range(rng.choice((1, 300))))
    elif what == "rename" and isinstance(container, dict):
        container[str(rng.choice(ODD))] = container.pop(key)
    else:
        container[key] = rng.choice(ODD)
    path.write_text(json.dumps(found))
    return f"{path.name}: {what} {key!r} (was {str(before)[:40]!r})"


def _json_text(trace: Path, rng: random.Random) -> str:
    path = _json_file(trace, rng)
    if path is None:
        return "no JSON"
    text = path.read_text(errors="replace")
    at = rng.randrange(len(text) + 1)
    piece = rng.choice(TEXTS)
    path.write_text(text[:at] + piece + text[at + rng.choice((0, 1, 10, 10**6)) :])
    return f"{path.name}: text at {at}: {piece[:20]!r}"


def _observation(trace: Path, rng: random.Random) -> str:
    """Change, remove or add a value in one line about an fd."""
    path = trace / fds.FILE
    lines = path.read_text(errors="replace").splitlines() if _ours(path) else []
    if not lines:
        return "no line"
    number = rng.randrange(len(lines))
    try:
        found = json.loads(lines[number])
    except ValueError:
        return "no JSON left"
    if not isinstance(found, dict):
        return "no object left"
    key = rng.choice([*found, "text", "watches", "peer_inode", "novel"])
    if rng.random() < 0.3:
        found.pop(key, None)
    else:
        found[key] = rng.choice((*ODD, *LARGE, [3, 3], list(range(2000)), *fds.KINDS))
    lines[number] = json.dumps(found)
    path.write_text("\n".join(lines) + "\n" * rng.choice((0, 1, 1)))
    return f"{path.name}: line {number}: {key}"


def _record(trace: Path, rng: random.Random) -> str:
    """Set one field of one record, header included."""
    name = rng.choice([name for name in SPOOLS if _ours(trace / name)] or list(SPOOLS))
    path = trace / name
    fields = [("length", "u4"), ("page", "u4"), *((f[0], f[1]) for f in SPOOLS[name])]
    size = sum(WIDTHS[kind] for _, kind in fields)
    data = bytearray(path.read_bytes()) if _ours(path) else bytearray()
    if len(data) < size:
        return "no record"
    number, index = rng.randrange(len(data) // size), rng.randrange(len(fields))
    field, kind = fields[index]
    width = WIDTHS[kind]
    at = number * size + sum(WIDTHS[each] for _, each in fields[:index])
    old = int.from_bytes(data[at : at + width], "little")
    value = rng.choice((*NUMBERS, *LARGE, old + 1, old - 1, old ^ 1 << rng.randrange(8 * width)))
    data[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, "little")
    path.write_bytes(data)
    return f"{name}: record {number} {field} {old} -> {value}"


def _cells(trace: Path, rng: random.Random) -> str:
    """Drop, repeat or swap whole records."""
    name = rng.choice([name for name in SPOOLS if _ours(trace / name)] or list(SPOOLS))
    path = trace / name
    size = RING_HEADER.size + sum(WIDTHS[f[1]] for f in SPOOLS[name])
    data = path.read_bytes() if _ours(path) else b""
    cells = [data[at : at + size] for at in range(0, len(data), size)]
    if not cells:
        return "no record"
    a, b = rng.randrange(len(cells)), rng.randrange(len(cells))
    what = rng.choice(("drop", "repeat", "exchange", "cut"))
    if what == "drop":
        del cells[min(a, b) : max(a, b) + 1]
    elif what == "repeat":
        cells.insert(b, cells[a])
    elif what == "exchange":
        cells[a], cells[b] = cells[b], cells[a]
    else:
        cells = cells[:a]
    path.write_bytes(b"".join(cells))
    return f"{name}: {what} {a} {b}"


def _bytes(trace: Path, rng: random.Random) -> str:
    """Flip, remove or add bytes of any file."""
    path = trace / rng.choice((*JSON_FILES, *SPOOLS, fds.FILE))
    if not _ours(path):
        return "no file"
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data) + 1)
    what = rng.choice(("flip", "remove", "add"))
    if what == "flip" and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    elif what == "remove":
        del data[at : at + rng.choice((1, 7, 64, 128))]
    else:
        data[at:at] = rng.randbytes(rng.choice((1, 64)))
    path.write_bytes(data)
    return f"{path.name}: {what} at {at}"


def _file(trace: Path, rng: random.Random) -> str:
    """Put something else under the name of a file."""
    path = trace / rng.choice((*JSON_FILES, *SPOOLS, fds.FILE))
    if not _ours(path):
        return "no file"
    path.unlink()
    what = rng.choice(("missing", "empty", "pipe", "directory", "link", "loop", "zero"))
    if what == "empty":
        path.write_bytes(b"")
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "directory":
        path.mkdir()
    elif what == "link":
        (path.parent / "elsewhere").symlink_to("/dev/null")
        path.symlink_to(path.parent / "elsewhere")
    elif what == "loop":
        path.symlink_to(path)
    elif what == "zero":
        path.symlink_to("/dev/zero")
    return f"{path.name}: {what}"
