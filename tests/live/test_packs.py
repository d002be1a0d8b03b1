"""A user's pack on this kernel: what cannot be decided is named, the rest is decided."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.live.running import tracer

pytestmark = pytest.mark.live

PACK = """\
from analysis.verdicts.engine import Evidence, claim, supported
from analysis.verdicts.pick import calls_of, phases_of
from analysis.experiments.experiment import Experiment

QUICK = Experiment("quick", ({"model": "nonblocking", "name": "quick"},), "calls")
ENDLESS = Experiment(
    "endless",
    ({"model": "poll", "name": "endless", "waker": "none", "timeout_ms": 99_000},),
    "calls", deadline_s=2.0,
)


def decided(trace):
    calls = calls_of(trace, phases_of(trace, trace.truth.phases[0].spec["model"]), "read", "poll")
    return supported(f"{len(calls)} calls", [Evidence("calls", len(calls), "calls")])


def of(name, experiment):
    wrap = claim(id=name, section="mine", statement="It is so.", experiment=experiment,
                 needs=("truth",))
    return wrap(decided)


CLAIMS = (of("ends-well", QUICK), of("never-ends", ENDLESS), of("has-none", None))
"""


def verified(tmp_path: Path, *arguments: str) -> tuple[int, str, dict[str, dict[str, object]]]:
    (tmp_path / "mine.py").write_text(PACK)
    into = tmp_path / "out"
    done = tracer("verify", "--pack", tmp_path / "mine.py", "-o", into, *arguments)
    (kernel,) = json.loads((into / "verdicts.json").read_text())["kernels"]
    return done.returncode, done.stderr, {each["id"]: each for each in kernel["claims"]}


def test_an_experiment_that_never_ends_takes_no_other_along(tmp_path):
    code, said, claims = verified(tmp_path, "--claim", "ends-well", "--claim", "never-ends")
    assert "mine.py: claim has-none: its experiment is None; needed an Experiment" in said
    assert code == 2
    assert claims["ends-well"]["verdict"] == "supported"
    assert claims["never-ends"]["verdict"] == "undecided"
    assert "interrupted" in claims["never-ends"]["undecided_because"]


def test_a_pack_alone_is_all_that_is_decided(tmp_path):
    _, _, claims = verified(tmp_path)
    assert list(claims) == ["ends-well", "never-ends"]


def test_a_file_that_is_no_pack_is_named(tmp_path):
    (tmp_path / "bad.py").write_text("CLAIMS = (")
    done = tracer("verify", "--pack", tmp_path / "bad.py", "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "bad.py cannot be imported: SyntaxError" in done.stderr
    assert "no claim is left to decide" in done.stderr
    assert not (tmp_path / "out").exists()
