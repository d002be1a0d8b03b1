"""A Perfetto file read back through the package's classes: nothing lost, nothing made up."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb
from perfetto.trace_processor import TraceProcessor, TraceProcessorConfig

from analysis.export.part import whole
from analysis.export.perfetto_file import write_perfetto
from analysis.export.trace_events import trace_events
from analysis.windows.recording import open_recording
from tests.analysis import epoll_scenes, scenes
from tests.analysis.claims.herd import scenes as herd_scenes
from tests.analysis.export.perfetto_reader import (
    BEGIN,
    INSTANT,
    Found,
    check_flows,
    check_order,
    nest,
    read,
)
from tests.analysis.export.scene import ADDRESS, woken_poll
from tests.analysis.handmade import START_NS, WAITER, WAKER, Maker
from tests.analysis.making import Scene, scene
from tracer.shared.records import StepKind

SHELL = shutil.which("trace_processor_shell")
DOCS = Path(__file__).parents[3] / "docs" / "export.md"
DOCS_QUERY = DOCS.read_text().partition("```sql\n")[2].partition("```")[0]


def exported(maker: Maker, path: Path) -> Found:
    """Return what a Perfetto file of the trace holds, each event nested and in order."""
    found = read(written(maker, path))
    check_order(found)
    return found


def written(maker: Maker, path: Path) -> Path:
    file = path / "x.pftrace"
    with file.open("wb") as out:
        write_perfetto(trace_events(whole(open_recording(maker.write(path / "x.trace")))), out)
    return file


@pytest.fixture
def maker() -> Maker:
    made = Maker(detail="steps")
    woken_poll(made)
    return made


def test_each_call_is_a_slice(maker: Maker, tmp_path: Path) -> None:
    found = exported(maker, tmp_path)
    (open_call,) = [event for event in nest(found) if event.category == "call"]
    calls = {event.name: event for event in found.of("call")}
    assert len(found.of("call")) == len(maker.calls) == 4
    assert {name: found.thread(call) for name, call in calls.items()} == {
        "poll": WAITER, "write": WAKER, "read": WAITER, "epoll_wait": WAITER,
    }  # fmt: skip
    assert (calls["read"].ts_ns + 1000, calls["read"].args["ret"]) == (calls["read"].exit_ns, -11)
    assert open_call.name == "epoll_wait"
    assert open_call.args["unfinished"] is True
    assert "ret" not in open_call.args
    assert calls["poll"].args["fd_polls"] == 4
    assert calls["poll"].args["timeout_ns"] == -1


def test_each_step_is_one_event_inside_of_its_call(maker: Maker, tmp_path: Path) -> None:
    found = exported(maker, tmp_path)
    nest(found)
    steps = found.of("step")
    assert len(steps) == len(maker.steps)
    assert [(event.name, event.inside) for event in steps if found.thread(event) == WAITER] == [
        ("phase", ""),
        *[("add_wait_queue", "poll"), ("sock_poll", "poll")] * 2,
        ("asleep", "poll"),
        ("switch_in", "poll"),
        ("schedule_hrtimeout_range", "poll"),
        *[("sock_poll", "poll")] * 2,
        *[("remove_wait_queue", "poll")] * 2,
        ("phase", "epoll_wait"),
    ]  # fmt: skip
    assert [(event.name, event.inside) for event in steps if found.thread(event) == WAKER] == [
        ("pollwake", "write"), ("sched_waking", "write"),
    ]  # fmt: skip
    assert [event.name for event in steps if event.type == BEGIN] == ["asleep"]


def test_sleep_lasts_from_switch_to_switch(maker: Maker, tmp_path: Path) -> None:
    found = exported(maker, tmp_path)
    nest(found)
    (asleep,) = [event for event in found.of("step") if event.name == "asleep"]
    (back,) = [event for event in found.of("step") if event.name == "switch_in"]
    assert asleep.exit_ns == back.ts_ns == asleep.ts_ns + 40


def test_flow_leads_from_callback_over_wakeup_to_the_sleeper(maker: Maker, tmp_path: Path) -> None:
    found = exported(maker, tmp_path)
    (flow,) = check_flows(found).values()
    assert [(event.name, found.thread(event)) for event in flow] == [
        ("pollwake", WAKER), ("sched_waking", WAKER), ("switch_in", WAITER),
    ]  # fmt: skip


def test_what_is_known_of_a_step_and_no_more(maker: Maker, tmp_path: Path) -> None:
    steps = exported(maker, tmp_path).of("step")
    queued = next(event for event in steps if event.name == "add_wait_queue")
    assert queued.args == {
        "entry": ADDRESS, "object": ADDRESS - 8, "owner_pid": WAITER, "owner_tid": WAITER,
        "seq": 1, "fd": 4, "value": 0, "cpu": 0, "hook_name": "add_wait_queue",
        "kind_name": "insertion", "words": "queues an entry on the wait queue of fd 4",
    }  # fmt: skip
    woke = next(event for event in steps if event.name == "sched_waking")
    assert not {"entry", "object", "fd", "value"} & set(woke.args)


def test_counters(maker: Maker, tmp_path: Path) -> None:
    found = exported(maker, tmp_path)
    (poll,) = [event for event in found.of("call") if event.name == "poll"]
    nest(found)
    assert [value for _, value in found.counts("entries on wait queues")] == [1, 2, 1, 0]
    assert found.counts("fds ready") == [(poll.exit_ns, 1)]
    (track,) = [track for track in found.tracks.values() if track.name == "fds ready"]
    assert found.tracks[track.parent_uuid].thread.tid == WAITER


def test_recording_and_phases(maker: Maker, tmp_path: Path) -> None:
    maker.manifest["losses"]["steps"] = 1204
    maker.manifest["misses"] = {"pollwake_kprobe": None, "sock_poll_fexit": 3}
    found = exported(maker, tmp_path)
    nest(found)
    (recording,) = found.of("recording")
    assert (recording.ts_ns, recording.exit_ns) == (START_NS, maker.manifest["ended_ns"])
    assert recording.args["lost_steps"] == recording.args["losses"] == 1204
    assert recording.args["missed_runs_of_sock_poll_fexit"] == 3
    assert "missed_runs_of_pollwake_kprobe" not in recording.args
    (phase,) = found.of("phase")
    assert (phase.name, phase.ts_ns, phase.args) == ("poll-1", START_NS, {"number": 1})
    assert phase.exit_ns == maker.now_ns - 10


def test_threads_are_under_processes_and_have_their_roles(maker: Maker, tmp_path: Path) -> None:
    for tid in (0, 15):
        maker.step(StepKind.WAKEUP, "sched_waking", pid=tid, tid=tid, owner_pid=5, owner_tid=5)
    found = exported(maker, tmp_path)
    threads = {
        track.thread.tid: (track.thread.thread_name, found.tracks[track.parent_uuid].process.pid)
        for track in found.tracks.values()
        if track.HasField("thread")
    }
    assert threads == {
        WAITER: ("waiter", WAITER), WAKER: ("waker", WAKER), 15: ("not traced", 15),
    }  # fmt: skip
    idle = [event for event in found.of("step") if not found.thread(event)]
    assert [found.tracks[event.track].name for event in idle] == ["idle CPUs (interrupts)"]


def test_tasks_of_a_command_go_by_its_name(maker: Maker, tmp_path: Path) -> None:
    maker.manifest["command"] = ["/srv/my-server", "--port", "8080"]
    trace = maker.write(tmp_path / "x.trace")
    (trace / "truth.json").unlink()
    tracks = trace_events(whole(open_recording(trace))).tracks
    assert {track.name for track in tracks if track.pid} == {"my-server"}


def test_detail_calls_has_slices_and_no_more(tmp_path: Path) -> None:
    maker = Maker()
    scenes.mux(maker, ready=41)
    found = exported(maker, tmp_path)
    assert nest(found) == []
    assert [event.name for event in found.of("call")] == ["poll"] * 3
    assert {event.name for event in found.of("step")} == {"phase"}
    assert check_flows(found) == {}
    assert "entries on wait queues" not in {track.name for track in found.tracks.values()}
    assert [value for _, value in found.counts("fds ready")] == [1, 1, 1]


def test_missing_hook_is_no_counter_and_no_count(tmp_path: Path) -> None:
    maker = Maker(detail="steps", detached={"add_wait_queue": "EPERM"})
    woken_poll(maker)
    found = exported(maker, tmp_path)
    assert "entries on wait queues" not in {track.name for track in found.tracks.values()}
    assert not any("insertions" in event.args for event in found.of("call"))
    assert found.of("recording")[0].args["not_attached_add_wait_queue"] == "EPERM"


def test_waiting_call_that_failed_counts_nothing_ready(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", -4)
    maker.call("poll", 0)
    assert [value for _, value in exported(maker, tmp_path).counts("fds ready")] == [0]


HOSTILE = "<script>\x00\ud800\"'\n\x1b[31m" + "x" * 5000
SEEN = HOSTILE.replace("\x00", "\\x00").replace("\ud800", "\\ud800")


def test_hostile_strings_are_data(maker: Maker, tmp_path: Path) -> None:
    maker.phases[0]["name"] = HOSTILE
    maker.manifest["command"] = [HOSTILE, HOSTILE]
    maker.manifest["kernel"]["release"] = HOSTILE
    maker.manifest["plan"][0] |= {"attached": None, "reason": HOSTILE}
    row = next(row for row in maker.manifest["plan"] if row["hook"] == "sock_poll")
    row |= {"hook": HOSTILE, "attached": f"kprobe:{HOSTILE}"}
    found = exported(maker, tmp_path)
    assert found.of("phase")[0].name == SEEN
    assert found.of("recording")[0].args["kernel"] == f"{SEEN} x86_64"
    assert SEEN in {event.name for event in found.of("step")}
    assert len(found.of("step")) == len(maker.steps)


def test_step_of_a_kind_and_a_hook_that_are_not_known(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.step(StepKind.FD_POLL)
    maker.steps[0] = maker.steps[0][:-4] + b"\x63\xfa" + maker.steps[0][-2:]
    (event,) = exported(maker, tmp_path).of("step")
    assert event.name == "unknown"
    assert not {"words", "kind_name", "hook_name"} & set(event.args)


def test_empty_trace(tmp_path: Path) -> None:
    found = exported(Maker(), tmp_path)
    assert [event.category for event in found.events] == ["recording", ""]


def test_killed_recording_has_open_ends(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.phase("poll")
    maker.step(StepKind.SWITCH_OUT, "sched_switch", seq=1)
    maker.call("poll", 0, exit_ns=0)
    path = maker.write(tmp_path / "x.trace")
    manifest = (path / "manifest.json").read_text()
    manifest = manifest.replace(f'"ended_ns": {maker.now_ns}', '"ended_ns": null')
    (path / "manifest.json").write_text(manifest)
    (path / "steps.bin").write_bytes(b"".join(maker.steps[:-1]))
    with (tmp_path / "x.pftrace").open("wb") as out:
        write_perfetto(trace_events(whole(open_recording(path))), out)
    found = read(tmp_path / "x.pftrace")
    assert sorted(event.category for event in nest(found)) == ["call", "phase", "recording"]
    (switch,) = [event for event in found.of("step") if event.name == "switch_out"]
    assert switch.type == INSTANT


def test_a_reused_tid_closes_open_slices(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", 0, exit_ns=0)
    maker.call("read", 1, seq=1)
    found = exported(maker, tmp_path)
    assert nest(found) == []
    first, second = found.of("call")
    assert (first.exit_ns, second.inside) == (second.ts_ns, "")


def test_calls_without_a_gap_or_a_length_nest(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    for _ in range(3):
        maker.step(StepKind.FD_POLL, "sock_poll", seq=maker.next_seq(), ts_ns=START_NS)
        maker.call("poll", 1, enter_ns=START_NS, exit_ns=START_NS)
    found = exported(maker, tmp_path)
    assert nest(found) == []
    assert [event.inside for event in found.of("call")] == [""] * 3
    assert [event.inside for event in found.of("step")] == ["poll"] * 3


def test_clock_is_the_boot_clock_to_the_ns(tmp_path: Path) -> None:
    maker = Maker()
    late_ns = (1 << 60) + 1
    maker.call("poll", 1, enter_ns=late_ns, exit_ns=late_ns + 1)
    found = exported(maker, tmp_path)
    nest(found)
    assert found.clock == pb.BUILTIN_CLOCK_BOOTTIME
    (call,) = found.of("call")
    assert (call.ts_ns, call.exit_ns) == (late_ns, late_ns + 1)


@pytest.mark.parametrize(
    "build",
    [
        scene(epoll_scenes.epoll, asleep=True),
        scene(epoll_scenes.poll_asleep),
        scene(scenes.blocking),
        scene(herd_scenes.herd, "epoll-herd", herd_scenes.all_of_them),
        scene(herd_scenes.herd, "epoll-herd", herd_scenes.last, chain=2),
    ],
    ids=["epoll", "poll", "blocking", "herd", "chain"],
)
def test_nothing_is_lost_of_other_scenes(build: Scene, tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    build(maker)
    found = exported(maker, tmp_path)
    assert nest(found) == []
    assert len(found.of("call")) == len(maker.calls) > 0
    assert len(found.of("step")) == len(maker.steps)
    flows = check_flows(found)
    wakeups = Counter(event.name for event in found.of("step") if event.flows)
    assert wakeups["sched_waking"] == len(flows)


@pytest.mark.skipif(SHELL is None, reason="no trace_processor_shell on PATH: it reads nothing here")
def test_trace_processor_finds_the_same(maker: Maker, tmp_path: Path) -> None:
    config = TraceProcessorConfig(bin_path=SHELL)
    with TraceProcessor(trace=str(written(maker, tmp_path)), config=config) as processor:
        rows = processor.query("select name, category as what, dur from slice")
        counts = Counter(row.what for row in rows)
        (flows,) = processor.query("select count(*) as n from flow")
        errors = list(processor.query("select name from stats where severity = 'error' and value"))
        longest = next(iter(processor.query(DOCS_QUERY)))
    assert counts["call"] == len(maker.calls)
    assert counts["step"] == len(maker.steps)
    assert flows.n == 2
    assert errors == []
    assert (longest.name, longest.calls) == ("read", 1)
