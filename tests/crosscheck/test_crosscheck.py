"""Instruments are compared hook by hook, and who differs or is not there is said."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.waiting import PATIENCE_S
from tracer.cli import main
from tracer.commands.crosscheck import compare
from tracer.crosscheck.counting import AGAIN, BCC, BPFTRACE, CORE, KPROBE, bpftrace, fixedload
from tracer.lab.releases import DEFAULT
from tracer.shared.errors import KernelError

POINTS = {"sock_poll": "kprobe:sock_poll"}


def count(hits, error=None, why_not=(), misses=()):
    return {
        "error": error,
        "hits": hits,
        "attached": {},
        "why_not": dict(why_not),
        "misses": dict(misses),
    }


def all_count(hits, **others):
    names = {"core": CORE, "again": AGAIN, "kprobe": KPROBE, "bcc": BCC, "bpftrace": BPFTRACE}
    return {name: others.get(key, count(hits)) for key, name in names.items()}


def row(counts, hook="sock_poll"):
    return next(row for row in compare(counts) if row.hook == hook)


def test_equal():
    found = row(all_count({"sock_poll": 253}))
    assert (found.agrees, found.causes) == (True, ())
    assert found.numbers == dict.fromkeys((CORE, AGAIN, KPROBE, BCC, BPFTRACE), 253)


def test_one_off():
    assert row(all_count({"sock_poll": 253}, bpftrace=count({"sock_poll": 252}))).agrees is False


def test_missed_runs_are_named():
    bcc = count({"sock_poll": 250}, misses={"sock_poll": 3})
    found = row(all_count({"sock_poll": 253}, bcc=bcc))
    assert (found.agrees, found.causes) == (False, ("bcc/kprobe missed 3 runs",))


def test_a_hook_that_one_does_not_have():
    why_not = {"sock_poll": "fexit:sock_poll: not here; kprobe:sock_poll: EINVAL; breakpoint:x: y"}
    found = row(all_count({"sock_poll": 23}, bcc=count({}, why_not=why_not)))
    assert found.agrees is True
    assert found.numbers[BCC] is None
    assert found.causes == ("bcc/kprobe: kprobe:sock_poll: EINVAL",)


def test_an_instrument_that_is_not_there():
    found = row(all_count({"sock_poll": 23}, bpftrace=count({}, error="install bpftrace")))
    assert (found.agrees, found.causes) == (True, ("bpftrace counted nothing",))


def test_two_counts_of_one_instrument_are_no_agreement():
    gone = count({}, error="no")
    found = row(all_count({"sock_poll": 23}, kprobe=gone, bcc=gone, bpftrace=gone))
    assert found.agrees is None


def test_what_varies_is_not_compared():
    found = row(all_count({"sock_poll": 23}, again=count({"sock_poll": 24})))
    assert found.agrees is None
    assert found.causes == ("varies from run to run: not compared",)


def test_what_the_scheduler_decides_is_not_compared():
    found = row(all_count({"sched_switch": 23}, bcc=count({"sched_switch": 7})), "sched_switch")
    assert found.agrees is None


@pytest.mark.live
def test_a_bpftrace_that_does_not_start_is_said():
    with pytest.raises(KernelError, match="bpftrace did not start: "):
        bpftrace.count({"x": "kprobe:there is none"}, fixedload.run)


def test_no_bpftrace(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError, match="install bpftrace"):
        bpftrace.count(POINTS, lambda prepare: prepare(1))


def calls_of(file, *options):
    """Return the calls that strace sees of the workload and its children, sorted.

    Without the read at standard input, which it comes into the middle of.
    """
    straces = []

    def attach(pid):
        line = ["strace", "-f", "-o", file, *options, "-p", str(pid)]
        straces.append(subprocess.Popen(line, stderr=subprocess.PIPE, text=True))
        assert "attached" in straces[0].stderr.readline()

    fixedload.run(attach)
    straces[0].communicate(timeout=PATIENCE_S)
    return sorted(re.findall(r"^\d+ +(?!read\(0)(\w+)\(", file.read_text(), re.MULTILINE))


@pytest.mark.live
def test_a_workload_that_is_held_up_makes_the_same_calls(tmp_path):
    """It is woken once it sleeps, not once some time has passed."""
    late = calls_of(tmp_path / "late", "-e", "inject=read:delay_enter=500000:when=1..6")
    assert late.count("read") > 6
    assert late == calls_of(tmp_path / "at once")


@pytest.mark.live
def test_natively_the_tracepoints_agree(tmp_path, capsys):
    file = tmp_path / "counts.json"
    assert main(["crosscheck", "--json", str(file)]) == 0
    counts = json.loads(file.read_text())["counts"]
    agreed = {found.hook for found in compare(counts) if found.agrees}
    assert {"sys_enter", "sys_exit", "sched_process_fork", "sched_process_exit"} <= agreed
    assert not [count["error"] for count in counts.values() if count["error"]]
    assert "none differs" in capsys.readouterr().out


@pytest.mark.live
def test_in_the_lab_trampolines_kprobes_bcc_and_bpftrace_agree(tmp_path):
    """Kprobes stand in for all trampolines at once, and count the same."""
    file = tmp_path / "counts.json"
    assert main(["crosscheck", "--kernel", DEFAULT, "--json", str(file)]) == 0
    counts = json.loads(file.read_text())["counts"]
    assert counts[CORE]["attached"]["sock_poll"] == "fexit:sock_poll"
    assert counts[KPROBE]["attached"]["sock_poll"] == "kprobe:sock_poll"
    assert counts[KPROBE]["attached"]["ep_poll"] == "kprobe:do_epoll_wait", "encloses ep_poll()"
    assert "kprobe:_copy_from_user" in counts[BCC]["why_not"]["_copy_from_user"]
    assert counts[CORE]["misses"]["sock_poll"] == 0
    assert counts[KPROBE]["misses"]["sock_poll"] is None, "6.1 skips kprobes in silence"
    for hook, hits in counts[CORE]["hits"].items():
        found = row(counts, hook)
        assert found.agrees is not False, found
        if hook in {"sock_poll", "__pollwait", "add_wait_queue", "ep_poll_callback", "pollwake"}:
            assert found.numbers == dict.fromkeys(counts, hits)
            assert hits > 0
