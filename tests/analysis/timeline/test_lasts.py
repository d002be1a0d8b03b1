"""The last steps of a block are those found by going through all of its steps."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from analysis.timeline import lasts
from analysis.windows import kept
from analysis.windows.recording import Recording, open_recording
from tests.analysis.windows.making import TRACES
from tracer.shared.records import StepKind


def one_by_one(recording: Recording, first: int, end: int) -> list[int]:
    """Go through each step from ``first`` to ``end``."""
    last: dict[tuple[int, ...], int] = {}
    for place, step in enumerate(recording.steps.records[first:end], first):
        kind = int(step["kind"])
        if kind in (StepKind.INSERTION, StepKind.REMOVAL):
            last[kind, int(step["entry"])] = place
        elif kind == StepKind.FD_POLL and step["fd"] >= 0:
            last[kind, int(step["object"]), int(step["pid"])] = place
    return sorted(last.values())


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
@pytest.mark.parametrize("bits", [1, 2, 14])
def test_no_key_is_missed_if_several_share_a_slot(
    path: Path, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = open_recording(path)
    for module, name, value in (
        (kept, "LEAST", 0), (lasts, "NEAR", 0), (lasts, "BLOCK", 64), (lasts, "AT_ONCE", 5),
        (lasts, "SLOT_BITS", bits),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    steps = len(recording.steps.records)
    end, places = lasts.lasts_before(recording, steps)
    assert end == steps // 64 * 64
    blocks = [one_by_one(recording, first, first + 64) for first in range(0, end, 64)]
    assert places.tolist() == [place for block in blocks for place in block]


def test_a_key_of_no_bits_and_one_of_all() -> None:
    latest = lasts._Latest()
    keys = np.array([0, 2**64 - 1, 0, 5], np.uint64)
    latest.add_earlier(np.array([9]), keys[1:2])
    latest.add_earlier(np.arange(4), keys)
    assert Counter(latest.places().tolist()) == Counter([2, 3, 9])


def test_an_entry_is_queued_and_removed_in_two_places_of_the_table() -> None:
    entries = np.repeat(np.arange(0xFFFF_8880_0000_1000, 0xFFFF_8880_0000_2000, 64, np.uint64), 2)
    kinds = np.tile(np.array([StepKind.INSERTION, StepKind.REMOVAL], np.uint8), len(entries) // 2)
    slots = lasts._keys(entries, kinds) >> np.uint64(64 - lasts.SLOT_BITS)
    assert len(np.unique(slots)) == len(slots)
