"""The text made for BCC: compiles, passes the verifier, and counts what core counts."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from pathlib import Path

import pytest

from tracer.bpf import bcc_loader, headers
from tracer.bpf.libbpf import Libbpf
from tracer.bpf.loaders import Loading
from tracer.bpf.plan import Requested
from tracer.bpf.tasks import PROGRAMS
from tracer.recording.recorder import Recorder
from tracer.shared.catalogue import hooks
from tracer.shared.phase import Phase
from tracer.workloads import spec

ROOT = Path(__file__).parents[2]
RINGS = {"calls": 1 << 20, "steps": 1 << 20, "lives": 1 << 20}
PROGRAM = re.compile(r"\bint (\w+_(?:raw_tp|kprobe))\(")


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("text") / "tracer.bcc.c"
    subprocess.run([ROOT / "scripts/build", "--bcc", file], check=True)
    return file.read_text()


def test_is_the_text_that_is_shipped(text):
    assert text == bcc_loader.TEXT.read_text()


def test_has_a_program_for_each_point_that_bcc_can_attach(text):
    wanted = {
        hook.program(point)
        for hook in hooks()
        for point in hook.points
        if point.type in ("raw_tp", "kprobe")
    }
    assert set(PROGRAM.findall(text)) == wanted | {f"{name}_raw_tp" for name in PROGRAMS}


def test_nothing_of_the_preprocessor_is_left_but_two_includes(text):
    assert [line.split()[1:] for line in text.splitlines() if line.lstrip().startswith("#")] == [
        ["include", "<uapi/linux/ptrace.h>"],
        ["include", "<linux/wait.h>"],
    ]


@pytest.mark.live
def test_every_program_passes_the_verifier(text):
    lib = Libbpf()
    requested = Requested("calls", (hooks()[0],))
    instrument = bcc_loader.attach(lib, hooks(), requested, RINGS)
    try:
        for name in PROGRAM.findall(text):
            kind = (
                instrument.bpf.RAW_TRACEPOINT if name.endswith("raw_tp") else instrument.bpf.KPROBE
            )
            instrument.module.load_func(name.encode(), kind)
        assert len(instrument.module.funcs) == len(PROGRAM.findall(text)) > 40
    finally:
        instrument.close()


def _record(loader: str, path: Path, phases: list[Phase]) -> dict:
    truth = path.with_suffix(".truth")
    with Recorder("calls", loading=Loading(loader)) as recorder:
        recorder.record(spec.command(phases, truth), path, truth=truth)
    return json.loads((path / "manifest.json").read_text())


@pytest.mark.live
def test_tracepoints_count_natively_what_the_workload_did(tmp_path):
    """record() compares trace and truth and raises where they differ."""
    phases = spec.parse([
        {"model": "poll", "fds": 11},
        {"model": "epoll", "fds": 7, "waker": "while-asleep", "rounds": 5},
    ])  # fmt: skip
    manifests = [
        _record(loader, tmp_path / f"{loader}.trace", phases) for loader in ("core", "bcc")
    ]
    core, bcc = manifests
    assert (core["loader"], bcc["loader"]) == ("core", "bcc")
    assert bcc["headers"] == str(headers.find(platform.release()))
    assert bcc["loader_because"] == "asked for"
    assert bcc["losses"] == core["losses"] == dict.fromkeys(core["losses"], 0)
    for hook in ("sched_process_fork", "sched_process_exit"):
        assert bcc["hits"][hook] == core["hits"][hook] > 0
    tracepoints = {row["hook"] for row in core["plan"] if row["id"] < 10}
    attached = {row["hook"]: row["attached"] for row in bcc["plan"] if row["attached"]}
    assert {attached[hook] for hook in tracepoints} == {f"raw_tp:{hook}" for hook in tracepoints}
