"""What a workload is asked to do: a list of phases, as JSON.

The recorder and the experiments build such lists, ``python3 -m tracer.workloads`` runs them.
A ``Phase`` is a NamedTuple and not a dataclass: importing dataclasses takes longer in a
guest than everything else here together.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from tracer.shared.errors import UsageError, unknown_name
from tracer.shared.say import say
from tracer.workloads import check as rules
from tracer.workloads import limits

INFINITE: Final = None
"""``timeout_ms`` of a call that waits for as long as it takes."""

GUEST_PYTHON: Final = "/usr/bin/python3"


class Phase(NamedTuple):
    """One stretch of a workload: one model, one set of fds, ``rounds`` times.

    ``fds`` are watched and ``active`` contiguous ones of them made ready in each round, at
    ``position`` of the scan order. ``delay_ms`` is how long the waker lets the waiter sleep.
    ``polls`` is how often a non-blocking read asks in vain. ``rearm`` is what epoll_ctl does
    after each event (``trigger`` oneshot always does a MOD). ``naps`` is how often a
    call is woken, or not, for what it does not watch. ``waiters`` is how many processes wait for
    one fd; with ``leave`` each ends after its first event. ``shot`` is how long an io_uring poll
    stays armed: for one event or for all. ``io`` is the I/O model by which a server waits.
    ``link`` is what TCP goes over; a wan delays each packet, either way, by ``link_delay_ms``
    give or take ``link_jitter_ms``, and loses so many of a hundred.
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
    naps: int = 7
    waiters: int = 3
    leave: bool = False
    shot: str = "oneshot"
    io: str = "epoll"
    link: str = "loopback"
    link_delay_ms: int = 0
    link_jitter_ms: int = 0
    link_loss_percent: int = 0
    deadline_s: int = 60


def parse(entries: object) -> list[Phase]:
    """Return the phases that ``entries``, a list of JSON objects, ask for.

    Raises UsageError for an unknown field, a wrong type, or a request without meaning.
    The limits of this machine are not looked at, since the phases may run on another one:
    ``check`` does that.
    """
    if not isinstance(entries, list) or not entries:
        raise UsageError("found no phases; a spec is a JSON list of at least one object")
    if len(entries) > rules.MAX_PHASES:
        raise UsageError(
            say(
                "found {count} phases; a mark has room for {max_phases}",
                count=len(entries),
                max_phases=rules.MAX_PHASES,
            )
        )
    return [_phase(number, entry) for number, entry in enumerate(entries, start=1)]


def to_json(phase: Phase) -> dict[str, Any]:
    """Return ``phase`` as the JSON object that ``parse`` makes it from, all fields given."""
    return phase._asdict()


def check(phase: Phase) -> None:
    """Raise UsageError if ``phase`` has no meaning, or if this machine's limits forbid it."""
    rules.check_request(phase)
    limits.check_fd_limit(phase)


def command(phases: Sequence[Phase], truth: pathlib.Path, python: str = GUEST_PYTHON) -> list[str]:
    """Return the command line that runs ``phases`` and writes ``truth``, from any directory."""
    start = pathlib.Path(__file__).with_name("__main__.py")
    text = json.dumps([to_json(phase) for phase in phases])
    return [python, "-S", "-E", str(start), "--truth", str(truth), "--spec-json", text]


def _phase(number: int, entry: object) -> Phase:
    if not isinstance(entry, dict):
        raise UsageError(
            say(
                "phase {number} is {entry!r}; needed an object with a model",
                number=number,
                entry=entry,
            )
        )
    for key in entry:
        if key not in Phase._fields:
            raise unknown_name(
                say("field of phase {number}", number=number), str(key), Phase._fields
            )
    if "model" not in entry:
        raise UsageError(
            say(
                "phase {number} has no model; one of {models}",
                number=number,
                models=", ".join(rules.MODELS),
            )
        )
    rules.check_types(number, entry)
    values = {**rules.defaults(entry["model"], entry.get("link", "")), **entry}
    phase = Phase(**{"name": _name(values), **values})
    rules.check_request(phase)
    return phase


def _name(values: Mapping[str, Any]) -> str:
    count = values.get("fds", Phase._field_defaults["fds"])
    position = values.get("position", Phase._field_defaults["position"])
    return f"{values['model']}-n{count}-{position}"
