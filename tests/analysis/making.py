"""Puts scenes together to traces: the vocabulary in which the cases of claims are written."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from analysis.frames import Trace, read_trace
from analysis.verdicts.engine import Claim, Outcome, Verdict, decide
from tests.analysis import epoll_scenes, scenes
from tests.analysis.handmade import Maker

Scene = Callable[[Maker], None]
Build = Callable[[], Maker | list[Maker]]
"""Makes the trace, or one per boot if the experiment has several."""
Cases = dict[Outcome, list[Build]]

UNDECIDED = Outcome.UNDECIDED
TRACEPOINTS_ONLY = dict.fromkeys(
    ("add_wait_queue", "prepare_to_wait", "finish_wait", "sock_poll", "_copy_from_user"), "EPERM"
)


def traces_of(made: Maker | list[Maker], claim: Claim, path: Path) -> list[Trace]:
    """Return the traces of a case; a single one serves for every boot that the claim needs."""
    if isinstance(made, Maker):
        return [read_trace(made.write(path))] * len(claim.experiment.boots)
    return [read_trace(each.write(path / str(number))) for number, each in enumerate(made)]


@cache
def _built(build: Build) -> tuple[Trace, ...]:
    made = build()
    with TemporaryDirectory() as path:
        makers = [made] if isinstance(made, Maker) else made
        return tuple(
            read_trace(each.write(Path(path) / str(number))) for number, each in enumerate(makers)
        )


def case_of(build: Build, claim: Claim) -> list[Trace]:
    """Return the traces of a case; built once, since several tests use each."""
    traces = list(_built(build))
    return traces * len(claim.experiment.boots) if len(traces) == 1 else traces


def verdict_of(build: Build, claim: Claim) -> Verdict:
    """Return the verdict on ``claim`` in a case; decided once, since several tests use it."""
    if (build, claim.id) not in _DECIDED:
        _DECIDED[build, claim.id] = decide(claim, *case_of(build, claim))
    return _DECIDED[build, claim.id]


_DECIDED: dict[tuple[Build, str], Verdict] = {}


def made(*steps: Scene, detail: str = "calls", detached: dict[str, str] | None = None) -> Build:
    """Return a function that makes a trace of ``steps`` in order."""

    def build() -> Maker:
        maker = Maker(detail=detail, detached=detached)
        for step in steps:
            step(maker)
        return maker

    return build


def steps(*scenes: Scene) -> Build:
    """Return the same as ``made``, at detail steps."""
    return made(*scenes, detail="steps")


def scene(function: Callable[..., None], *args: Any, **kwargs: Any) -> Scene:
    """Return a scene's ``function`` with its keywords, to be called with a maker."""
    return lambda maker: function(maker, *args, **kwargs)


def blocking(**kwargs: Any) -> Scene:
    return scene(scenes.blocking, **kwargs)


def nonblocking(*args: Any, **kwargs: Any) -> Scene:
    return scene(scenes.nonblocking, *args, **kwargs)


def epoll(**kwargs: Any) -> Scene:
    return scene(epoll_scenes.epoll, **kwargs)


def background(*args: Any, **kwargs: Any) -> Scene:
    return scene(scenes.background, *args, **kwargs)


def poll_asleep(**kwargs: Any) -> Scene:
    return scene(epoll_scenes.poll_asleep, **kwargs)


def vain(**kwargs: Any) -> Scene:
    return epoll(vain_ms=20, **kwargs)


def memory(**kwargs: Any) -> Scene:
    return scene(epoll_scenes.epoll_memory, **kwargs)


def select_raw(**kwargs: Any) -> Scene:
    return scene(scenes.select_raw, **kwargs)


def both(**kwargs: Any) -> Scene:
    """A phase of select, then one of poll."""

    def add(maker: Maker) -> None:
        for family in ("select", "poll"):
            scenes.mux(maker, family, **kwargs)

    return add


def sweep(numbers: tuple[int, ...] = (11, 101), **kwargs: Any) -> tuple[Scene, ...]:
    """Select and poll with the first and with the last fd ready; callables get (n, k)."""
    return tuple(
        both(n=n, ready=k, **{key: law(n, k) for key, law in kwargs.items()})
        for n in numbers
        for k in (1, n)
    )
