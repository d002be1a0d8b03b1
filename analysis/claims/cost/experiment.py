"""What the calls cost the kernel, against the number of fds and the share of active ones.

Only the tracepoints are attached, so that the cost is the kernel's; guest time is a count of
instructions, and a second boot shows how well it repeats. The parts of a call are separated by
leaving them out: fds that poll ignores, a timeout of 0 (no entry is queued), the ready fd first
(one entry) or last (an entry for each). The boots' clocks are those of the boots in ``file_max``.
"""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Boot, Experiment, PhaseSpec, ready, unready

MODELS: Final = ("select", "poll", "epoll")
SWEEP: Final = (50, 100, 200, 400, 800)
SPLIT_FDS: Final = 400
ACTIVE_FDS: Final = (50, 200)
CHURN_FDS: Final = 200
ROUNDS: Final = 7


def _sweep(model: str) -> tuple[int, ...]:
    """Return the numbers of fds; each watched fd has a peer, and select ends at fd 1,023."""
    return tuple(fds for fds in SWEEP if model != "select" or fds <= 400)


def _churned(rearm: str) -> PhaseSpec:
    every = ready("epoll", CHURN_FDS, "first", ROUNDS, CHURN_FDS)
    more = {"rearm": "del-add"} if rearm == "del-add" else {"trigger": "oneshot"}
    return {**every, "name": f"{every['name']}-{rearm}", **more}


def _idle(model: str, fds: int) -> PhaseSpec:
    """Return a phase with 1 % of its fds active."""
    return ready(model, fds, "middle", ROUNDS, fds // 100)


def _served(io: str, connections: int) -> PhaseSpec:
    """Return a server with 1 % of its connections active, its clients at the end of a veth."""
    return {
        "name": f"server-{io}-n{connections}-lan", "model": "server", "io": io, "link": "lan",
        "fds": connections, "active": connections // 100, "rounds": 11,
    }  # fmt: skip


BOOTS: Final = (Boot(2048, "instructions"), Boot(4096, "instructions"))

COST: Final = Experiment(
    id="cost",
    phases=(
        *(ready(model, fds, "middle", ROUNDS) for model in MODELS for fds in _sweep(model)),
        *(unready(model, fds, ROUNDS, 0) for model in MODELS for fds in _sweep(model)),
        *(ready(model, SPLIT_FDS, place, ROUNDS)
          for model in ("select", "poll") for place in ("first", "last")),
        {"name": "poll-ignored", "model": "poll-ignored", "fds": SPLIT_FDS, "rounds": ROUNDS},
        *(ready(model, fds, "first", ROUNDS, fds) for model in MODELS for fds in ACTIVE_FDS),
        *(_churned(rearm) for rearm in ("mod", "del-add")),
    ),
    detail="calls",
    bare=True,
    boots=BOOTS,
)  # fmt: skip

IDLE: Final = Experiment(
    id="idle",
    phases=(
        *(_idle(model, fds) for model in MODELS for fds in _sweep(model) if fds >= 100),
        *(_served(io, connections) for io in MODELS for connections in (100, 300, 900)),
    ),
    detail="calls",
    bare=True,
    boots=BOOTS,
    # An idle guest's clock runs ahead in these boots, and making a link is mostly waiting.
    deadline_s=1800.0,
)
