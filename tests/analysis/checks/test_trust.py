from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.checks.trust import doubts, hook_of
from analysis.frames import read_trace
from analysis.trace.coverage import why_missing_of
from tests.analysis.handmade import NONE_LOST, Maker

NEEDS = ("fd_polls:poll", "truth")


def found(path: Path, needs: tuple[str, ...] = NEEDS, **manifest: Any) -> list[str]:
    maker = Maker(detached={"_copy_from_user": "kprobe: EPERM"})
    maker.phase("poll")
    maker.call("poll", 1)
    maker.manifest |= manifest
    return doubts(read_trace(maker.write(path)), needs)


def test_no_doubt(tmp_path: Path) -> None:
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"state": "recording", "losses": None}, "the recorder was killed"),
        ({"state": "interrupted"}, "the recording was interrupted"),
        ({"losses": None}, "losses are unknown"),
        ({"losses": NONE_LOST | {"steps": 1204}}, "1,204 steps lost; raise --ring-size"),
        ({"losses": NONE_LOST | {"tasks": 1}}, "1 tasks lost"),
        ({"exit_status": 1}, "the workload exited with status 1"),
        ({"misses": {"sock_poll_fexit": 3}}, "sock_poll_fexit missed 3 runs"),
        ({"misses": {"sys_exit_raw_tp": 1}}, "sys_exit_raw_tp missed 1 runs"),
        ({"misses": {"nobody": 1}}, "nobody missed 1 runs"),
        ({"live_entries": 1}, "ledger: 0 entries are still queued according to the ledger, 1"),
    ],
)
def test_doubt(tmp_path: Path, manifest: dict[str, Any], words: str) -> None:
    (doubt,) = found(tmp_path, **manifest)
    assert doubt.startswith(words)


def test_why_the_workload_gave_up_is_the_doubt(tmp_path: Path) -> None:
    maker = Maker()
    maker.phase("poll", active=(4,))
    path = maker.write(tmp_path / "x.trace")
    truth = json.loads((path / "truth.json").read_text())
    error = "phase 2 'server': no client connected in 30 s"
    (path / "truth.json").write_text(json.dumps(truth | {"error": error}))
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(manifest | {"exit_status": 1}))
    (doubt,) = doubts(read_trace(path), ())
    assert doubt == f"the workload failed: {error}"


def test_missed_calls_are_no_doubt_where_truth_accounts_for_each(tmp_path: Path) -> None:
    maker = Maker()
    maker.phase("poll", active=(4,))
    maker.call("poll", 1)
    maker.manifest["misses"] = {"sys_exit_raw_tp": 1, "sched_switch_raw_tp": 1}
    trace = read_trace(maker.write(tmp_path))
    accounted = ("truth", "calls-in-truth")
    assert doubts(trace, accounted) == []
    assert "sys_exit_raw_tp missed" in doubts(trace, ("truth",))[0]
    (switch,) = doubts(trace, (*accounted, "off_cpu_ns"))
    assert switch.startswith("sched_switch_raw_tp missed 1 runs")
    maker.phases[0]["calls"]["poll"]["count"] = 2
    truth, missed = doubts(read_trace(maker.write(tmp_path / "lost")), accounted)
    assert truth.startswith("truth against trace: ")
    assert missed.startswith("sys_exit_raw_tp missed")


def test_uncounted_misses_are_a_doubt(tmp_path: Path) -> None:
    records = {"calls": 1, "steps": 1, "lives": 0}
    raised = found(tmp_path, misses={"sys_enter_raw_tp": 0}, records=records)
    (doubt,) = (each for each in raised if each.startswith("missed runs"))
    hooks = doubt.removeprefix("missed runs of ").removesuffix(" are unknown")
    assert {"sched_process_fork", "sched_process_exit", "sys_exit"} <= {*hooks.split(", ")}, doubt
    assert "sys_enter" not in hooks


@pytest.mark.parametrize("misses", [{"ep_poll_callback_fentry": 3}, {"sock_poll_fexit": None}])
def test_misses_that_are_no_doubt(tmp_path: Path, misses: dict[str, Any]) -> None:
    assert found(tmp_path, misses=misses) == []


@pytest.mark.parametrize(
    ("need", "words"),
    [
        ("bytes_in:poll", "no bytes_in:poll: hook _copy_from_user: kprobe: EPERM"),
        ("bytes_in", "no bytes_in: hook _copy_from_user: kprobe: EPERM"),
        ("bytes_in:read", "no bytes_in:read: no hook feeds it"),
        ("hook:_copy_from_user", "hook _copy_from_user: kprobe: EPERM"),
        ("hook:do_select", "hook do_select: only with --detail steps"),
        ("hook:nothing", "hook nothing: not in the plan"),
        ("steps", "recorded at detail calls; needed steps"),
    ],
)
def test_missing_need(tmp_path: Path, need: str, words: str) -> None:
    assert found(tmp_path, needs=(need,)) == [words]


def test_one_reason_is_given_once(tmp_path: Path) -> None:
    maker = Maker(
        detached={
            "sock_poll": "fexit:sock_poll: EPERM",
            "tty_poll": "fexit:tty_poll: EPERM",
            "pollwake": "kprobe:pollwake: ENOENT",
        }
    )
    needs = ("fd_polls:poll", "passes:poll", "hook:pollwake", "hook:sock_poll", "sleeps")
    assert doubts(read_trace(maker.write(tmp_path)), needs) == [
        "no fd_polls:poll, passes:poll: hooks sock_poll, tty_poll: fexit: EPERM",
        "hook pollwake: kprobe: ENOENT",
        "hook sock_poll: fexit: EPERM",
    ]


def test_why_a_plan_cannot_serve(tmp_path: Path) -> None:
    plan = read_trace(Maker(detached={"pollwake": "EPERM"}).write(tmp_path)).manifest.plan
    assert why_missing_of(plan, ("sleeps:read", "hook:sock_poll", "truth", "steps")) is None
    assert why_missing_of(plan, ("hook:pollwake", "hook:x")) == (
        "hook pollwake: EPERM; hook x: not in the plan"
    )


def test_no_truth(tmp_path: Path) -> None:
    path = Maker().write(tmp_path)
    assert doubts(read_trace(path), ("truth",)) == [
        "no truth.json: the command was not one of tracer's workloads"
    ]


def test_truth_that_disagrees(tmp_path: Path) -> None:
    maker = Maker()
    maker.phase("poll", name="p")
    for _ in range(3):
        maker.call("poll", 1)
        maker.call("read", 1)
    maker.phases[0]["calls"] = {}
    (doubt,) = doubts(read_trace(maker.write(tmp_path)), ())
    assert doubt.startswith("truth against trace: phase p: the workload says 0 calls of poll")
    assert doubt.endswith("; and 1 more")


def test_program_belongs_to_the_longest_hook_name(tmp_path: Path) -> None:
    manifest = read_trace(Maker().write(tmp_path)).manifest
    assert hook_of(manifest, "prepare_to_wait_event_fexit") == "prepare_to_wait_event"
    assert hook_of(manifest, "prepare_to_wait_fentry") == "prepare_to_wait"
    assert hook_of(manifest, "else_fentry") is None
