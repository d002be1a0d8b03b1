"""Options of ``record`` for long recordings: how much of the newest to keep."""

from __future__ import annotations

import argparse
import re
from typing import Final

from tracer.recording.keeping import Newest
from tracer.shared.errors import UsageError
from tracer.shared.message import message

_NUMBER: Final = r"(\d+(?:\.\d+)?)\s*"
_SIZE: Final = re.compile(_NUMBER + r"([KMGT])(?:i?B)?", re.IGNORECASE | re.ASCII)
_TIME: Final = re.compile(_NUMBER + r"([smh]?)", re.ASCII)
_BYTES: Final = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}
_MOST_DIGITS: Final = 15
RINGS: Final = 4
"""At least so many times the main ring: one drain must be a part of what is kept."""
LEAST_S: Final = 1


def add_newest(parser: argparse.ArgumentParser) -> None:
    """Add them, in a group of their own."""
    add = parser.add_argument_group("long recordings (keep the newest)").add_argument
    add(
        "--max-size",
        metavar="SIZE",
        help="keep at most this much of calls and steps, the newest (500M, 2G); older ones are "
        "discarded and counted, and every report says so",
    )
    add(
        "--max-time",
        metavar="S",
        help="keep little more than the newest S seconds (90, 10m, 2h); can be combined with "
        "--max-size",
    )


def newest(args: argparse.Namespace) -> Newest | None:
    """Return how much is kept; None: everything.

    UsageError: not a size or a time, or options that cannot be combined.
    """
    given = {"--max-size": args.max_size, "--max-time": args.max_time}
    names = ", ".join(name for name, value in given.items() if value is not None)
    if not names:
        return None
    if args.model:
        raise UsageError(
            message(
                "{names}: only for your own program; a --model recording is kept whole", names=names
            )
        )
    if args.kernel:
        raise UsageError(
            message(
                "{names}: not with --kernel; the lab's guests are not for long recordings",
                names=names,
            )
        )
    size, time = given.values()
    return Newest(
        None if size is None else _size(size, args.ring_size),
        None if time is None else _time(time),
    )


def _size(text: str, ring_mib: int) -> int:
    found = _SIZE.fullmatch(text.strip()) if len(text) <= _MOST_DIGITS else None
    least_mib = RINGS * ring_mib
    size = round(float(found[1]) * _BYTES[found[2].upper()]) if found else 0
    if size < least_mib << 20:
        raise UsageError(
            message(
                "--max-size {text}: needed: a size such as 500M or 2G, at least {least}M, "
                "{times} times --ring-size",
                text=text,
                least=least_mib,
                times=RINGS,
            )
        )
    return size


def _time(text: str) -> float:
    found = _TIME.fullmatch(text.strip()) if len(text) <= _MOST_DIGITS else None
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0
    if seconds < LEAST_S:
        raise UsageError(
            message(
                "--max-time {text}: needed: seconds (90), minutes (10m) or hours (2h), at least "
                "{least} s",
                text=text,
                least=LEAST_S,
            )
        )
    return seconds
