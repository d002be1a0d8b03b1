"""select and poll: the number of fds against the place of the ready one."""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Experiment, asleep, ready, unready

_MODELS: Final = ("select", "poll")

MUX: Final = Experiment(
    id="mux",
    phases=(
        # First of all, while the process's fd table has its smallest size: select clamps n to it.
        {"name": "select-raw-n11", "model": "select-raw", "fds": 11, "rounds": 5},
        *(asleep(model, 41, place, 5) for model in _MODELS for place in ("first", "last")),
        *(unready(model, 41, 3, 50) for model in _MODELS),
        *(unready(model, 41, 11, 0) for model in _MODELS),
        *(
            ready(model, fds, place, 11)
            for model in _MODELS
            for fds in (11, 101, 211)
            for place in ("first", "middle", "last")
        ),
    ),
    detail="steps",
)  # fmt: skip
