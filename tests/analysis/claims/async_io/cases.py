"""The cases of the claims on signal-driven I/O, AIO poll and io_uring poll; see cases.py."""

from __future__ import annotations

from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.async_io import scenes as async_scenes
from tests.analysis.claims.async_io.scenes import Oddly
from tests.analysis.making import UNDECIDED, Build, Cases, Scene, made, scene


def steps(*scenes: Scene) -> Build:
    """Return what ``made`` does, at detail steps."""
    return made(*scenes, detail="steps")


def sigio(**kwargs: Any) -> Scene:
    return scene(async_scenes.sigio, **kwargs)


def aio(**kwargs: Any) -> Scene:
    return scene(async_scenes.aio_poll, **kwargs)


def oneshot(**kwargs: Any) -> Scene:
    return scene(async_scenes.uring, "oneshot", **kwargs)


def multishot(**kwargs: Any) -> Scene:
    return scene(async_scenes.uring, "multishot", **kwargs)


def refused(*args: str, **kwargs: str) -> Scene:
    return scene(async_scenes.uring_refused, *args, **kwargs)


UNMAPPED: Scene = scene(async_scenes.uring_unmapped)
NO_AIO = {"call": "io_submit of IOCB_CMD_POLL", "errno": 22, "errno_name": "EINVAL"}

SIGIO_NO_ENTRY: Cases = {
    SUPPORTED: [steps(sigio(), sigio(n=1))],
    CORRECTED: [
        steps(sigio(taken=0), sigio()),
        steps(sigio(sent=2)),
        steps(sigio(idle=1)),
        steps(sigio(), sigio(listed=False)),
    ],
    REFUTED: [steps(sigio(queued=3)), steps(sigio(), sigio(queued=1))],
    UNDECIDED: [steps(sigio(sent=0)), steps(sigio(sent=0, taken=0))],
}
AIO_POLL_ENTRY: Cases = {
    SUPPORTED: [steps(aio(), aio(asleep=True))],
    CORRECTED: [
        steps(aio(odd=Oddly(queued=2))),
        steps(aio(), aio(asleep=True, odd=Oddly(pulled=True))),
        steps(aio(odd=Oddly(late=3))),
        steps(aio(odd=Oddly(by_worker=True))),
        steps(aio(odd=Oddly(runs=2))),
    ],
    REFUTED: [
        steps(aio(odd=Oddly(queued=0))),
        steps(aio(odd=Oddly(pulled=True))),
        steps(aio(asleep=True, odd=Oddly(runs=0))),
    ],
    UNDECIDED: [steps(aio(completed=False)), steps(aio(refused=NO_AIO))],
}
URING_POLL_ONESHOT: Cases = {
    SUPPORTED: [steps(oneshot(), oneshot(asleep=True), multishot())],
    CORRECTED: [
        steps(oneshot(odd=Oddly(queued=2))),
        steps(oneshot(), oneshot(odd=Oddly(off=False))),
        steps(oneshot(odd=Oddly(by_worker=True)), oneshot(asleep=True, odd=Oddly(by_worker=True))),
        steps(oneshot(), oneshot(odd=Oddly(runs=2))),
        steps(oneshot(), oneshot(rearmed=False)),
    ],
    REFUTED: [
        steps(oneshot(odd=Oddly(off=False))),
        steps(oneshot(odd=Oddly(queued=0))),
        steps(oneshot(odd=Oddly(runs=0))),
    ],
    UNDECIDED: [
        steps(oneshot(completions=0)),
        steps(oneshot(passing=False, odd=Oddly(by_worker=True))),
        steps(refused("io_uring_setup", "EPERM")),
        steps(multishot()),
    ],
}
URING_POLL_MULTISHOT: Cases = {
    SUPPORTED: [steps(multishot(), multishot(asleep=True), oneshot())],
    CORRECTED: [
        steps(multishot(), multishot(with_more=3)),
        steps(multishot(), multishot(rearmed=True, odd=Oddly(off=True))),
        steps(multishot(odd=Oddly(queued=2))),
        steps(multishot(completions=2)),
    ],
    REFUTED: [
        steps(multishot(rearmed=True, odd=Oddly(off=True))),
        steps(multishot(odd=Oddly(off=True))),
        steps(multishot(odd=Oddly(queued=0))),
    ],
    UNDECIDED: [
        steps(multishot(rounds=1)),
        steps(refused("POLL_ADD, multishot", "EINVAL", shot="multishot")),
        steps(oneshot()),
    ],
}
URING_RINGS_MAPPED: Cases = {
    SUPPORTED: [steps(oneshot(), multishot(), oneshot(asleep=True))],
    CORRECTED: [steps(oneshot(waits=1)), steps(oneshot(), multishot(waits=4))],
    REFUTED: [
        steps(UNMAPPED),
        steps(oneshot(), UNMAPPED),
        steps(oneshot(waits=4)),
        steps(oneshot(ring_mappings=["7f00-7f01 rw-p 0 00:00 0"])),
    ],
    UNDECIDED: [
        steps(oneshot(asleep=True)),
        steps(oneshot(seen_unasked=5)),
        steps(oneshot(), refused("io_uring_setup", "ENOSYS")),
    ],
}
CASES: dict[str, Cases] = {
    "sigio-no-entry": SIGIO_NO_ENTRY,
    "aio-poll-entry": AIO_POLL_ENTRY,
    "uring-poll-oneshot": URING_POLL_ONESHOT,
    "uring-poll-multishot": URING_POLL_MULTISHOT,
    "uring-rings-mapped": URING_RINGS_MAPPED,
}
