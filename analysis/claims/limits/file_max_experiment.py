"""Boots with several sizes of memory: how many files each can have open."""

from __future__ import annotations

from typing import Final

from analysis.experiments.experiment import Boot, Experiment

FILE_MAX: Final = Experiment(
    id="file-max",
    # There is no recording without a workload; what counts is in the manifest.
    phases=({"name": "file-max", "model": "poll", "rounds": 5},),
    detail="calls",
    bare=True,
    # The larger two are booted for the costs anyway.
    boots=(Boot(1024), Boot(2048, "instructions"), Boot(4096, "instructions")),
)
