from __future__ import annotations

from pathlib import Path

import pytest

from analysis.frames import read_trace
from tests.analysis.handmade import START_NS, Maker
from tracer.shared.errors import TraceError
from tracer.shared.records import StepKind


def call(**fields: int) -> Maker:
    maker = Maker(detail="steps")
    maker.call("poll", 1)
    maker.call("poll", 1, **fields)
    return maker


def step(kind: StepKind = StepKind.FD_POLL, **fields: int) -> Maker:
    maker = Maker(detail="steps")
    maker.step(StepKind.FUNCTION)
    maker.step(kind, **fields)
    return maker


@pytest.mark.parametrize(
    ("maker", "words"),
    [
        (call(enter_ns=8), f"calls.bin: record 1: enter_ns is 8; needed {START_NS} to "),
        (call(enter_ns=1 << 63), "record 1: enter_ns is 9223372036854775808; needed "),
        (call(exit_ns=START_NS), f"record 1: exit_ns is {START_NS}; needed 0, or a time from "),
        (call(off_cpu_ns=1001), "off_cpu_ns is 1001; needed at most the time of the call"),
        (call(exit_ns=0, off_cpu_ns=1 << 40), "off_cpu_ns is .*; needed at most the time of"),
        (call(pid=1 << 23), "pid is 8388608; needed 1 to 4194304"),
        (call(tid=0, pid=7), "tid is 0; needed 1 to 4194304"),
        (call(seq=0), "seq is 0; needed a number from 1"),
        (call(cpu=8192), "cpu is 8192; needed 0 to 8191"),
        (step(ts_ns=1), "steps.bin: record 1: ts_ns is 1; needed "),
        (step(pid=1 << 31), "pid is 2147483648; needed 0 to"),
        (step(owner_tid=1 << 31), "owner_tid is 2147483648; needed 0 to"),
        (step(StepKind.COPY_IN, value=-1), "value is -1; needed a number of bytes"),
        (step(StepKind.PHASE, value=1 << 16), "value is 65536; needed the number of a phase"),
    ],
)
def test_record_that_no_recorder_wrote_is_refused(maker: Maker, words: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=words):
        read_trace(maker.write(tmp_path))


@pytest.mark.parametrize("name", ["calls.bin", "steps.bin"])
def test_bytes_missing_in_the_middle_are_reported(name: str, tmp_path: Path) -> None:
    maker = call()
    for _ in range(5):
        maker.step(StepKind.FUNCTION)
    path = maker.write(tmp_path)
    data = (path / name).read_bytes()
    (path / name).write_bytes(data[:20] + data[24:])
    with pytest.raises(TraceError, match=rf"{name}: record [01]: "):
        read_trace(path)


def test_what_a_program_chose_may_be_anything(tmp_path: Path) -> None:
    maker = call(fd=-5, target=1 << 30, timeout_ns=-(1 << 63), nr=(1 << 32) - 1, op=65535)
    assert len(read_trace(maker.write(tmp_path)).calls) == 2


def test_killed_recorder_has_no_end_but_bounded_times(tmp_path: Path) -> None:
    path = call(exit_ns=START_NS + (1 << 60)).write(tmp_path)
    text = (path / "manifest.json").read_text()
    cut = text.replace('"state": "complete"', '"state": "recording"')
    cut = cut[: cut.index('"ended_ns"')] + '"ended_ns": null' + cut[cut.index(', "started_at"') :]
    (path / "manifest.json").write_text(cut)
    with pytest.raises(TraceError, match="exit_ns is"):
        read_trace(path)
