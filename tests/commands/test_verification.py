"""Boots, traces and verdicts together: hand-made traces stand in for the lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.claims.blocking.experiment import WAITS
from analysis.claims.cost.experiment import COST
from analysis.claims.limits.file_max_experiment import FILE_MAX
from analysis.packs import claim_named
from analysis.verdicts.engine import Outcome
from tests.analysis import scenes
from tests.analysis.claims.cost.scenes import cost
from tests.analysis.handmade import Maker
from tracer.commands import verification
from tracer.commands.board import Board
from tracer.commands.verification import Lab, trace_name, verify_in_lab
from tracer.guest.asked import Outcome as Recorded
from tracer.lab.kernels import Kernel
from tracer.shared.errors import LabError

CLAIMS = [claim_named(name) for name in ("blocking-waits", "mux-degrades", "file-max-per-gib")]


def waits() -> Maker:
    maker = Maker()
    scenes.blocking(maker)
    return maker


def sized(memory_mib: int) -> Maker:
    maker = Maker()
    memory_kib = memory_mib << 10
    maker.manifest["machine"] |= {"memory_kib": memory_kib, "file_max": memory_kib // 10}
    maker.phase("poll", active=(4,))
    maker.call("poll", 1)
    return maker


class Boots:
    """A stand-in for ``record_boots``: hand-made traces, and which boots were requested."""

    def __init__(self, fails: tuple[str, ...] = ()) -> None:
        self.fails = fails
        self.asked: list[tuple[str, int, str, list[str]]] = []

    def record(self, boots, *, at_once, progress, finished, beat_s):
        assert at_once >= 1
        return [self._one(boot) for boot in boots]

    def _one(self, boot):
        names = [recording.name for recording in boot.recordings]
        self.asked.append((boot.kernel.release, boot.memory_mib, boot.clock, names))
        assert boot.deadline_s > sum(each.deadline_s for each in boot.recordings)
        if boot.kernel.release in self.fails and boot.clock == "instructions":
            return LabError("the guest hung")
        return [self._trace(boot, name) for name in names]

    def _trace(self, boot, name):
        makers = {"waits": waits, "cost-1": cost, "cost-2": cost}
        maker = makers[name]() if name in makers else sized(boot.memory_mib)
        path = maker.write(boot.into / f"{name}.trace")
        return Recorded(name, path, None, 0, 0, "complete")


@pytest.fixture
def lab(tmp_path):
    kernels = [Kernel(release, Path("vmlinuz"), None) for release in ("5.10.1", "6.1.2")]
    for kernel in kernels:
        (tmp_path / kernel.release).mkdir()
    return Lab([(kernel, tmp_path / kernel.release) for kernel in kernels])


def verdicts(monkeypatch, lab, boots):
    monkeypatch.setattr(verification, "record_boots", boots.record)
    results = verify_in_lab(CLAIMS, lab, Board(lambda _: None))
    return {
        result.release: {each.claim.id: each.verdict for each in result.decisions}
        for result in results
    }


def test_one_boot_serves_every_experiment_that_needs_it(monkeypatch, lab):
    boots = Boots()
    found = verdicts(monkeypatch, lab, boots)
    assert boots.asked == [
        (release, *boot)
        for release in ("5.10.1", "6.1.2")
        for boot in (
            (1024, "real", ["waits", "file-max-1"]),
            (2048, "instructions", ["cost-1", "file-max-2"]),
            (4096, "instructions", ["cost-2", "file-max-3"]),
        )
    ]
    for by_claim in found.values():
        assert {verdict.outcome for verdict in by_claim.values()} == {Outcome.SUPPORTED}


def test_a_failed_boot_affects_only_its_own_claims(monkeypatch, lab):
    found = verdicts(monkeypatch, lab, Boots(fails=("5.10.1",)))
    assert found["5.10.1"]["blocking-waits"].outcome == Outcome.SUPPORTED
    for name in ("mux-degrades", "file-max-per-gib"):
        assert found["5.10.1"][name].outcome == Outcome.UNDECIDED
        assert "the guest hung" in found["5.10.1"][name].undecided_because
        assert found["6.1.2"][name].outcome == Outcome.SUPPORTED


def test_no_boot_at_all_is_a_failure(monkeypatch, lab):
    boots = Boots()
    monkeypatch.setattr(boots, "_one", lambda _: LabError("no QEMU"))
    with pytest.raises(LabError, match="no QEMU"):
        verdicts(monkeypatch, lab, boots)


def test_names_of_traces():
    assert [trace_name(COST, boot) for boot in COST.boots] == ["cost-1", "cost-2"]
    assert trace_name(WAITS, WAITS.boots[0]) == "waits"
    assert {boot.memory_mib for boot in FILE_MAX.boots} == {1024, 2048, 4096}
