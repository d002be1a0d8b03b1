"""The lab's part of the benchmark: one boot in instruction-count mode, all variants.

``python3 -S -E guest.py SHARE`` runs each workload untraced, traced at both details, summed up as
by ``tracer top``, with empty programs at the same hooks, and under bpftrace counting those, and
writes ``SHARE/cost.json``.
Standard library only.
"""

from __future__ import annotations

import json
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.bench.bare import empty_programs
from tests.bench.bpftrace import BPFTRACE_READY, bpftrace_script, wait_for
from tracer.bpf import breakpoint as hardware
from tracer.recording.launch import Stopped
from tracer.recording.recorder import Recorder
from tracer.recording.sampler import Sampler
from tracer.shared.records import CALL_CELL, CALL_FIELDS

WORKLOADS = (("poll", 400, 1), ("poll", 1000, 1), ("epoll", 1000, 10))
ROUNDS = 23
INTERVAL_S = 1.0
"""The interval of ``tracer top``."""
PYTHON = ("/usr/bin/python3", "-S", "-E", "-B")
PROGRAM = Path(__file__).resolve().with_name("workload.py")
RESULT = Path("/tmp/result.json")  # noqa: S108 -- the guest's own tmpfs
TRACE = Path("/tmp/bench.trace")  # noqa: S108
TRACEPOINTS = Path("/sys/kernel/tracing/events")
BPFTRACE_TYPES = {"kprobe": "kprobe", "fentry": "kfunc", "fexit": "kretfunc"}
SYSCALL = {"poll": 7, "epoll": 232}


def _command(workload: tuple[str, int, int]) -> list[str]:
    return [*PYTHON, str(PROGRAM), *map(str, workload), str(ROUNDS), str(RESULT)]


def _times() -> list[int]:
    times: list[int] = json.loads(RESULT.read_text())
    RESULT.unlink()
    return times


def _summary(times: Sequence[int]) -> dict[str, float]:
    return {
        "median_ns": statistics.median(times),
        "min_ns": min(times),
        "max_ns": max(times),
    }


def _untraced(workload: tuple[str, int, int]) -> dict[str, float]:
    subprocess.run(_command(workload), check=True)
    return _summary(_times())


def _traced(recorder: Recorder, workload: tuple[str, int, int]) -> dict[str, Any]:
    recorded = recorder.record(_command(workload), TRACE)
    manifest = json.loads((TRACE / "manifest.json").read_text())
    plan = {row["hook"]: row["attached"] for row in manifest["plan"] if row["attached"]}
    answer = {
        **_summary(_times()),
        "hits": manifest["hits"],
        "hits_per_call": _hits_per_call(workload[0], recorder.detail, plan),
        "lost": recorded.lost,
        "plan": plan,
        "rss_kib": _peak_rss_kib(),
    }
    shutil.rmtree(TRACE)
    return answer


def _empty(
    workload: tuple[str, int, int], plan: dict[str, str], hits: dict[str, int], **_: Any
) -> Any:
    """Measure with programs that do nothing at the hooks that this workload hits."""
    with empty_programs(point for name, point in plan.items() if name in hits):
        return _untraced(workload)


def _added_up(sampler: Sampler, workload: tuple[str, int, int]) -> dict[str, float]:
    """Return what the calls take while the probes sum them up."""
    lost = sum(sample.lost for sample in sampler.of_command(_command(workload), INTERVAL_S))
    return {**_summary(_times()), "lost": lost}


def _hits_per_call(model: str, detail: str, plan: Collection[str]) -> float:
    """Return the hits of hooks per timed call, from the calls' own counts.

    Each poll of an fd and each removal is one hit, each insertion one or two (add_wait_queue;
    __pollwait, where it is needed), the system call two (entry and return). At detail steps __fdget
    adds one per poll, and the functions of the path one each (poll: do_poll, poll_freewait; epoll:
    ep_poll, ep_send_events). Copying out an epoll event takes two hits, copying in poll's array one
    per chunk of the kernel's.
    """
    names = [field.name for field in CALL_FIELDS]
    rows = [
        dict(zip(names, row, strict=True))
        for row in CALL_CELL.iter_unpack((TRACE / "calls.bin").read_bytes())
    ]
    calls = [row for row in rows if row["syscall"] == SYSCALL[model]][-ROUNDS:]
    insertion = 1 + ("__pollwait" in plan)
    fd_polls = sum(c["fd_polls"] for c in calls) / len(calls)
    entries = sum(insertion * c["insertions"] + c["removals"] for c in calls) / len(calls)
    steps = 0.0 if detail == "calls" else 2 + (fd_polls if model == "poll" else 0)
    return fd_polls + entries + 2 + steps


def _bpftrace(workload: tuple[str, int, int], plan: dict[str, str], hits: dict[str, int]) -> Any:
    """Measure under bpftrace, counting the same hooks by thread with a filter on the pid."""
    child = Stopped(_command(workload))
    probes = [
        f"{_probe(point)} /pid == {child.pid}/ {{ @{name.lstrip('_')}[tid] = count(); }}"
        for name, point in plan.items()
        if name in hits
    ]
    script = bpftrace_script(probes, "s:1")
    bpftrace = subprocess.Popen(["bpftrace", "-e", script], stdout=subprocess.PIPE, text=True)
    assert bpftrace.stdout
    if not wait_for(BPFTRACE_READY, bpftrace.stdout):
        child.stop()
        raise SystemExit(f"bpftrace did not start (exit status {bpftrace.wait()}): {script}")
    child.release()
    child.wait()
    bpftrace.terminate()
    counts = bpftrace.stdout.read()
    bpftrace.wait()
    return {**_summary(_times()), "counts": counts, "probes": len(probes)}


def _probe(point: str) -> str:
    kind, _, symbol = point.partition(":")
    if kind == "breakpoint":
        return f"watchpoint:{hardware.address_of(symbol):#x}:8:x"
    if kind == "raw_tp":
        (event,) = TRACEPOINTS.glob(f"*/{symbol}")
        return f"tracepoint:{event.parent.name}:{symbol}"
    return f"{BPFTRACE_TYPES[kind]}:{symbol}"


def _peak_rss_kib() -> int:
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def main(share: Path) -> None:
    """Measure and write ``cost.json``."""
    rows: list[dict[str, Any]] = []
    for workload in WORKLOADS:
        print("untraced", *workload, flush=True)
        rows.append({"workload": workload, "untraced": _untraced(workload)})
    for detail in ("calls", "steps"):
        print("attaching for", detail, flush=True)
        with Recorder(detail, where="lab") as recorder:
            for row in rows:
                print(detail, *row["workload"], flush=True)
                row[detail] = _traced(recorder, row["workload"])
        for row in rows:
            print("empty programs", detail, *row["workload"], flush=True)
            row[f"empty_{detail}"] = _empty(row["workload"], **row[detail])
    print("attaching for top", flush=True)
    with Sampler() as sampler:
        for row in rows:
            print("top", *row["workload"], flush=True)
            row["top"] = _added_up(sampler, row["workload"])
    for row in rows:
        for detail in ("calls", "steps"):
            print("bpftrace", detail, *row["workload"], flush=True)
            row[f"bpftrace_{detail}"] = _bpftrace(
                row["workload"], row[detail].pop("plan"), row[detail]["hits"]
            )
    answer = {"release": platform.release(), "rows": rows}
    (share / "cost.json").write_text(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
