"""Makes known calls and checks which hooks saw them.

A function may exist and be attachable, yet be inlined into the code of interest, or switched off at
boot (``hardened_usercopy=off``). Its count would be a zero that nobody measured. So before
recording a child makes a known call for each hook that is attached (``known`` in the catalogue),
and one of each family that a hook feeds (``calibrate``); a hook that did not see such a call is not
trusted. A call that the kernel refuses proves nothing: no program can make it.
"""

from __future__ import annotations

import mmap
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from tracer.bpf.instrument import Instrument
from tracer.bpf.maps import Maps
from tracer.bpf.plan import EVERY_FAMILY
from tracer.bpf.tasks import Flags
from tracer.recording.known_calls import NAMES, QUIET, TIMED, WOKEN, Asleep, until_it_sleeps
from tracer.recording.launch import Stopped
from tracer.shared.records import CALL_CELL, CALL_PLACE, STEP_CELL, STEP_PLACE
from tracer.shared.syscalls import by_number

_Call = TypeVar("_Call")

_FAMILIES: Final = "ready"
"""Known calls for the families that hooks have in ``calibrate``."""
_CHECK_S: Final = 0.0002
_PATIENCE_S: Final = 20.0
"""How long the waking child waits for the sleeping one before it gives up."""


def silent_hooks(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    """Return hook → families whose known call it did not see, or EVERY_FAMILY.

    Attach first; the rings must not be in use yet. Leaves rings, slots and totals empty.
    """
    maps = instrument.maps
    attached = [choice.hook for choice in instrument.plan if choice.point]
    known = {_FAMILIES, *(hook.known for hook in attached)}
    with mmap.mmap(-1, mmap.PAGESIZE) as made:
        _run(maps, made, known)
        done = {name for place, name in enumerate(NAMES) if made[place]}
    seen = set(_seen(_take(maps, "calls"), _take(maps, "steps")))
    _take(maps, "lives")
    totals = maps.totals()
    hits = [ours + others for ours, others in zip(totals.hits, totals.elsewhere, strict=True)]
    maps.release_all()
    silent = {}
    for hook in attached:
        families = [each for each in hook.calibrate if (each, hook.id) not in seen]
        if hook.known in done and not hits[hook.id]:
            families = [EVERY_FAMILY]
        silent[hook.name] = tuple(families)
    return {hook: families for hook, families in silent.items() if families}


def _run(maps: Maps, made: mmap.mmap, known: Collection[str]) -> None:
    """Make a traced child make known calls; it marks in ``made`` those that succeeded."""
    body = _Body(made, known)
    child = Stopped([sys.executable], body.run, first=lambda: maps.tasks.join_self(Flags.STEPS))
    try:
        child.release()
        child.wait()
    finally:
        child.stop()


class _Body:
    """What the child does."""

    def __init__(self, made: mmap.mmap, known: Collection[str]) -> None:
        self._made, self._known = made, known

    def run(self, _command: Sequence[str]) -> int:
        """Make each of the requested calls that can be made."""
        timed: dict[str, Callable[[], None]] = {
            name: partial(until_it_sleeps, call) for name, call in TIMED.items()
        }
        for name, make in self._asked({**QUIET, **timed}):
            with suppress(OSError):
                make()
                self._mark(name)
        if any(self._asked(WOKEN)):
            self._sleep()
        return 0

    def _asked(self, calls: Mapping[str, _Call]) -> Iterator[tuple[str, _Call]]:
        return ((name, call) for name, call in calls.items() if name in self._known)

    def _mark(self, name: str) -> None:
        self._made[NAMES.index(name)] = 1

    def _sleep(self) -> None:
        """Fall asleep in each call of WOKEN, until the other, untraced child wakes it."""
        calls: dict[str, Asleep] = {}
        for name, prepare in self._asked(WOKEN):
            with suppress(OSError):
                calls[name] = prepare()
        turn = mmap.mmap(-1, mmap.PAGESIZE)
        sleeper = os.getpid()
        pid = os.fork()
        if pid == 0:
            _give(list(calls.values()), turn, sleeper)
            os._exit(0)
        for number, (name, call) in enumerate(calls.items(), 1):
            turn[0] = number
            call.take()
            self._mark(name)
        os.waitpid(pid, 0)


def _give(calls: Sequence[Asleep], turn: Mapping[int, int] | mmap.mmap, sleeper: int) -> None:
    """Wake the sleeper by what it waits for, each time it sleeps."""
    for number, call in enumerate(calls, 1):
        _until_asleep(sleeper, turn, number)
        call.give()


def _until_asleep(pid: int, turn: Mapping[int, int] | mmap.mmap, number: int) -> None:
    """Return when it is turn ``number`` and ``pid`` has been seen asleep twice."""
    stat, seen, end = Path(f"/proc/{pid}/stat"), 0, time.monotonic() + _PATIENCE_S
    while seen < 2 and time.monotonic() < end:
        asleep = turn[0] == number and stat.read_text().rpartition(")")[2].split()[0] == "S"
        seen = seen + 1 if asleep else 0
        time.sleep(_CHECK_S)


def _take(maps: Maps, name: str) -> bytes:
    ring = maps.rings[name]
    view = ring.ready()
    data = bytes(view)
    view.release()
    ring.consume(len(data))
    return data


def _seen(calls: bytes, steps: bytes) -> Iterable[tuple[str, int]]:
    """Yield (family, hook id) for each step in a known call."""
    known = by_number()
    call_seq, syscall = CALL_PLACE["seq"], CALL_PLACE["syscall"]
    step_seq, hook = STEP_PLACE["seq"], STEP_PLACE["hook"]
    families = {
        call[call_seq]: known[call[syscall]].family for call in CALL_CELL.iter_unpack(calls)
    }
    for step in STEP_CELL.iter_unpack(steps):
        if step[step_seq] in families:
            yield families[step[step_seq]], step[hook]
