"""Which phases have a meaning, and what to say of those that have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tracer.shared.errors import UsageError, unknown_name
from tracer.shared.say import say
from tracer.workloads import check_link, check_modes

if TYPE_CHECKING:
    from tracer.workloads.spec import Phase

MAX_PHASES: Final = 0xFFFF

_COMMON: Final = frozenset({"name", "model", "fds", "fd_kind", "deadline_s"})
_WAKING: Final = _COMMON | {"active", "position", "rounds", "waker", "delay_ms"}
_LINKED: Final = _WAKING | check_link.FIELDS
_WAITING: Final = _LINKED | {"timeout_ms", "drain"}
_NAPPING: Final = _COMMON | {"rounds", "delay_ms", "naps"}
_CROWDED: Final = frozenset(
    {"name", "model", "fd_kind", "deadline_s", "rounds", "waiters", "leave"}
)

MODELS: Final[dict[str, frozenset[str]]] = {
    "blocking": _LINKED,
    "nonblocking": _LINKED | {"polls"},
    "select": _WAITING,
    "select-raw": _WAKING | {"drain"},
    "poll": _WAITING,
    "poll-ignored": _COMMON | {"rounds"},
    "epoll": _WAITING | {"trigger", "rearm"},
    "epoll-memory": _COMMON,
    "server": _LINKED | {"io"},
    "select-limit": frozenset({"name", "model", "deadline_s"}),
    "epoll-limits": frozenset({"name", "model", "fds", "deadline_s"}),
    "sigio": _WAKING,
    "aio-poll": _WAKING,
    "io-uring": _WAKING | {"shot"},
    "select-naps": _NAPPING,
    "poll-naps": _NAPPING,
    "epoll-naps": _NAPPING,
    "epoll-oneshot": _COMMON | {"rounds", "delay_ms"},
    "epoll-nested": _WAKING,
    "poll-crowd": _CROWDED,
    "epoll-crowd": _CROWDED | {"trigger"},
    "epoll-shared-crowd": _CROWDED | {"trigger"},
}
"""Every model with the fields it heeds."""

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "model": tuple(MODELS),
    "position": ("first", "middle", "last"),
    "fd_kind": ("unix", "tcp", "pipe", "eventfd"),
    "waker": ("none", "before", "while-asleep"),
    "trigger": ("level", "edge", "oneshot", "exclusive"),
    "rearm": ("none", "mod", "del-add"),
    "shot": ("oneshot", "multishot"),
    "io": ("select", "poll", "epoll", "nonblocking", "blocking"),
    "link": ("loopback", "lan", "wan"),
}
MINIMA: Final = {
    "fds": 1, "active": 1, "rounds": 1, "timeout_ms": 0, "delay_ms": 0, "polls": 0, "deadline_s": 1,
    "naps": 0, "waiters": 1, "link_delay_ms": 0, "link_jitter_ms": 0, "link_loss_percent": 0,
}  # fmt: skip

MEMORY_READY: Final = (1, 3, 7)
"""How many fds are ready in the rounds of epoll-memory."""

_WITHOUT_TIMEOUT: Final = ("sigio", "aio-poll", "io-uring")
_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "blocking": {"waker": "while-asleep"},
    "epoll-memory": {"fds": max(MEMORY_READY), "rounds": len(MEMORY_READY)},
    "server": {"fd_kind": "tcp"},
    "epoll-limits": {"fd_kind": "eventfd", "fds": 1201},
    **{each: {"fds": 2, "waker": "while-asleep"} for each in check_modes.WITH_A_SCRIPT},
    **{each: {"fd_kind": "eventfd"} for each in check_modes.WITH_A_CROWD},
}


def defaults(model: str, link: str = "loopback") -> dict[str, Any]:
    """Return the fields whose default is another one for ``model``, or over ``link``."""
    of_link = check_link.WAN_DEFAULTS if link == "wan" else {}
    return {**_DEFAULTS.get(model, {}), **of_link}


def check_types(number: int, entry: Mapping[str, Any]) -> None:
    """Raise UsageError unless each value of phase ``number`` has the type of its field."""
    for key, value in entry.items():
        if key in CHOICES or key == "name":
            expected, ok = "a string", isinstance(value, str)
        elif key in ("drain", "leave"):
            expected, ok = "true or false", isinstance(value, bool)
        else:
            expected, ok = "a whole number", type(value) is int
        if key == "timeout_ms":
            expected, ok = "milliseconds or null", ok or value is None
        if not ok:
            raise UsageError(
                say(
                    "{key} of phase {number} is {value!r}; needed {expected}",
                    key=key,
                    number=number,
                    value=value,
                    expected=expected,
                )
            )


def check_request(phase: Phase) -> None:
    """Raise UsageError if ``phase`` asks for something unknown or for nothing that can be."""
    for field, known in CHOICES.items():
        if getattr(phase, field) not in known:
            raise unknown_name(_noun(field), getattr(phase, field), known)
    _check_numbers(phase)
    _check_fields(phase)
    _check_waker(phase)
    _check_epoll(phase)
    _check_sigio(phase)
    check_modes.check(phase)
    check_link.check(phase)


def _noun(field: str) -> str:
    return field.replace("_", " ")


def _check_numbers(phase: Phase) -> None:
    for field, least in MINIMA.items():
        value = getattr(phase, field)
        if value is not None and value < least:
            raise UsageError(
                say(
                    "{field} of {name!r} is {value}; needed at least {least}",
                    field=field,
                    name=phase.name,
                    value=value,
                    least=least,
                )
            )
    if phase.active > phase.fds:
        raise UsageError(
            say(
                "{name!r} makes {active} fds active and watches {fds}; raise fds or lower active",
                name=phase.name,
                active=phase.active,
                fds=phase.fds,
            )
        )
    if phase.model == "epoll-memory" and phase.fds < max(MEMORY_READY):
        raise UsageError(
            say(
                "epoll-memory has {fds} fds; needed {max} or more",
                fds=phase.fds,
                max=max(MEMORY_READY),
            )
        )


def _check_fields(phase: Phase) -> None:
    usual = {**type(phase)._field_defaults, **defaults(phase.model)}
    for field, value in usual.items():
        if field not in MODELS[phase.model] and getattr(phase, field) != value:
            raise UsageError(
                say(
                    "{model} has no {field} (in {name!r}); leave it out",
                    model=phase.model,
                    field=field,
                    name=phase.name,
                )
            )


def _check_waker(phase: Phase) -> None:
    found = say("{name!r} has waker {waker}", name=phase.name, waker=phase.waker)
    if phase.waker == "none" and phase.model == "blocking":
        raise UsageError(
            say("{found}: a blocking read would never end; use while-asleep", found=found)
        )
    if phase.waker == "none" and phase.model in _WITHOUT_TIMEOUT:
        raise UsageError(
            say(
                "{found}: {model} would wait forever; use before or while-asleep",
                found=found,
                model=phase.model,
            )
        )
    waits = "drain" in MODELS[phase.model]
    if phase.waker == "none" and waits and phase.timeout_ms is None:
        raise UsageError(
            say("{found} and no timeout: it would never end; set timeout_ms", found=found)
        )
    if phase.waker != "while-asleep" or not waits:
        return
    if phase.timeout_ms is not None and phase.timeout_ms <= phase.delay_ms:
        raise UsageError(
            say(
                "{found} after {delay_ms} ms and timeout_ms {timeout_ms}: the call would end "
                "first; raise timeout_ms above delay_ms",
                found=found,
                delay_ms=phase.delay_ms,
                timeout_ms=phase.timeout_ms,
            )
        )
    if not phase.drain and phase.trigger != "edge":
        raise UsageError(
            say(
                "{found} and drain false: the data of one round keeps the next from sleeping; "
                "set drain true or trigger edge",
                found=found,
            )
        )


def _check_epoll(phase: Phase) -> None:
    if phase.trigger == "exclusive" and phase.rearm == "mod":
        raise UsageError("EPOLLEXCLUSIVE allows no EPOLL_CTL_MOD; use rearm del-add or none")
    if phase.trigger == "edge" and not phase.drain and phase.rearm != "none":
        raise UsageError(
            say(
                "{name!r} leaves data behind and rearms: every rearm is a new event; set drain "
                "true or rearm none",
                name=phase.name,
            )
        )


def _check_sigio(phase: Phase) -> None:
    if phase.model == "sigio" and phase.fd_kind == "eventfd":
        raise UsageError("an eventfd sends no signal; use fd_kind unix, tcp or pipe for sigio")
