"""Makes known calls and looks which hooks saw them.

A function may exist and be attachable while the code of interest has it inlined, or be switched
off at boot (``hardened_usercopy=off``). Its count would be a zero that nobody measured. So
before recording a child makes one known call of each family, and a hook that such a call
passed by unseen is not believed for that family.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterable, Sequence

from tracer.bpf.instrument import Instrument
from tracer.bpf.maps import Maps
from tracer.bpf.tasks import Flags
from tracer.recording.launch import Stopped
from tracer.shared.records import CALL_CELL, CALL_PLACE, STEP_CELL, STEP_PLACE
from tracer.shared.syscalls import by_number


def silent_hooks(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    """Return hook → families whose known call it did not see.

    Attach first; the rings must not be in use yet. Leaves rings, slots and totals empty.
    """
    maps = instrument.maps
    child = Stopped([sys.executable], _known_calls, first=lambda: maps.tasks.join_self(Flags.STEPS))
    try:
        child.release()
        child.wait()
    finally:
        child.stop()
    seen = set(_seen(_take(maps, "calls"), _take(maps, "steps")))
    _take(maps, "lives")
    maps.release_all()
    silent = {
        choice.hook.name: tuple(
            family for family in choice.hook.calibrate if (family, choice.hook.id) not in seen
        )
        for choice in instrument.plan
        if choice.point
    }
    return {hook: families for hook, families in silent.items() if families}


def _known_calls(_command: Sequence[str]) -> int:
    """One select, poll, epoll_ctl and epoll_wait, each with one ready fd."""
    reader, writer = os.pipe()
    os.write(writer, b"x")
    select.select([reader], [], [], 0)
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    poll.poll(0)
    with select.epoll() as epoll:
        epoll.register(reader, select.EPOLLIN)
        epoll.poll(0)
    return 0


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
