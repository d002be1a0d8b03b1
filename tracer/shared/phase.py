"""A phase: one stretch of a workload, as a value and as the JSON object that requests it.

Here is its shape: fields, types, choices, smallest numbers. Which fields a workload uses, and what
it demands of them, is in ``tracer.workloads.registry``.

``Phase`` is a NamedTuple and not a dataclass: importing dataclasses takes longer in a guest than
the whole start of a workload. Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tracer.shared.errors import UsageError, unknown_name
from tracer.shared.message import message

INFINITE: Final = None
"""``timeout_ms`` of a call that waits for as long as it takes."""

MAX_PHASES: Final = 0xFFFF
"""Numbers of phases that a mark has room for (``records.PHASE_MAGIC``)."""


class Phase(NamedTuple):
    """One stretch of a workload: one model, one set of fds, ``rounds`` times.

    ``fds`` are watched and ``active`` contiguous ones of them made ready in each round, at
    ``position`` of the scan order. ``delay_ms`` is how long the waker lets the waiter sleep.
    ``polls`` is how often a non-blocking read finds nothing. ``rearm`` is what epoll_ctl does after
    each event (``trigger`` oneshot always does a MOD). ``spurious`` is how often something that a
    call does not watch happens, whether or not it wakes the call. ``waiters`` is how many processes
    wait for one fd; with ``leave`` each ends after its first event. ``shot`` is how long an
    io_uring poll stays armed: for one event or for all. ``io`` is the I/O model by which a server
    waits. ``link`` is what TCP goes over; a wan delays each packet, in either direction, by
    ``link_delay_ms`` give or take ``link_jitter_ms``, and loses ``link_loss_percent`` of them.
    """

    name: str
    model: str
    fds: int = 1
    active: int = 1
    position: str = "last"
    rounds: int = 23
    fd_kind: str = "unix"
    timeout_ms: int | None = INFINITE
    waker: str = "before"
    delay_ms: int = 20
    drain: bool = True
    trigger: str = "level"
    rearm: str = "none"
    polls: int = 7
    spurious: int = 7
    waiters: int = 3
    leave: bool = False
    shot: str = "oneshot"
    io: str = "epoll"
    link: str = "loopback"
    link_delay_ms: int = 0
    link_jitter_ms: int = 0
    link_loss_percent: int = 0
    deadline_s: int = 60


DEFAULTS: Final[Mapping[str, Any]] = Phase._field_defaults
"""Values of fields that a phase's JSON omits, unless its workload has another default."""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "position": ("first", "middle", "last"),
    "fd_kind": ("unix", "tcp", "pipe", "eventfd"),
    "waker": ("none", "before", "while-asleep"),
    "trigger": ("level", "edge", "oneshot", "exclusive"),
    "rearm": ("none", "mod", "del-add"),
    "shot": ("oneshot", "multishot"),
    "io": ("select", "poll", "epoll", "nonblocking", "blocking"),
    "link": ("loopback", "lan", "wan"),
}
MINIMA: Final[Mapping[str, int]] = {
    "fds": 1, "active": 1, "rounds": 1, "timeout_ms": 0, "delay_ms": 0, "polls": 0, "deadline_s": 1,
    "spurious": 0, "waiters": 1, "link_delay_ms": 0, "link_jitter_ms": 0, "link_loss_percent": 0,
}  # fmt: skip


def to_json(phase: Phase) -> dict[str, Any]:
    """Return ``phase`` as the JSON object that requests it, with all fields."""
    return phase._asdict()


def from_json(values: Mapping[str, Any]) -> Phase:
    """Return the phase of ``values``, whose fields and types were checked; a name is optional.

    Raises UsageError for an unknown choice, a number that is too small, or more active fds than
    watched ones.
    """
    phase = Phase(**{"name": _name(values), **values})
    _check_choices(phase)
    _check_numbers(phase)
    return phase


def check_fields(number: int, entry: object) -> None:
    """Raise UsageError unless phase ``number`` is an object of known fields, each of its type."""
    if not isinstance(entry, Mapping):
        raise UsageError(
            message(
                "phase {number} is {entry!r}; needed an object with a model",
                number=number,
                entry=entry,
            )
        )
    for key, value in entry.items():
        if key not in Phase._fields:
            raise unknown_name(
                message("field of phase {number}", number=number), str(key), Phase._fields
            )
        _check_type(number, key, value)


def _check_type(number: int, key: str, value: object) -> None:
    if isinstance(DEFAULTS.get(key, ""), str):
        expected, ok = "a string", isinstance(value, str)
    elif isinstance(DEFAULTS[key], bool):
        expected, ok = "true or false", isinstance(value, bool)
    elif DEFAULTS[key] is None:
        expected, ok = "milliseconds or null", value is None or type(value) is int
    else:
        expected, ok = "a whole number", type(value) is int
    if not ok:
        raise UsageError(
            message(
                "{key} of phase {number} is {value!r}; needed {expected}",
                key=key,
                number=number,
                value=value,
                expected=expected,
            )
        )


def _check_choices(phase: Phase) -> None:
    for field, known in CHOICES.items():
        if getattr(phase, field) not in known:
            raise unknown_name(field.replace("_", " "), getattr(phase, field), known)


def _check_numbers(phase: Phase) -> None:
    for field, least in MINIMA.items():
        value = getattr(phase, field)
        if value is not None and value < least:
            raise UsageError(
                message(
                    "{field} of {name!r} is {value}; needed at least {least}",
                    field=field,
                    name=phase.name,
                    value=value,
                    least=least,
                )
            )
    if phase.active > phase.fds:
        raise UsageError(
            message(
                "{name!r} makes {active} fds active and watches {fds}; raise fds or lower active",
                name=phase.name,
                active=phase.active,
                fds=phase.fds,
            )
        )


def _name(values: Mapping[str, Any]) -> str:
    count = values.get("fds", DEFAULTS["fds"])
    position = values.get("position", DEFAULTS["position"])
    return f"{values['model']}-n{count}-{position}"
